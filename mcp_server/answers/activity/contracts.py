"""The contracts of orders and trades: how they are printed, and which of them a symbol means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.activity.symbol_filter import SymbolFilter
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.market_hours import US_STOCKS
from mcp_server.answers.orders.row_values import Leg
from mcp_server.answers.price_units import PriceUnit
from mcp_server.instruments.instrument import DERIVATIVES, Choices, Found, Instrument


class ContractRow(Protocol):
    """An order or an execution: `contract` is IBKR's description, `names` are its symbols and IDs."""

    @property
    def conid(self) -> int | None: ...
    @property
    def contract(self) -> str: ...
    @property
    def legs(self) -> tuple[Leg, ...]: ...
    @property
    def is_combination(self) -> bool: ...
    @property
    def names(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Contracts:
    """The instruments that IBKR has described, by conid."""

    known: Mapping[int, Instrument]
    units: Mapping[int, PriceUnit] = field(default_factory=dict)

    def text(self, row: ContractRow) -> str:
        """The contract as all answers print it, or else as IBKR's row describes it."""
        if row.is_combination and row.legs:
            legs = [(each.ratio, self.known.get(each.conid)) for each in row.legs]
            if all(instrument for _, instrument in legs):
                return ", ".join(f"{ratio:+d} {leg.text}" for ratio, leg in legs if leg)
        instrument = self.known.get(row.conid or 0)
        return instrument.text if instrument is not None else row.contract

    def currency(self, row: ContractRow) -> str:
        """The currency of its price; empty if it is unknown."""
        conids = [each.conid for each in row.legs] if row.is_combination else [row.conid or 0]
        currencies = {self.known[each].currency for each in conids if each in self.known}
        return currencies.pop() if len(currencies) == 1 else ""

    def unit(self, row: ContractRow) -> str:
        """` GBX` if its price is in hundredths of the currency; otherwise empty."""
        conids = [each.conid for each in row.legs] if row.is_combination else [row.conid or 0]
        units = {price_suffix(self.units.get(each)) for each in conids}
        return units.pop() if len(units) == 1 else ""

    def market(self, row: ContractRow) -> int:
        """A contract with the same trading hours."""
        conid = next(iter(conids_of(row)), US_STOCKS)
        instrument = self.known.get(conid)
        shares = instrument is not None and instrument.is_us and instrument.kind == "STK"
        return US_STOCKS if shares else conid

    def matches(self, symbol: SymbolFilter, row: ContractRow) -> bool:
        """Whether the symbol means this row."""
        conids = conids_of(row)
        texts = [self.known[each].text for each in conids if each in self.known]
        symbols = [self.known[each].symbol for each in conids if each in self.known]
        derivatives = {
            (self.known[each].symbol, self.known[each].currency)
            for each in conids
            if each in self.known and self.known[each].kind in DERIVATIVES
        }
        return not symbol.underlyings.isdisjoint(derivatives) or symbol.matches(
            (*row.names, row.contract, *texts, *symbols), conids
        )


def conids_of(row: ContractRow) -> tuple[int, ...]:
    """The contract of the row; of a combination, those of its legs."""
    if row.is_combination:
        return tuple(each.conid for each in row.legs)
    return (row.conid,) if row.conid else ()


async def read_contracts(context: AnswerContext, rows: Iterable[ContractRow]) -> Contracts:
    """The instruments of the rows and the units of their prices, as far as IBKR describes them."""
    known = await read_instruments({conid for row in rows for conid in conids_of(row)}, context)
    return Contracts(known, await read_units(known, context))


async def read_units(instruments: Mapping[int, Instrument], context: AnswerContext) -> dict[int, PriceUnit]:
    """The units of the instruments' prices by conid; none if IBKR cannot be reached for them now."""
    try:
        return await context.price_units.of_all(instruments.values())
    except (Failed, Refused, RateLimited):
        return {}


def price_suffix(unit: PriceUnit | None) -> str:
    """What follows a price in hundredths of its currency: ` GBX`, or ` GBP or pence` if IBKR did not say."""
    if unit is None or (unit.factor == 1 and not unit.is_doubtful):
        return ""
    return " " + re.split(r":| \(", unit.label)[0]


async def read_instruments(conids: Collection[int], context: AnswerContext) -> Mapping[int, Instrument]:
    """The instruments of conids, except those that IBKR does not describe now."""
    try:
        return await context.instruments.by_conids(conids) if conids else {}
    except (Failed, Refused, RateLimited):
        return {}


async def narrow(
    symbol: SymbolFilter, rows: Sequence[ContractRow], contracts: Contracts, context: AnswerContext
) -> tuple[SymbolFilter, str]:
    """The filter with the contracts that the text means, if no row has it as a name; and a note, if any.

    The note says what else to write, because IBKR does not know the text.
    """
    if not symbol.text or any(contracts.matches(symbol, row) for row in rows) or symbol.may_be_order_id:
        return symbol, ""
    try:
        found = await context.instruments.resolve(symbol.text)
    except (Failed, Refused, RateLimited):
        return symbol, ""
    if isinstance(found, Found):
        underlyings = frozenset(
            (each.symbol, each.currency) for each in found.instruments if each.kind not in DERIVATIVES
        )
        return replace(symbol, conids=_all_conids(found.instruments), underlyings=underlyings), ""
    if isinstance(found, Choices):
        options = ", ".join(each.write for each in found.rows)
        return symbol, f'"{symbol.shown}": {found.reason} Write one of: {options}.'
    return symbol, f'"{symbol.shown}": {found.reason}'


def _all_conids(instruments: Collection[Instrument]) -> frozenset[int]:
    return frozenset(each.conid for each in instruments)
