"""The sections of IBKR's reference, and which of them an operation belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SECTIONS: Final = (
    "Session",
    "Accounts",
    "Contracts",
    "Market Data",
    "Orders",
    "Order Monitoring",
    "Portfolio",
    "Portfolio Analyst",
    "Scanner",
    "Alerts",
    "Watchlists",
    "FYIs and Notifications",
    "Event Contracts",
    "FA Allocation Management",
    "FA Model Portfolios",
)
OTHER: Final = "Other"

GROUP: Final = "Trading "
"""What IBKR's document puts before the name of a section, to tell it from those of its other services."""

_BY_PATH: Final = (
    ("/fa/", "FA Model Portfolios"),  # the document has them under allocation
    ("/iserver/account/allocation/", "FA Allocation Management"),
)


def section_of(method: str, path: str, tags: Iterable[str]) -> str:
    """The section by IBKR's name: of the path where that is known, else the first tag's; a new tag is one.

    `path` has no prefix. The document's *Orders* are two sections: what only looks is *Order Monitoring*.
    """
    for prefix, section in _BY_PATH:
        if path.startswith(prefix):
            return section
    known = {section.casefold(): section for section in SECTIONS}
    for tag in tags:
        name = re.sub(r"\s+", " ", tag).strip().removeprefix(GROUP).strip()
        found = known.get(name.casefold(), name)
        if found == "Orders" and method == "GET":
            return "Order Monitoring"
        if found:
            return found
    return OTHER
