"""Which of the listings of one symbol people mean: the home listing, or the one in the account's currency.

IBKR reports no home country. It is inferred: a depositary receipt has its home elsewhere; companies listed
both in Toronto and in the United States are Canadian; other listings in the United States are at home.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from mcp_server.instruments.exchanges import US_EXCHANGES
from mcp_server.instruments.instrument import Found, Instrument

_RECEIPT: Final = re.compile(
    r"\b(ADR|ADS|GDR|CDR|DRC|BDR|CEDEAR|DEPOSITARY|NY REG(ISTRY)? SH)", re.IGNORECASE
)
_RECEIPT_END: Final = re.compile(
    r"\s*-\s*(UN)?(SPON\w*|ADR|ADS|GDR|CDR|NY REG|REG\b|DEPOSITARY|CEDEAR|BDR).*$", re.IGNORECASE
)
_SAME_COMPANY: Final = 10
"""Names of one company differ in their ends, and IBKR cuts them: so many characters in common are enough."""

# Where companies of a currency are at home rather than listed in addition, the first that lists the symbol.
_PRIMARY: Final = (
    "LSE", "IBIS", "AEB", "SBF", "EBS", "TSE", "BVME", "BM", "TSEJ", "SEHK", "ASX", "SFB", "OSE", "CPH",
    "HEX", "ENEXT.BE", "BVL", "VSE", "SGX", "NSE", "KSE", "TASE", "WSE", "VENTURE",
)  # fmt: skip
_LEGAL_HOMES: Final = (
    (r"\bPLC\b", ("LSE",)),
    (r"\b(SE|AG)\b", ("IBIS", "EBS", "VSE")),
    (r"\bNV\b", ("AEB", "ENEXT.BE")),
    (r"\bSPA\b", ("BVME",)),
    (r"\bSA\b", ("SBF", "EBS", "BM")),
    (r"\b(AB|ASA|A/S|OYJ)\b", ("SFB", "OSE", "CPH", "HEX")),
)


def choose_listing(listings: Sequence[Instrument], currency: str) -> Found | None:
    """The listing that is meant, or two that are meant alike; None if that cannot be said.

    A home listing in `currency` is meant alone. If the home listing has another currency and there is a
    listing in `currency`, both are meant.
    """
    ranked = sorted(listings, key=_rank)
    if len(ranked) == 1:
        return Found((ranked[0],))
    in_currency = [each for each in ranked if each.currency == currency and not _is_secondary(each)]
    first = ranked[0] if _in_us(ranked[0]) else None
    for anchor in [*in_currency, *([first] if first else [])]:
        company = [each for each in ranked if same_company(each, anchor)]
        home = _home(company)
        if home is None:
            continue
        meant = dict.fromkeys((anchor, home) if anchor.currency == currency else (home,))
        return _found(tuple(meant), ranked)
    if all(same_company(each, ranked[0]) for each in ranked):
        home = _home(ranked)
        return _found((home,), ranked) if home else None
    return None


def same_company(one: Instrument, other: Instrument) -> bool:
    """Whether two listings are of one company, by their names."""
    first, second = company_name(one.name), company_name(other.name)
    common = next(
        (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    return first == second or common >= _SAME_COMPANY


def company_name(name: str) -> str:
    """The name without what marks a receipt or a kind of registration: SAP SE for SAP SE-SPONSORED ADR."""
    return _RECEIPT_END.sub("", name).strip().upper()


def _found(meant: tuple[Instrument, ...], listings: Iterable[Instrument]) -> Found:
    also = tuple(each for each in listings if each not in meant)
    if len(meant) > 1:  # each with its exchange, or the text would mean both again
        meant = tuple(
            each if "@" in each.text else each.printed_as(f"{each.text}@{each.exchange}") for each in meant
        )
    return Found(meant, also)


def _home(company: Sequence[Instrument]) -> Instrument | None:
    own = [each for each in company if not _is_receipt(each)] or list(company)
    ours = next((each for each in own if _in_us(each)), None)
    if ours is not None:
        return next((each for each in own if each.exchange == "TSE"), ours)
    if len(own) == 1:
        return own[0]
    for pattern, exchanges in _LEGAL_HOMES:
        for each in own:
            if each.exchange in exchanges and re.search(pattern, each.name.upper()):
                return each
    return None


def _is_receipt(listing: Instrument) -> bool:
    return _RECEIPT.search(listing.name) is not None


def _is_secondary(listing: Instrument) -> bool:
    """A certificate of a foreign company's share outside the United States, such as a Canadian CDR."""
    return _is_receipt(listing) and not _in_us(listing)


def _in_us(listing: Instrument) -> bool:
    return listing.is_us or listing.exchange in US_EXCHANGES


def _rank(listing: Instrument) -> tuple[int, int, int]:
    """US listings first, over the counter last among them; then the primary exchanges."""
    over_the_counter = listing.exchange in ("PINK", "OTCLNKECN")
    primary = _PRIMARY.index(listing.exchange) if listing.exchange in _PRIMARY else len(_PRIMARY)
    return (0 if _in_us(listing) else 1, int(over_the_counter), primary)
