"""Readings with a date or a month: options, futures and bonds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from mcp_server.instruments.dates import MONTH_LETTERS, ContractMonth, DatedText, find_dates, future_year
from mcp_server.instruments.exchanges import CRYPTOCURRENCIES
from mcp_server.instruments.instrument import Right
from mcp_server.instruments.meanings import FUTURE_CLASSES
from mcp_server.instruments.readings import BondReading, FutureReading, OptionReading, Reading

SYMBOL: Final = r"[A-Z0-9][A-Z0-9.&'/+-]{0,11}(?: [A-Z]{1,3})?"
ONE_WORD: Final = re.compile(r"/?[A-Z0-9]{1,6}")
_STRIKE: Final = r"[$@]?(?P<strike>\d+(?:\.\d+)?|\.\d+)"
_RIGHT: Final = r"(?P<right>CALLS?|PUTS?|C|P)"
_TERMS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<symbol>{SYMBOL}) {_STRIKE}[ -]?{_RIGHT}(?: (?P<class>[A-Z0-9]{{1,6}}))?",
        rf"(?P<symbol>{SYMBOL}) {_RIGHT} ?{_STRIKE}",
        rf"{_STRIKE}[ -]?{_RIGHT} (?:ON |OF )?(?P<symbol>{SYMBOL})",
        rf"(?P<symbol>{SYMBOL}) {_STRIKE}(?P<right>)",
    )
)
_OCC: Final = re.compile(r"([A-Z0-9]{1,6}) ?(\d{2})(\d{2})(\d{2})([CP])(\d{8})")
_FUTURE: Final = re.compile(
    rf"/?(?P<root>[A-Z0-9]{{1,6}}?) ?(?P<letter>[{MONTH_LETTERS}])(?P<year>20\d\d|\d\d?)"
)
_FUTURE_OPTION: Final = re.compile(
    rf"(?P<root>[A-Z0-9]{{1,5}}?)(?P<letter>[{MONTH_LETTERS}])(?P<year>\d\d?) (?P<terms>.+)"
)
_FRONT: Final = re.compile(
    r"(?:/(?P<a>[A-Z0-9]{1,6})|@(?P<b>[A-Z0-9]{1,6})|(?P<c>[A-Z0-9]{1,6})(?:1!|=F| 1|[ -]?CONT(?:INUOUS)?))"
)
_BOND: Final = re.compile(
    r"(?P<issuer>[A-Z0-9][A-Z0-9 .&-]{0,20}?) (?P<coupon>\d{1,2}(?:\.\d+)?)"
    r"(?: (?P<n>\d{1,2})/(?P<d>2|4|8|16|32|64))? ?(?P<percent>%?)(?: (?P<year>20\d\d))?"
)


def read_occ_symbol(upper: str) -> Iterator[Reading]:
    """The option of an OCC symbol: SPY   270115P00600000."""
    match = _OCC.fullmatch(upper)
    if match is None:
        return
    symbol, year, month, day, right, thousandths = match.groups()
    try:
        expiry = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return
    yield OptionReading(symbol, expiry, Decimal(thousandths) / 1000, "C" if right == "C" else "P")


def read_options(upper: str, today: date) -> Iterator[Reading]:
    """The options that an upper-case text can mean, by date, strike and right."""
    undecided: list[Reading] = []
    for dated in find_dates(upper, today):
        if ONE_WORD.fullmatch(dated.rest):  # a future, or an incomplete option
            break
        for pattern in _TERMS:
            if match := pattern.fullmatch(dated.rest):
                reading = _option(match, dated.when, dated.or_day)
                if match["right"]:
                    yield reading
                    return
                # `IBM 4.15 05/15/39` is a bond; with another way to write the date, more likely an option.
                if not dated.american:
                    undecided.append(reading)
                break
    if match := _FUTURE_OPTION.fullmatch(upper):
        terms = f"{match['root']} {match['terms']}"
        month = _contract_month(match, today)
        for pattern in _TERMS[:2]:
            if found := pattern.fullmatch(terms):
                yield _option(found, month)
    yield from undecided[:1]


def _option(match: re.Match[str], when: date | ContractMonth, or_day: date | None = None) -> OptionReading:
    groups = match.groupdict()
    right: Right | None = None
    if groups["right"]:
        right = "C" if groups["right"].startswith("C") else "P"
    symbol = groups["symbol"].removesuffix(".")
    return OptionReading(symbol, when, Decimal(groups["strike"]), right, groups.get("class") or "", or_day)


def read_futures(upper: str, today: date) -> Iterator[Reading]:
    """The futures that it can mean, by month or day, or the front month."""
    if (match := _FUTURE.fullmatch(upper)) and not (match["root"].isdigit() and len(match["root"]) > 3):
        yield FutureReading(match["root"], _contract_month(match, today))
    for dated in find_dates(upper, today):
        symbol = (
            dated.rest.removeprefix("/").removesuffix(" FUTURES").removesuffix(" FUTURE").removesuffix(" FUT")
        )
        if ONE_WORD.fullmatch(symbol):
            yield FutureReading(symbol, dated.when, dated.or_day)
            break
    if match := _FRONT.fullmatch(upper):
        yield FutureReading(match["a"] or match["b"] or match["c"])
    elif upper in FUTURE_CLASSES and upper not in CRYPTOCURRENCIES:
        yield FutureReading(upper)


def _contract_month(match: re.Match[str], today: date) -> ContractMonth:
    return ContractMonth(future_year(match["year"], today), MONTH_LETTERS.index(match["letter"]) + 1)


def read_bonds(upper: str, today: date) -> Iterator[Reading]:
    """The bonds that it can mean, by issuer, coupon and maturity."""
    dates = [*find_dates(upper, today), DatedText(today, upper)]
    for dated in dates:
        match = _BOND.fullmatch(dated.rest)
        if match is None:
            continue
        coupon = Decimal(match["coupon"])
        if match["n"]:
            coupon += Decimal(match["n"]) / Decimal(match["d"])
        year = int(match["year"]) if match["year"] else None
        if dated.rest == upper:  # no date
            if year or match["percent"]:
                yield BondReading(match["issuer"], coupon, year=year)
        elif isinstance(dated.when, date):
            yield BondReading(match["issuer"], coupon, dated.when)
        else:
            yield BondReading(match["issuer"], coupon, year=dated.when.year)
        return
