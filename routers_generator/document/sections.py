"""The sections of IBKR's reference, and the section of an operation."""

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
"""Prefix that IBKR's document adds to section names to distinguish them from its other services."""

_SUBPACKAGE_PREFIX: Final = "subpackage_"
_BY_PATH: Final = (
    ("/fa/", "FA Model Portfolios"),  # the document lists them under allocation
    ("/iserver/account/allocation/", "FA Allocation Management"),
)


def section_of(method: str, path: str, tags: Iterable[str]) -> str:
    """Return the section under IBKR's name: by path prefix, else by tag; an unknown tag is a new section.

    `path` has no /v1/api prefix. A GET of the document's *Orders* belongs to *Order Monitoring*.
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
    """Fold spellings of a tag, such as `tradingMarketData` and `Trading Market Data`, into one key."""
    return re.sub(r"[\W_]", "", tag.removeprefix(_SUBPACKAGE_PREFIX).casefold())


def _tag_to_words(tag: str) -> str:
    """Format a tag as words: IBKR's reference of 2026 has `subpackage_tradingMarketData`."""
    text = re.sub(r"\s+", " ", tag).strip()
    bare = text.removeprefix(_SUBPACKAGE_PREFIX)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)
    if " " in bare or spaced == text:
        return text
    return " ".join(word[:1].upper() + word[1:] for word in spaced.split())
