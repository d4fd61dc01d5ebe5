"""The columns of the table by name and group, and the snapshot fields that each needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.answers import formats
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.quote_list import hours
from mcp_server.answers.quote_list.quote_row import QuoteRow
from mcp_server.instruments.instrument import OPTIONS, Kind

LAST: Final = "last"
HOURS: Final = "hours"


@dataclass(frozen=True)
class QuoteColumn:
    """`fields` are needed for its cells. `in_hours`: read from the trading schedule instead."""

    heading: str
    cell: Callable[[QuoteRow], str]
    fields: tuple[str, ...] = ()
    in_hours: bool = False


def _price(heading: str, field: str) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: row.price_text(field), (field,))


def _large(heading: str, field: str) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: formats.large_amount(row.price(field)), (field,))


def _count(heading: str, field: str) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: formats.count(row.number(field)), (field,))


def _percent(heading: str, field: str) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: formats.percent(row.number(field), signed=False), (field,))


def _ratio(heading: str, field: str, decimals: int = 2) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: formats.ratio(row.number(field), decimals), (field,))


def _text(heading: str, field: str) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: outside_name(row.field_text(field)), (field,))


def _date(heading: str, field: str) -> QuoteColumn:
    return QuoteColumn(heading, lambda row: _iso_date(row.field_text(field)), (field,))


def _schedule(heading: str, cell: Callable[[QuoteRow], str]) -> QuoteColumn:
    return QuoteColumn(heading, cell, in_hours=True)


def _iso_date(text: str) -> str:
    digits = re.fullmatch(r"(20\d\d)(\d\d)(\d\d)", text)
    return "-".join(digits.groups()) if digits else outside_name(text)


def _change(row: QuoteRow) -> str:
    if row.inverse:
        last, prior = row.price("31"), row.price("7741")
        return formats.price(None if last is None or prior is None else last - prior)
    change = row.price_text("82")
    return change if change in ("", "0") or change.startswith("-") else f"+{change}"


def _change_percent(row: QuoteRow) -> str:
    value = row.number("83")
    if value is not None and row.inverse:
        value = (1 / (1 + value / 100) - 1) * 100 if value > -100 else None
    return formats.percent(value)


def _implied_volatility(row: QuoteRow) -> str:
    field = "7633" if row.instrument.kind in OPTIONS else "7283"
    return formats.percent(row.number(field), 1, signed=False)


def _volatility_ratio(row: QuoteRow) -> str:
    implied, historical = row.number("7283"), row.number("7087")
    return formats.ratio(implied / historical) if implied and historical else ""


def _place_in_range(row: QuoteRow) -> str:
    high, low, last = row.price("7293"), row.price("7294"), row.price("31")
    if high is None or low is None or last is None or high <= low:
        return ""
    return formats.percent((last - low) / (high - low) * 100, 0, signed=False)


def _expiry(row: QuoteRow) -> str:
    return str(row.instrument.expiry or "")


COLUMNS: Final[dict[str, QuoteColumn]] = {
    LAST: _price("last", "31"),
    "change": QuoteColumn("change", _change, ("82", "7741", "31")),
    "change%": QuoteColumn("change%", _change_percent, ("83",)),
    "bid": _price("bid", "84"),
    "ask": _price("ask", "86"),
    "bid_size": _count("bid size", "88"),
    "ask_size": _count("ask size", "85"),
    "last_yield": _ratio("yield%", "7698", 3),
    "bid_yield": _ratio("bid yield%", "7699", 3),
    "ask_yield": _ratio("ask yield%", "7720", 3),
    "volume": _count("volume", "7762"),
    "avg_volume": _count("avg volume 90d", "7282"),
    "open": _price("open", "7295"),
    "high": _price("high", "70"),
    "low": _price("low", "71"),
    "prior_close": _price("prior close", "7741"),
    "mark": _price("mark", "7635"),
    "low_52w": _price("52w low", "7294"),
    "high_52w": _price("52w high", "7293"),
    "place_52w": QuoteColumn("% of 52w range", _place_in_range, ("31", "7293", "7294")),
    "pe": _ratio("P/E", "7290"),
    "eps": _price("EPS", "7291"),
    "market_cap": _large("market cap", "7289"),
    "dividend": _price("last dividend", "7286"),
    "dividend_next_12m": _price("dividends next 12m", "7671"),
    "dividend_yield": _percent("div yield%", "7287"),
    "ex_date": _date("ex-date", "7288"),
    "beta": _ratio("beta", "7718"),
    "iv": QuoteColumn("IV%", _implied_volatility, ("7283", "7633")),
    "option_iv": QuoteColumn(
        "IV%", lambda row: formats.percent(row.number("7633"), 1, signed=False), ("7633",)
    ),
    "hv": QuoteColumn("HV 30d%", lambda row: formats.percent(row.number("7087"), 1, signed=False), ("7087",)),
    "iv_hv": QuoteColumn("IV/HV", _volatility_ratio, ("7283", "7087")),
    "put_call": _ratio("put/call volume", "7086"),
    "delta": _ratio("delta", "7308", 3),
    "gamma": _ratio("gamma", "7309", 4),
    "theta": _ratio("theta", "7310", 3),
    "vega": _ratio("vega", "7311", 3),
    "open_interest": QuoteColumn(
        "open interest",
        lambda row: formats.count(row.number("7697" if row.instrument.kind == "FUT" else "7638")),
        ("7638", "7697"),
    ),
    "break_even": _price("break-even", "7695"),
    "expires": QuoteColumn("expires", _expiry),
    "maturity": QuoteColumn("maturity", lambda row: _expiry(row) if row.instrument.kind == "BOND" else ""),
    "ratings": _text("ratings", "7706"),
    "bond_type": _text("type", "7708"),
    "issued": _date("issued", "7715"),
    "shortable": _count("shortable", "7636"),
    "borrow_fee": _ratio("borrow fee%", "7637", 3),
    "industry": _text("industry", "7280"),
    "name": QuoteColumn("name", lambda row: outside_name(row.instrument.name)),
    "conid": QuoteColumn("conid", lambda row: str(row.instrument.conid)),
    "market": _schedule("market", hours.market_word),
    "today": _schedule("regular hours today", hours.regular_today),
    "extended": _schedule("extended today", hours.extended_today),
    "closes": _schedule("closes", hours.next_close),
    "opens": _schedule("opens", hours.next_open),
}

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "quote": (
        *(LAST, "change", "change%", "bid", "bid_size", "ask", "ask_size", "volume"),
        *("open", "high", "low", "prior_close"),
    ),
    "range": (LAST, "low", "high", "low_52w", "high_52w", "place_52w"),
    "fundamentals": (
        *(LAST, "pe", "eps", "market_cap", "dividend", "dividend_next_12m", "dividend_yield"),
        *("ex_date", "beta"),
    ),
    "volatility": (LAST, "iv", "hv", "iv_hv", "put_call"),
    "greeks": (
        LAST,
        "bid",
        "ask",
        "option_iv",
        "delta",
        "gamma",
        "theta",
        "vega",
        "open_interest",
        "break_even",
    ),
    "hours": ("market", "today", "extended", "closes", "opens"),
    "bond": (
        *(LAST, "bid", "ask", "last_yield", "bid_yield", "ask_yield"),
        *("maturity", "ratings", "bond_type", "issued"),
    ),
}

_COMMON: Final = (LAST, "change%", "bid", "ask", "volume")
_DEFAULTS: Final[dict[Kind, tuple[str, ...]]] = {
    "IND": (LAST, "change%"),
    "CASH": (LAST, "change%", "bid", "ask"),
    "FUT": (*_COMMON, "expires"),
    "OPT": (*_COMMON, "option_iv", "delta"),
    "FOP": (*_COMMON, "option_iv", "delta"),
    "BOND": (LAST, "bid", "ask", "last_yield", "bid_yield", "ask_yield"),
}

# Other ways to write a name or a group, without spaces and signs.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "price": (LAST,),
    "default": _COMMON,
    "changepercent": ("change%",),
    "changepct": ("change%",),
    "pricechange": ("change", "change%"),
    "close": ("prior_close",),
    "previousclose": ("prior_close",),
    "bidask": ("bid", "ask"),
    "spread": ("bid", "ask"),
    "size": ("bid_size", "ask_size"),
    "yield": ("dividend_yield", "last_yield", "bid_yield", "ask_yield"),
    "ytm": ("last_yield", "bid_yield", "ask_yield"),
    "dividends": ("dividend", "dividend_next_12m", "dividend_yield", "ex_date"),
    "dividenddate": ("ex_date",),
    "exdividend": ("ex_date",),
    "exdividenddate": ("ex_date",),
    "exdivdate": ("ex_date",),
    "divyield": ("dividend_yield",),
    "52w": ("low_52w", "high_52w", "place_52w"),
    "52week": ("low_52w", "high_52w", "place_52w"),
    "52weekrange": ("low_52w", "high_52w", "place_52w"),
    "52weekhigh": ("high_52w",),
    "52weeklow": ("low_52w",),
    "week52high": ("high_52w",),
    "week52low": ("low_52w",),
    "peratio": ("pe",),
    "marketcapitalization": ("market_cap",),
    "mcap": ("market_cap",),
    "earnings": ("eps", "pe"),
    "averagevolume": ("avg_volume",),
    "impliedvolatility": ("iv",),
    "impliedvol": ("iv",),
    "historicalvolatility": ("hv",),
    "realizedvolatility": ("hv",),
    "oi": ("open_interest",),
    "expiry": ("expires",),
    "expiration": ("expires",),
    "rating": ("ratings",),
    "symbol": (),
    "currency": (),
    "exchange": (),
    "company": ("name",),
    "schedule": GROUPS[HOURS],
    "tradinghours": GROUPS[HOURS],
    "bonds": GROUPS["bond"],
    "dayrange": ("low", "high"),
}
_IGNORED: Final = re.compile(r"[^a-z0-9]")


def default_columns(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """What a table of instruments of these kinds shows, in the order of COLUMNS."""
    wanted = {name for kind in kinds for name in _DEFAULTS.get(kind, _COMMON)}
    return tuple(name for name in COLUMNS if name in wanted)


def parse_columns(texts: Sequence[str]) -> tuple[str, ...]:
    """The names of columns that the caller wrote, groups expanded. Raises AnswerError for an unknown one."""
    names: dict[str, None] = {}
    unknown = []
    for text in texts:
        found = _BY_PLAIN_NAME.get(_plain(text))
        if found is None:
            unknown.append(f'"{sanitize(text, max_length=30)}"')
        names |= dict.fromkeys(found or ())
    if unknown:
        raise AnswerError(
            f"`columns`: {', '.join(unknown[:5])} is not a known column.",
            f"Groups: {', '.join(GROUPS)}. Columns: {', '.join(COLUMNS)}. "
            "For other snapshot fields, call get_market_snapshot.",
        )
    return tuple(names)


def with_last(names: Sequence[str]) -> tuple[str, ...]:
    """The columns after the last price, which gives the others their scale; hours stand alone."""
    needs_quote = any(COLUMNS[name].fields for name in names)
    return (LAST, *(name for name in names if name != LAST)) if needs_quote else tuple(names)


def fields_of(names: Collection[str]) -> list[str]:
    """The snapshot fields that the columns need."""
    return list(dict.fromkeys(field for name in names for field in COLUMNS[name].fields))


def _plain(text: str) -> str:
    plain = _IGNORED.sub("", text.lower().replace("%", "percent"))
    return plain.removesuffix("percent") if plain not in ("changepercent",) else plain


_BY_PLAIN_NAME: Final[dict[str, tuple[str, ...]]] = {
    **{_plain(column.heading): (name,) for name, column in COLUMNS.items()},
    **{_plain(name): (name,) for name in COLUMNS},
    **{_plain(name): names for name, names in GROUPS.items()},
    **_ALIASES,
}
