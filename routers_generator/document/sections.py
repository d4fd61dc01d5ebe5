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

TRADING_PREFIX: Final = "Trading "
"""What IBKR's document puts before the name of a section, to tell it from those of its other services."""

_SUBPACKAGE_PREFIX: Final = "subpackage_"
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
    known = {normalize_tag(section): section for section in SECTIONS}
    for tag in tags:
        name = _tag_to_words(tag).removeprefix(TRADING_PREFIX).strip()
        found = known.get(normalize_tag(name), name)
        if found == "Orders" and method == "GET":
            return "Order Monitoring"
        if found:
            return found
    return OTHER


def normalize_tag(tag: str) -> str:
    """What two spellings of a tag have in common: `tradingMarketData` and `Trading Market Data`."""
    return re.sub(r"[\W_]", "", tag.removeprefix(_SUBPACKAGE_PREFIX).casefold())


def _tag_to_words(tag: str) -> str:
    """The tag as people write it: IBKR's reference of 2026 says `subpackage_tradingMarketData`."""
    text = re.sub(r"\s+", " ", tag).strip()
    bare = text.removeprefix(_SUBPACKAGE_PREFIX)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)
    if " " in bare or spaced == text:
        return text
    return " ".join(word[:1].upper() + word[1:] for word in spaced.split())
