"""Resolves companies' names: all of a name, its beginning, or words inside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from mcp_server.instruments.catalogue import Catalogue
from mcp_server.instruments.home_listing import choose_listing, company_name
from mcp_server.instruments.instrument import Instrument, Kind, Resolution, kinds_in_both, make_choices
from mcp_server.instruments.lookups import Lookups
from mcp_server.instruments.readings import NameReading

_PREFIX: Final = 6
_MIN_PREFIX: Final = 2
# How well words match a name: 0 is all of it, 1 its beginning.
_INSIDE: Final = 2
_PART_OF_A_WORD: Final = 3
_PUNCTUATION: Final = re.compile(r"[^A-Z0-9&]+")
_LEGAL_WORDS: Final = frozenset(
    {
        "&", "A", "AB", "AG", "AND", "ASA", "B", "C", "CL", "CLASS", "CO", "COM", "COMPANY", "CORP",
        "CORPORATION", "GROUP", "HOLDING", "HOLDINGS", "INC", "INCORPORATED", "LIMITED", "LLC", "LP", "LTD",
        "NV", "ORD", "PLC", "REG", "SA", "SE", "SHARES", "SPA", "THE", "TRUST",
    }
)  # fmt: skip


class CompanySearch:
    """Reads IBKR's search by name, which compares letter by letter, and compares words."""

    def __init__(self, lookups: Lookups, catalogue: Catalogue) -> None:
        self._lookups = lookups
        self._catalogue = catalogue

    async def by_name(
        self, reading: NameReading, query: str, kinds: Collection[Kind], currency: str
    ) -> Resolution | None:
        """The company whose name it is, or whose name begins with it; else the companies that it may be."""
        name = re.sub(r"[^\w &.'/+-]", " ", reading.name).strip()
        words, wanted = significant_words(name), kinds_in_both(reading.kinds, kinds)
        if not words or len(name) < 2:
            return None
        by_level = await self._companies(name, words)
        if min(by_level, default=_PART_OF_A_WORD) >= _INSIDE and len(words[0]) >= _MIN_PREFIX:
            # IBKR compares letter by letter: `Coca Cola` and `McDonalds` are found by their beginnings only.
            more = await self._companies(words[0][:_PREFIX], words)
            by_level = (
                {level: more[level] for level in more if level < _INSIDE}
                or by_level
                or {level: more[level] for level in more if level < _PART_OF_A_WORD}
            )
        for level in sorted(by_level):
            listings = [
                each for each in await self._catalogue.listings(by_level[level]) if each.kind in wanted
            ]
            if listings:
                return _choose_company(listings, query, currency, certain=level < _PART_OF_A_WORD)
        return None

    async def _companies(self, name: str, words: tuple[str, ...]) -> dict[int, list[int]]:
        """The conids of the names that IBKR's search finds, by how well the words match them."""
        by_level: dict[int, list[int]] = {}
        for row in await self._lookups.search(name, by_name=True):
            if row.get("conid") and not row.get("issuers"):
                by_level.setdefault(_match_level(words, str(row.get("name") or "")), []).append(row["conid"])
        return by_level


def _choose_company(
    listings: Sequence[Instrument], query: str, currency: str, *, certain: bool
) -> Resolution:
    """The home listing of the company, if it is one and has one class of shares; else the choices."""
    stocks = [each for each in listings if each.kind == "STK"] or list(listings)
    # One company has several symbols if it is listed abroad: AAPL is APC in Frankfurt.
    one_company = len({company_name(each.name) for each in stocks}) == 1
    groups = [stocks] if one_company else _by_symbol(stocks)
    found = [choose_listing(group, currency) for group in groups]
    if certain and len(found) == 1 and found[0] is not None:
        return found[0]
    homes = [each for one in found if one is not None for each in one.instruments]
    if not homes:
        return make_choices(query, stocks, "It is listed in several places.")
    reason = "It matches several names." if len(homes) > 1 else "It matches part of a name."
    return make_choices(query, homes, reason)


def significant_words(name: str) -> tuple[str, ...]:
    """The words of a company's name without its legal form; all of them if nothing else is left."""
    words = [
        word for word in _PUNCTUATION.split(name.upper().replace("'", "").replace(".COM", " COM")) if word
    ]
    return tuple(word for word in words if word not in _LEGAL_WORDS) or tuple(words)


def looks_like_a_name(text: str) -> bool:
    """Whether a single word is written as names are: Apple, not AAPL or aapl."""
    return len(text) > 3 and text.isalpha() and text[0].isupper() and text[1:].islower()


def _match_level(words: tuple[str, ...], name: str) -> int:
    found = significant_words(company_name(name))
    if found == words:
        return 0
    beginnings = ["".join(found[:length]) for length in range(1, len(found) + 1)]
    if "".join(words) in beginnings:  # JP Morgan is JPMORGAN
        return 1
    if any(found[start : start + len(words)] == words for start in range(len(found))):
        return _INSIDE
    return _PART_OF_A_WORD


def _by_symbol(listings: Sequence[Instrument]) -> list[list[Instrument]]:
    groups: dict[str, list[Instrument]] = {}
    for each in listings:
        groups.setdefault(each.symbol, []).append(each)
    return list(groups.values())
