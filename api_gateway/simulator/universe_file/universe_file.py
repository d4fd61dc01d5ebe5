"""Reads a universe file and applies it: listings, then the portfolio of the first account.

Every problem is one sentence with the file, the line and the field.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api_gateway.simulator.calendar.expiries import new_york_date
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_before
from api_gateway.simulator.instruments.listings import VENUES, Listing
from api_gateway.simulator.instruments.universe import Instrument, Universe
from api_gateway.simulator.profiles import Purchase, StartingPortfolio
from api_gateway.simulator.universe_file.contents import (
    InstrumentRow,
    PositionRow,
    UniverseFile,
)
from api_gateway.simulator.universe_file.toml_lines import TomlLines

MAX_BYTES = 1_000_000
_ROWS: Mapping[str, type[BaseModel]] = {"instrument": InstrumentRow, "position": PositionRow}
_DEFAULT_DAYS_AGO, _MAX_DAYS_AGO = 30, 250
_PURCHASE_MINUTE = 5  # after the open
_NOT_TRADED = frozenset({"IND", "CASH"})


class UniverseFileError(Exception):
    """The file cannot be used; `str()` is one sentence with the line and the field."""


class OwnUniverse:
    """A file that was read: its listings, and the portfolio that it describes."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = TomlLines(text)
        self.contents = self._parse(text)

    def listings(self, rows: Iterable[Listing]) -> list[Listing]:
        """The listings with the file's instruments: an instrument with the same key is replaced, a new one
        added.

        Raises UniverseFileError.
        """
        found = {row.key: row for row in rows}
        known = {row.conid: row.key for row in found.values() if row.conid}
        seen: set[str] = set()
        for number, row in enumerate(self.contents.instrument):
            if row.key in seen:
                raise self._error(("instrument", number, "symbol"), f"{row.key} is in the file twice")
            seen.add(row.key)
            found[row.key] = self._listing(number, row, found.get(row.key))
            if row.conid is not None and known.setdefault(row.conid, row.key) != row.key:
                message = f"{row.conid} is the conid of {known[row.conid]}"
                raise self._error(("instrument", number, "conid"), message)
        return list(found.values())

    def portfolio(self, universe: Universe, now: float) -> StartingPortfolio | None:
        """The portfolio of the file, or None if it has no positions and no cash. Raises UniverseFileError."""
        if not self.contents.has_portfolio:
            return None
        purchases = tuple(
            self._purchase(number, row, universe, now) for number, row in enumerate(self.contents.position)
        )
        cash = self.contents.cash or {}
        for currency in cash:
            if currency != "USD" and not (
                universe.currency_pair(currency, "USD") or universe.currency_pair("USD", currency)
            ):
                raise self._error(("cash", currency), f"there is no exchange rate between {currency} and USD")
        return StartingPortfolio(0.0, purchases, cash={"USD": 0.0, **cash})

    def _parse(self, text: str) -> UniverseFile:
        try:
            return UniverseFile.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as problem:
            raise UniverseFileError(f"{self._name} is not valid TOML: {_lower(str(problem))}.") from None
        except ValidationError as problem:
            first = problem.errors(include_url=False, include_input=False)[0]
            raise self._error(first["loc"], _describe(first), field=False) from None

    def _listing(self, number: int, row: InstrumentRow, known: Listing | None) -> Listing:
        place = ("instrument", number)
        if row.exchange not in VENUES:
            names = ", ".join(sorted(VENUES))
            raise self._error((*place, "exchange"), f"{row.exchange} is not a valid exchange: use {names}")
        if known is not None and known.sec_type != row.type:
            raise self._error((*place, "type"), f"{row.key} is of type {known.sec_type}")
        if known is None and row.price is None:
            raise self._error((*place, "price"), f"{row.key} is new and needs a price")
        if bool(row.dividend) != bool(row.dividend_months) and (row.dividend is not None or known is None):
            raise self._error((*place, "dividend"), "dividend and dividend_months belong together")
        base = known or Listing(
            symbol=row.symbol,
            name=row.symbol,
            sec_type=row.type,
            exchange=row.exchange,
            price=row.price or 0.0,
            volume=1_000_000,
        )
        fields = ("name", "currency", "price", "conid", "tick", "volatility", "volume", "options", "dividend")
        given: dict[str, Any] = {name: value for name in fields if (value := getattr(row, name)) is not None}
        if row.dividend_months is not None:
            given["dividend_months"] = tuple(row.dividend_months)
        if row.price is not None:
            given |= {"follows": "", "ratio": 1.0}  # its price no longer follows another instrument
        if row.sector is not None:
            parts = (row.sector, row.group or row.sector, row.category or row.group or row.sector)
            given["classification"] = parts
        listing = replace(base, **given)
        ticks = listing.price / listing.tick
        if abs(ticks - round(ticks)) > 1e-6:
            raise self._error((*place, "price"), f"{listing.price:g} is not a multiple of {listing.tick:g}")
        return listing

    def _purchase(self, number: int, row: PositionRow, universe: Universe, now: float) -> Purchase:
        place = ("position", number)
        instrument = find_contract(universe, row)
        if instrument is None:
            field = "conid" if row.conid is not None else "symbol"
            what = row.conid if row.conid is not None else f"{row.type} {row.symbol} with these terms"
            raise self._error((*place, field), f"no contract {what} is listed")
        if instrument.sec_type in _NOT_TRADED:
            raise self._error((*place, "symbol"), f"{instrument.symbol} is not held as a position")
        if instrument.expires_at is not None and instrument.expires_at <= now:
            raise self._error((*place, "expiry"), f"{instrument.local_symbol} has expired")
        days_ago = _DEFAULT_DAYS_AGO
        if row.bought is not None:
            days_ago = self._days_ago((*place, "bought"), row.bought, now)
        return Purchase(
            instrument.conid,
            row.quantity,
            days_ago,
            _PURCHASE_MINUTE,
            0,
            instrument.exchange,
            price=row.price,
        )

    def _days_ago(self, place: Sequence[str | int], day: date, now: float) -> int:
        """How many trading days before today a position was bought, on `day` or the trading day before."""
        for ago, session in enumerate(islice(sessions_before(HOURS["us_stock"], now), _MAX_DAYS_AGO)):
            if session.day <= day <= new_york_date(now) and session.opens + _PURCHASE_MINUTE * 60 < now:
                return ago
        raise self._error(place, f"{day} is not in the last {_MAX_DAYS_AGO} trading days")

    def _error(self, place: Sequence[str | int], message: str, *, field: bool = True) -> UniverseFileError:
        name = ".".join(str(part) for part in place if isinstance(part, str)) if field else ""
        where = f"{self._name}, line {self._lines.line_of(place)}"
        return UniverseFileError(f"{where}: {f'{name}: ' if name else ''}{message}.")


