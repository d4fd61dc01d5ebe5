"""Resolves futures and options: by symbol, month or day, strike and right."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from mcp_server.instruments.catalogue import Catalogue, Underlying
from mcp_server.instruments.dates import ContractMonth, day_text, month_of
from mcp_server.instruments.definitions import from_chain_row
from mcp_server.instruments.instrument import Choice, Choices, Found, Instrument, Kind, Resolution, choice_of
from mcp_server.instruments.lookups import Lookups
from mcp_server.instruments.meanings import FUTURE_CLASSES, MEANINGS
from mcp_server.instruments.names import future_text, root_of_option_class
from mcp_server.instruments.option_choice import MAX_OPTIONS, choose_option, distance, fits, why_not
from mcp_server.instruments.parsing import symbol_spellings
from mcp_server.instruments.readings import FutureReading, OptionReading
from mcp_server.instruments.unclear_dates import join_meanings, meanings_of

_MAX_MONTHS: Final = 8
_NEAREST_STRIKES: Final = 4
_FRONT_MONTHS: Final = 3
_LONGEST_GAP: Final = 75  # days between a future's expiry and its contract month


@dataclass(frozen=True)
class _OptionRoot:
    """An underlying with options of one type; `trading_class` if only that class is meant."""

    underlying: Underlying
    kind: Kind
    trading_class: str

    @property
    def months(self) -> tuple[ContractMonth, ...]:
        section = self.underlying.section(self.kind)
        return section.months if section else ()


class DerivativeSearch:
    """Each method returns a resolution, or None if the symbol has no such derivatives at all."""

    def __init__(self, lookups: Lookups, catalogue: Catalogue) -> None:
        self._lookups = lookups
        self._catalogue = catalogue

    async def front(self, product: Underlying) -> Instrument | None:
        """The future that expires next, after today: on its last day, people mean the one after it."""
        section = product.section("FUT")
        for month in section.months[:_FRONT_MONTHS] if section else ():
            contracts = await self.futures(product, month)
            pending = [each for each in contracts if each.expiry and each.expiry > self._lookups.today]
            if pending:
                return _preferred(pending, product.symbol)
        return None

    async def futures(self, product: Underlying, month: ContractMonth) -> list[Instrument]:
        """The futures of one contract month, the first to expire first."""
        rows = await self._lookups.futures(product.conid, month)
        found = [from_chain_row(row, "FUT", product.conid, month, self._lookups.today) for row in rows]
        if not found:
            found = [*await self._listed_futures(product, month)]
        return _by_expiry(each for each in found if each is not None)

    async def _listed_futures(self, product: Underlying, month: ContractMonth) -> list[Instrument]:
        """The futures of a month from IBKR's list by symbol; only their details name the contract month."""
        conids = [
            conid
            for conid, expiry in await self._lookups.listed_futures(product.symbol)
            if -_LONGEST_GAP <= (expiry - month.third_friday).days <= _LONGEST_GAP
        ]
        found = await self._catalogue.by_conids(conids)
        return [each for each in found.values() if each.contract_month == month.digits]

    async def future(self, reading: FutureReading, query: str) -> Resolution | None:
        """The future of a month or a day; without one, the front month."""
        for product in await self._products(reading.symbol):
            section = product.section("FUT")
            if section is None:
                continue
            if reading.when is None:
                front = await self.front(product)
                return Found((front,)) if front else None
            results: list[Resolution] = []
            for when in (each.when for each in meanings_of(reading) if each.when):
                contracts = await self._futures_at(product, section.months, when)
                if contracts:
                    chosen = _preferred(contracts, reading.symbol)
                    results.append(Found((chosen,), tuple(each for each in contracts if each != chosen)))
            return join_meanings(query, results) or self._no_future(reading, product, section.months, query)
        return None

    async def _futures_at(
        self, product: Underlying, months: Sequence[ContractMonth], when: date | ContractMonth
    ) -> list[Instrument]:
        if isinstance(when, ContractMonth):
            return await self.futures(product, when) if when in months else []
        near = [month_of(when).shifted(later) for later in (0, 1, 2)]
        return [
            each
            for month in near
            if month in months
            for each in await self.futures(product, month)
            if each.expiry == when
        ]

    async def option(self, reading: OptionReading, query: str, kinds: Collection[Kind]) -> Resolution | None:
        """The option; if it does not exist, the nearest that do."""
        roots = await self._option_roots(reading.symbol, kinds)
        for search in (self._listed_option, self._nearest_options):
            results = [await search(roots, each, query) for each in meanings_of(reading)]
            if found := join_meanings(query, [each for each in results if each]):
                return found
        return None

    async def _listed_option(
        self, roots: Sequence[_OptionRoot], reading: OptionReading, query: str
    ) -> Resolution | None:
        if isinstance(reading.when, date) and reading.when < self._lookups.today:
            return None
        for root in roots:
            result = await self._exact(root, reading, query)
            if result is not None:
                return result
        return None

    async def _nearest_options(
        self, roots: Sequence[_OptionRoot], reading: OptionReading, query: str
    ) -> Choices | None:
        expired = isinstance(reading.when, date) and reading.when < self._lookups.today
        nearest = [each for root in roots for each in [await self._nearest(root, reading)] if each]
        if not nearest:
            return None
        rows = [choice_of(each) for found in nearest for each in found[: MAX_OPTIONS // len(nearest)]]
        return Choices(query, tuple(rows), why_not(nearest[0], reading, expired=expired))

    async def options(
        self, root: Underlying, kind: Kind, month: ContractMonth, strike: Decimal, *, today_only: bool = False
    ) -> list[Instrument]:
        """The options of a strike in a month, by expiry: every class, calls and puts."""
        exchange = option_exchange(root, kind)
        rows = await self._lookups.options(root.conid, kind, month, strike, exchange, today_only=today_only)
        found = [from_chain_row(row, kind, root.conid, month, self._lookups.today) for row in rows]
        return _by_expiry(each for each in found if each is not None and each.expiry and each.right)

    async def _products(self, symbol: str) -> list[Underlying]:
        names = [FUTURE_CLASSES.get(symbol, symbol), symbol]
        for name in dict.fromkeys(names):
            found = await self._catalogue.underlyings(name, today_only=True)
            products = [each for each in found if each.section("FUT")]
            if products:
                return sorted(products, key=lambda each: (each.kind != "IND", not each.is_us))
        return []

    async def _option_roots(self, symbol: str, kinds: Collection[Kind]) -> list[_OptionRoot]:
        """Underlyings with options, and the class that the symbol means, the likeliest first."""
        root = root_of_option_class(symbol)
        names = [root] if root else list(symbol_spellings(symbol))
        for name in names:
            found = [
                _OptionRoot(each, kind, symbol if root else "")
                for each in await self._catalogue.underlyings(name, today_only=True)
                for kind in ("OPT", "FOP")
                if each.section(kind) and (not kinds or kind in kinds)
            ]
            if found:
                futures_first = bool(root) or (name in MEANINGS and MEANINGS[name][0] == "future")
                return sorted(
                    found,
                    key=lambda each: (
                        (each.kind == "FOP") != futures_first,
                        each.underlying.kind != "IND" and not each.underlying.is_us,
                    ),
                )
        return []

    async def _exact(self, root: _OptionRoot, reading: OptionReading, query: str) -> Resolution | None:
        when = reading.when
        around = [when] if isinstance(when, ContractMonth) else _months_around(when, root.kind)
        months = [month for month in around if month in root.months]
        trading_class = reading.trading_class or root.trading_class
        for today_only in (
            False,
            True,
        ):  # an expiry that is not among the stored ones may have been listed since
            for month in months:
                options = await self.options(
                    root.underlying, root.kind, month, reading.strike, today_only=today_only
                )
                found = [each for each in options if fits(each, reading, trading_class)]
                if found:
                    return choose_option(found, reading, root.underlying, query)
        return None

    async def _nearest(self, root: _OptionRoot, reading: OptionReading) -> list[Instrument]:
        """The options with the nearest expiry and strike, in one of the nearest months that has any."""
        day = reading.when if isinstance(reading.when, date) else reading.when.third_friday
        trading_class = reading.trading_class or root.trading_class
        later = 1 if root.kind == "FOP" else 0  # options on futures can be named after the month that follows
        months = sorted(
            root.months, key=lambda m: min(abs((m.shifted(-n).third_friday - day).days) for n in (0, later))
        )
        exchange = option_exchange(root.underlying, root.kind)
        for month in months[: 2 + later]:
            strikes = await self._lookups.strikes(root.underlying.conid, root.kind, month, exchange)
            nearest = sorted(strikes, key=lambda each: (abs(each - reading.strike), each))[:_NEAREST_STRIKES]
            listed = await asyncio.gather(
                *(self.options(root.underlying, root.kind, month, strike) for strike in nearest)
            )
            found = [
                each
                for options in listed
                for each in options
                if reading.right in (None, each.right) and trading_class in ("", each.trading_class)
            ]
            if found:
                return sorted(found, key=lambda each: distance(each, day, reading.strike))
        return []

    def _no_future(
        self, reading: FutureReading, product: Underlying, months: Sequence[ContractMonth], query: str
    ) -> Choices:
        when, today = reading.when, self._lookups.today
        month = when if isinstance(when, ContractMonth) else month_of(when or today)
        gone = month < months[0] and month <= month_of(today)
        label = day_text(when) if isinstance(when, date) else month.text
        reason = f"The {label} contract has expired." if gone else f"There is no {label} contract."
        nearest = sorted(
            months, key=lambda each: abs(each.year * 12 + each.month - month.year * 12 - month.month)
        )
        trading_class = reading.symbol if FUTURE_CLASSES.get(reading.symbol) == product.symbol else ""
        rows = [
            Choice(
                future_text(product.symbol, trading_class, each, today),
                product.name,
                product.exchange,
                "",
                "future",
            )
            for each in sorted(nearest[:_MAX_MONTHS])
        ]
        return Choices(query, tuple(rows), reason)


def option_exchange(root: Underlying, kind: Kind) -> str:
    """The exchange that IBKR requires for options on futures; none for others."""
    section = root.section(kind)
    if kind != "FOP" or section is None:
        return ""
    return section.exchanges[0] if section.exchanges else root.exchange


def _months_around(day: date, kind: Kind) -> list[ContractMonth]:
    """The contract months of an expiry: options on crude oil are named after the month that follows."""
    month = month_of(day)
    return [month, month.shifted(1), month.shifted(2)] if kind == "FOP" else [month]


def _preferred(contracts: Sequence[Instrument], symbol: str) -> Instrument:
    """The future of the class that was written, else the one without a digit (weekly futures have one)."""
    named = [each for each in contracts if each.trading_class == symbol]
    plain = [each for each in contracts if not any(c.isdigit() for c in each.trading_class[2:])]
    return (named or plain or list(contracts))[0]


def _by_expiry(instruments: Iterable[Instrument]) -> list[Instrument]:
    return sorted(
        instruments, key=lambda each: (each.expiry or date.max, each.trading_class, each.right or "")
    )
