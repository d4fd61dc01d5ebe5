"""Converts IBKR's rows about a contract to an `Instrument`. Any field can be missing, null or text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from api_gateway.outside_text import clean_line
from mcp_server.instruments.dates import ContractMonth, month_of, parse_day, parse_month_code
from mcp_server.instruments.exchanges import US_EXCHANGES
from mcp_server.instruments.instrument import OPTIONS, Instrument, Kind, Right, to_kind
from mcp_server.instruments.names import future_text, listing_text, option_text

MAX_DESCRIPTION: Final = 60
MAX_CODE: Final = 20
_NO_CODE: Final = re.compile(r"[^A-Za-z0-9._]")

# What is stored of a row of `/trsrv/secdef`, and of a contract's details.
DEFINITION_FIELDS: Final = (
    "conid", "ticker", "name", "assetClass", "currency", "listingExchange", "expiry", "lastTradingDay",
    "putOrCall", "strike", "undConid", "undSym", "multiplier", "fullName", "isUS", "allExchanges",
    "sector", "type",
)  # fmt: skip
DETAIL_FIELDS: Final = (
    "con_id", "symbol", "company_name", "instrument_type", "currency", "exchange", "maturity_date", "right",
    "strike", "underlying_con_id", "multiplier", "trading_class", "contract_month", "text",
)  # fmt: skip


def reduced(row: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """The fields that are used, without nulls."""
    return {name: row[name] for name in fields if row.get(name) is not None}


def from_definition(
    row: Mapping[str, Any], details: Mapping[str, Any] | None, today: date
) -> Instrument | None:
    """The instrument of a row of `/trsrv/secdef`, with the contract's details; None without a conid.

    Without details, the trading class of an option is taken to be its symbol, and the contract month of a
    future that of its expiry.
    """
    details = details or {}
    conid = to_conid(row.get("conid") or details.get("con_id"))
    if conid is None:
        return None
    kind = to_kind(row.get("assetClass") or details.get("instrument_type"))
    symbol = _text(row.get("ticker") or details.get("symbol") or row.get("undSym"))
    expiry = _first_day(row.get("expiry"), row.get("lastTradingDay"), details.get("maturity_date"))
    exchange = _code(row.get("listingExchange") or details.get("exchange"))
    is_us = row["isUS"] is True if "isUS" in row else exchange in US_EXCHANGES
    found = _build(
        conid=conid,
        symbol=symbol,
        name=_text(row.get("name") or details.get("company_name")) or symbol,
        kind=kind,
        exchange=exchange,
        currency=_code(row.get("currency") or details.get("currency")),
        expiry=expiry,
        strike=to_decimal(row.get("strike") or details.get("strike")),
        right=_right(row.get("putOrCall") or details.get("right")),
        multiplier=to_decimal(row.get("multiplier") or details.get("multiplier")),
        trading_class=_text(details.get("trading_class")),
        month=parse_month_code(_text(details.get("contract_month"))),
        underlying=to_conid(row.get("undConid") or details.get("underlying_con_id")),
        is_us=is_us,
        description=_text(row.get("fullName") or details.get("text"))[:MAX_DESCRIPTION],
        today=today,
    )
    return replace(found, sector=_text(row.get("sector")), stock_type=_text(row.get("type")))


def from_chain_row(
    row: Mapping[str, Any], kind: Kind, underlying: int, month: ContractMonth | None, today: date
) -> Instrument | None:
    """The instrument of a row of `/iserver/secdef/info` for `month`; None without a conid."""
    conid = to_conid(row.get("conid"))
    if conid is None:
        return None
    exchange = _code(row.get("listingExchange") or row.get("exchange"))
    symbol = _text(row.get("symbol") or row.get("ticker"))
    return _build(
        conid=conid,
        symbol=symbol,
        name=_text(row.get("companyName")) or symbol,
        kind=kind,
        exchange=exchange,
        currency=_code(row.get("currency")),
        expiry=parse_day(row.get("maturityDate")),
        strike=to_decimal(row.get("strike")),
        right=_right(row.get("right")),
        multiplier=to_decimal(row.get("multiplier")),
        trading_class=_text(row.get("tradingClass")),
        month=month,
        underlying=underlying or None,
        is_us=exchange in US_EXCHANGES,
        description=_text(row.get("desc2"))[:MAX_DESCRIPTION],
        today=today,
    )


def _build(
    *,
    conid: int,
    symbol: str,
    name: str,
    kind: Kind,
    exchange: str,
    currency: str,
    expiry: date | None,
    strike: Decimal | None,
    right: Right | None,
    multiplier: Decimal | None,
    trading_class: str,
    month: ContractMonth | None,
    underlying: int | None,
    is_us: bool,
    description: str,
    today: date,
) -> Instrument:
    option = kind in OPTIONS
    if month is None and expiry is not None and kind in ("FUT", "OPT", "FOP"):
        month = month_of(expiry)
    text = ""
    if option and expiry and strike is not None and right:
        text = option_text(symbol, trading_class, expiry, strike, right)
    elif kind == "FUT" and month:
        text = future_text(symbol, trading_class, month, today)
    elif kind == "BOND":
        text = description
    elif kind not in ("FUT", "OPT", "FOP", "WAR", "EC", "OTHER"):
        text = listing_text(symbol, kind, exchange, currency)
    if not text:  # a kind that has no name of ours: the number finds it again
        text = f"{description or symbol or name} #{conid}".strip()
    return Instrument(
        conid=conid,
        text=text,
        symbol=symbol,
        name=name,
        kind=kind,
        exchange=exchange,
        currency=currency,
        expiry=expiry,
        strike=strike if option else None,
        right=right if option else None,
        multiplier=multiplier if multiplier else Decimal(1),
        trading_class=trading_class,
        contract_month=month.digits if month else "",
        underlying_conid=underlying,
        is_us=is_us,
    )


def to_conid(value: object) -> int | None:
    """The conid of a number or a text; None for 0, -1 and anything else."""
    text = str(value if value is not None else "").strip()
    return int(text) or None if text.isascii() and text.isdigit() else None


def to_decimal(value: object) -> Decimal | None:
    """The exact number of a number or a text, such as "1,000.5"; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return Decimal(f"{number:f}") if number.is_finite() else None


def _right(value: object) -> Right | None:
    letter = str(value or "").strip().upper()[:1]
    return "C" if letter == "C" else "P" if letter == "P" else None


def _first_day(*values: object) -> date | None:
    return next((day for day in map(parse_day, values) if day), None)


def _text(value: object) -> str:
    return clean_line(str(value)) if isinstance(value, (str, int, float)) else ""


def _code(value: object) -> str:
    """An exchange or a currency: it is printed in names, so that it is one short word."""
    return _NO_CODE.sub("", _text(value).removesuffix(".NMS"))[:MAX_CODE]