def read_universe_file(path: Path) -> OwnUniverse:
    """Read a file. Raises UniverseFileError."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise UniverseFileError(f"{path} cannot be read: {problem.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise UniverseFileError(f"{path} is larger than {MAX_BYTES:,} bytes.")
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise UniverseFileError(f"{path}, line {line}: the text is not UTF-8.") from None
    return OwnUniverse(str(path), text)


def find_contract(universe: Universe, row: PositionRow) -> Instrument | None:
    """The contract of a position, or None; if there are several listings, the US one."""
    if row.conid is not None:
        return universe.by_conid(row.conid)
    symbol, expiry = row.symbol or "", f"{row.expiry:%Y%m%d}" if row.expiry else None
    if row.type == "FUT":
        found = [future for future in universe.futures_of(symbol) if future.expiry == expiry]
    elif row.type in ("OPT", "FOP"):
        found = [
            option
            for root in universe.underlyings_of_symbol(symbol)
            for option in universe.options_of(
                root.conid, row.type, expiry=expiry, strike=row.strike, right=row.right
            )
        ]
    else:
        found = [each for each in universe.underlyings_of_symbol(symbol) if each.sec_type == row.type]
    if row.trading_class is not None:
        found = [each for each in found if each.trading_class == row.trading_class]
    if row.exchange is not None:
        found = [each for each in found if row.exchange in (each.exchange, *each.venues)]
    return found[0] if found else None


def _describe(problem: ErrorDetails) -> str:
    """What is wrong, with the name of the field."""
    place = problem["loc"]
    name = ".".join(str(part) for part in place if isinstance(part, str) and part != "[key]")
    if problem["type"] == "extra_forbidden":
        row = _ROWS.get(str(place[0])) if len(place) > 1 else UniverseFile
        fields = ", ".join(row.model_fields) if row else ""
        return f"{name} is not a field: use {fields}"
    if problem["type"] == "missing":
        return f"{name} is missing"
    if problem["type"] == "value_error":
        return f"{name} {problem['ctx']['error']}"
    return f"{name} is invalid: {_lower(problem['msg'])}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
