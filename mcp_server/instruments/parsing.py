"""From a text to its readings, the likeliest first. Nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from api_gateway.security_ids import has_isin_check_digit, is_cusip, is_isin
from mcp_server.instruments.clean_text import MAX_LENGTH, clean_text
from mcp_server.instruments.dated_readings import (
    ONE_WORD,
    SYMBOL,
    read_bonds,
    read_futures,
    read_occ_symbol,
    read_options,
)
from mcp_server.instruments.exchanges import (
    ANY_US,
    COUNTRY_CODES,
    CRYPTOCURRENCIES,
    CURRENCIES,
    SUFFIXES,
    exchanges_of,
)
from mcp_server.instruments.instrument import Kind
from mcp_server.instruments.meanings import WORDS
from mcp_server.instruments.readings import (
    BondReading,
    ConidReading,
    FutureReading,
    ListingReading,
    NameReading,
    PairReading,
    Reading,
    SecurityIdReading,
)

MAX_CONID: Final = 2**31 - 1
_MAX_NUMERIC_SYMBOL: Final = 6
_CONID: Final = re.compile(
    r"(?:(?P<label>.*)#|CONID ?[:=]? ?)?(?P<conid>\d{1,10})(?:@(?P<place>[A-Z0-9.]*))?"
)
_KIND_WORDS: Final[tuple[tuple[str, frozenset[Kind]], ...]] = (
    (r"STOCKS?|SHARES?|EQUITY|COMMON STOCK|ETF", frozenset({"STK"})),
    (r"INDEX", frozenset({"IND"})),
    (r"(?:FRONT[ -]MONTH )?FUTURES?|FRONT(?:[ -]MONTH)?(?: CONTRACT)?", frozenset({"FUT"})),
    (r"CRYPTO(?:CURRENCY)?|COIN", frozenset({"CRYPTO"})),
    (r"BONDS?|NOTES?", frozenset({"BOND"})),
    (r"CFDS?", frozenset({"CFD"})),
    (r"(?:MUTUAL )?FUND", frozenset({"FUND"})),
    (r"SPOT|FX|FOREX", frozenset({"CASH", "CRYPTO"})),
)
_KIND_SUFFIX: Final = tuple(
    (re.compile(rf"(?P<rest>.+?) (?:{words})", re.IGNORECASE), kinds) for words, kinds in _KIND_WORDS
)


def parse(text: str, today: date, *, words: bool = True) -> tuple[Reading, ...]:
    """The readings of a text, without duplicates; empty if it is empty or too long for a name.

    Without `words`, those of its letters only: `Facebook` is a name, and not the symbol META.
    """
    clean = clean_text(text)
    return tuple(dict.fromkeys(_read(clean, today, words))) if 0 < len(clean) <= MAX_LENGTH else ()


def _read(clean: str, today: date, words: bool) -> Iterator[Reading]:
    upper = clean.upper()
    if words and upper in WORDS:
        yield from _read(WORDS[upper], today, words)
        return
    if match := _CONID.fullmatch(upper):
        label = (match["label"] or "").strip()
        yield from _numbers(upper, ConidReading(int(match["conid"]), label), match["place"] or "")
        return
    yield from read_occ_symbol(upper)
    if is_isin(upper):
        problem = "" if has_isin_check_digit(upper) else "its check digit is wrong"
        yield SecurityIdReading(upper, "ISIN", problem)
        return
    if is_cusip(upper):
        yield SecurityIdReading(upper, "CUSIP")
    yield from _pairs(upper)
    yield from _kind_words(clean, today, words)
    yield from read_options(upper, today)
    yield from read_futures(upper, today)
    yield from read_bonds(upper, today)
    yield from _listings(upper)
    yield NameReading(clean)


def _numbers(upper: str, reading: ConidReading, place: str) -> Iterator[Reading]:
    if place and upper[0].isdigit() and len(str(reading.conid)) <= _MAX_NUMERIC_SYMBOL and place != "SMART":
        yield from _listings(upper)  # 7203@TSEJ, unlike 265598@SMART
    if 1 <= reading.conid <= MAX_CONID:
        yield reading
    if upper.isdigit():
        if is_cusip(upper):
            yield SecurityIdReading(upper, "CUSIP")
        if len(upper) <= _MAX_NUMERIC_SYMBOL:
            yield ListingReading(symbol_spellings(upper, None))


def _pairs(upper: str) -> Iterator[Reading]:
    text = upper.removesuffix("=X")
    if text in CURRENCIES:
        yield PairReading(text, "")
    match = re.fullmatch(r"([A-Z]{3,5})(?: ?[./-] ?|[ ])?([A-Z]{3})", text)
    if match is None:
        return
    base, quote = match.groups()
    if quote not in CURRENCIES:
        return
    if base in CURRENCIES and base != quote:
        yield PairReading(base, quote)
    elif base in CRYPTOCURRENCIES:
        yield ListingReading((base,), currency=quote, kinds=frozenset({"CRYPTO"}))


def _kind_words(clean: str, today: date, words: bool) -> Iterator[Reading]:
    for pattern, kinds in _KIND_SUFFIX:
        match = pattern.fullmatch(clean)
        if match is None:
            continue
        rest = match["rest"]
        if kinds == {"BOND"}:
            yield BondReading(rest.upper())
        elif kinds == {"FUT"} and ONE_WORD.fullmatch(rest.upper()):
            yield FutureReading(rest.upper())
        else:
            for reading in _read(rest, today, words):
                if isinstance(reading, ListingReading):
                    yield ListingReading(reading.symbols, reading.exchanges, reading.currency, kinds)
                elif isinstance(reading, NameReading):
                    yield NameReading(reading.name, kinds)
                elif isinstance(reading, PairReading) and "CASH" in kinds:
                    yield reading


def _listings(upper: str) -> Iterator[Reading]:
    if ":" in upper:  # NASDAQ:AAPL
        exchange, _, symbol = upper.partition(":")
        exchanges = exchanges_of(exchange.strip())
        if exchanges is not None and symbol.strip():
            yield _listing(symbol.strip(), exchanges)
        return
    if "@" in upper:  # AAPL@NYSE
        symbol, _, place = upper.partition("@")
        symbol, place = symbol.strip(), place.strip()
        if symbol and place:
            if place in CURRENCIES:
                yield _listing(symbol, None, place)
            else:
                known = exchanges_of(place)
                yield _listing(symbol, known if known is not None else (place,))
        return
    words = upper.removesuffix(" EQUITY").split()
    if len(words) == 2:
        yield from _two_words(*words)
    elif len(words) == 3 and len(words[1]) <= 2:  # BRK B NYSE
        yield from _two_words(f"{words[0]} {words[1]}", words[2])
    head, dot, tail = upper.rpartition(".")
    if dot and head and tail in SUFFIXES:
        yield _listing(head, SUFFIXES[tail])
    elif dot and head and (exchanges := exchanges_of(tail)) is not None:
        yield _listing(head, exchanges)
    if re.fullmatch(SYMBOL, upper):
        yield _listing(upper, None)


def _two_words(symbol: str, place: str) -> Iterator[Reading]:
    exchanges = exchanges_of(place)
    if exchanges is not None:
        yield _listing(symbol, exchanges)
    if place in CURRENCIES:
        yield _listing(symbol, None, place)
    if place in COUNTRY_CODES:
        yield _listing(symbol, COUNTRY_CODES[place])


def _listing(symbol: str, exchanges: tuple[str, ...] | None, currency: str = "") -> ListingReading:
    return ListingReading(symbol_spellings(symbol, exchanges), exchanges, currency)


def symbol_spellings(symbol: str, exchanges: tuple[str, ...] | None = ANY_US) -> tuple[str, ...]:
    """How IBKR may spell a symbol: classes of shares after a space (BRK B), a dot kept in London (BP.)."""
    spellings = []
    match = re.fullmatch(r"([A-Z0-9]{1,6})[ ./-]([A-Z]{1,3})", symbol)
    if match:
        spellings.append(f"{match[1]} {match[2]}")
    if symbol.isdigit():
        spellings.append(symbol.lstrip("0") or symbol)
    if not exchanges or "LSE" not in exchanges:
        spellings.append(symbol)
    else:
        spellings += [symbol, symbol.removesuffix(".") if symbol.endswith(".") else f"{symbol}."]
    return tuple(dict.fromkeys(spellings))
