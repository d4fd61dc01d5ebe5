"""Portfolio Analyst's transactions as a part of the answer: sums, sums by contract, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Final

from mcp_server.answers.activity.accrued_dividends import describe_accrued
from mcp_server.answers.activity.contracts import (
    Contracts,
    narrow,
    price_suffix,
    read_instruments,
    read_units,
)
from mcp_server.answers.activity.newer_trades import describe_newer, newer_trades, read_recent
from mcp_server.answers.activity.sections import TOOL, Section, Wanted
from mcp_server.answers.activity.transaction_kinds import TransactionKind
from mcp_server.answers.activity.transaction_sums import TransactionSums, sum_by_contract, sum_transactions
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.formats import exact_amount, price, quantity
from mcp_server.answers.orders.trades import MAX_DAYS
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.portfolio_analyst.transaction_rows import NO_CONTRACT, Transaction
from mcp_server.answers.portfolio_analyst.transactions import Transactions
from mcp_server.answers.price_units import PriceUnit
from mcp_server.answers.table import Column
from mcp_server.answers.times import NEW_YORK, clock_time
from mcp_server.instruments.instrument import Instrument

ContractSums = tuple[str, TransactionSums]

_SHOWN: Final = (
    TransactionKind.SETTLEMENT,
    TransactionKind.DIVIDEND,
    TransactionKind.TAX,
    TransactionKind.INTEREST,
    TransactionKind.FEE,
)


async def transaction_section(wanted: Wanted, context: AnswerContext) -> Section:
    """The transactions of the period in the contracts that IBKR lists them for. Raises GatewayError."""
    meant, note = await _meant_contracts(wanted, context)
    days = wanted.period(context.clock.today())
    recent = await read_recent(wanted, days, context)
    seen = None if recent is None else {each.conid for each in recent if each.conid}
    read = context.portfolio_analyst.transactions.read
    # A request that has to name contracts comes first: IBKR accepts only one in 15 minutes.
    named = await read(wanted.chosen, meant, until=days.end, seen=seen) if meant else None
    found = await read(wanted.chosen, None, until=days.end, seen=seen)
    context.clock.observe(_newest(found))
    conids = {each.conid for each in found.rows} | {each.conid for each in found.profits}
    instruments = await read_instruments(conids - {NO_CONTRACT}, context)
    units = await read_units(instruments, context)
    names = _names(found.rows, instruments)
    days = wanted.period(context.clock.today())

    def belongs(conid: int) -> bool:
        instrument = instruments.get(conid)
        return conid in meant or wanted.symbol.matches(
            (names.get(conid), instrument and instrument.symbol), (conid,)
        )

    rows = [each for each in found.rows if days.start <= each.day <= days.end and belongs(each.conid)]
    profits = [each for each in found.profits if days.start <= each.day <= days.end and belongs(each.conid)]
    title = (
        f"Transactions of {wanted.label([each.id for each in wanted.chosen])}{wanted.about()}, "
        f"{days.start} to {days.end}, in {found.currency or 'the base currency'}"
    )
    if found.as_of is None or (named is not None and named.missing and not rows):
        fills = [each for each in recent or () if wanted.belongs(each.account) and each.conid in meant]
        count = f"{len(fills)} execution{'s' * (len(fills) != 1)}"
        traded = f"In the last {MAX_DAYS} days it had {count}: see what=trades." if fills else ""
        return Section([f"{title}: not available."], [*_limits(named or found, context), traded, note])
    sums = sum_transactions(rows, profits)
    blocks = [f"{title}: {describe_sums(sums)}"]
    accrued = ""
    if not wanted.symbol.text and TransactionKind.DIVIDEND not in sums.by_kind and days.days > MAX_DAYS:
        accrued = await describe_accrued([each.id for each in wanted.chosen], context)
    contracts = [
        (name, each)
        for name, each in sum_by_contract(
            rows, profits, lambda conid: "" if conid == NO_CONTRACT else names.get(conid, f"conid {conid}")
        )
        if each.has_realized or not each.by_kind.keys().isdisjoint(_SHOWN)
    ]
    if contracts:
        listing = Listing(_contract_columns(), contracts, wanted.wide_rows, head=f"{title}, continued")
        blocks.append(show_listing(TOOL, listing, context.cursors))
    if rows:
        columns = _row_columns(
            names, units, found.currency, by_account=len({each.account for each in rows}) > 1
        )
        newest = sorted(rows, key=lambda each: each.day, reverse=True)
        newest_first = Listing(columns, newest, wanted.wide_rows, head=f"{title}, continued")
        blocks.append(show_listing(TOOL, newest_first, context.cursors))
    coverage = _coverage(found, wanted, days.start, sums)
    newer = [
        each
        for each in newer_trades(recent or (), found)
        if wanted.belongs(each.account)
        and (belongs(each.conid or NO_CONTRACT) or wanted.symbol.matches(each.names, ()))
    ]
    age = describe_newer(newer, found.as_of, days, recent is not None, context.clock.now())
    return Section(blocks, [accrued, age, *_limits(named or found, context), *coverage, note])


def describe_sums(sums: TransactionSums) -> str:
    """`realized P&L +1200.5; dividends +45.2; interest -3.1 (received 1, paid -4.1) …`."""
    parts = [f"realized P&L {_signed(sums.realized)}"] if sums.has_realized else []
    for kind in TransactionKind:
        if round(sums.by_kind.get(kind, 0.0), 2):
            part = f"{kind} {_signed(sums.by_kind[kind])}"
            if kind is TransactionKind.INTEREST and sums.received_interest and sums.paid_interest:
                part += f" (received {_signed(sums.received_interest)}, paid {_signed(sums.paid_interest)})"
            parts.append(part)
    return "; ".join(parts) or "none"


def _contract_columns() -> list[Column[ContractSums]]:
    def amounts(kind: TransactionKind) -> Column[ContractSums]:
        return Column(kind.value, lambda each: _signed(each[1].by_kind.get(kind)))

    return [
        Column("what", lambda each: each[0]),
        Column("realized", lambda each: _signed(each[1].realized) if each[1].has_realized else ""),
        *(amounts(kind) for kind in _SHOWN),
    ]


def _row_columns(
    names: Mapping[int, str], units: Mapping[int, PriceUnit], currency: str, *, by_account: bool
) -> list[Column[Transaction]]:
    return [
        Column("day", lambda each: f"{each.day}"),
        Column("account", lambda each: each.account if by_account else ""),
        Column("type", lambda each: each.kind),
        Column("what", lambda each: names.get(each.conid, "")),
        Column("quantity", lambda each: quantity(each.quantity) if each.quantity else ""),
        Column("price", lambda each: _price(each, units.get(each.conid))),
        Column("amount", lambda each: _signed(each.amount)),
        Column("currency", lambda each: each.currency if each.currency != currency else ""),
    ]


def _price(row: Transaction, unit: PriceUnit | None) -> str:
    """The price with its unit if that is not the amount's. IBKR does not document the price of pence shares:
    the amount shows which it is.
    """
    if not row.price:
        return ""
    paid = abs(row.amount or 0.0) / abs(row.quantity) if row.quantity else 0.0
    in_currency = unit is not None and unit.factor != 1 and abs(paid / abs(row.price) - 1) < 0.05
    return price(row.price) + ("" if in_currency else price_suffix(unit))


def _signed(value: float | None) -> str:
    return exact_amount(value, signed=True)


def _names(rows: Iterable[Transaction], instruments: Mapping[int, Instrument]) -> dict[int, str]:
    """How each contract is printed; without an instrument, as IBKR describes it."""
    names = {each.conid: each.description for each in rows if each.conid != NO_CONTRACT}
    return names | {conid: each.text for conid, each in instruments.items()}


async def _meant_contracts(wanted: Wanted, context: AnswerContext) -> tuple[frozenset[int], str]:
    """The contracts that the symbol means, and a note if IBKR does not know it."""
    if not wanted.symbol.text:
        return frozenset(), ""
    symbol, note = await narrow(wanted.symbol, (), Contracts({}), context)
    return symbol.conids, note


def _newest(found: Transactions) -> datetime | None:
    """The beginning of the newest day with a transaction, which is not in the future."""
    days = [each.day for each in found.rows]
    return datetime.combine(max(days), time(), NEW_YORK) if days else None


def _limits(found: Transactions, context: AnswerContext) -> list[str]:
    """What IBKR has not answered for, and until when."""
    now = context.clock.now()
    notes = []
    if found.refusal:
        notes.append(f"IBKR refused the last transactions request: {found.refusal}")
    if found.next_at is not None:
        notes.append(
            "IBKR allows one transactions request every 15 minutes; the next is possible at "
            f"{clock_time(found.next_at, now)}."
        )
    if found.missing:
        notes.append(f"{len(found.missing)} of the contracts are not included yet.")
    return notes


def _coverage(found: Transactions, wanted: Wanted, start: date, sums: TransactionSums) -> list[str]:
    """What the rows leave out."""
    notes = []
    if found.first_day is not None and found.first_day > start:
        notes.append(f"The transactions begin on {found.first_day}.")
    if TransactionKind.SETTLEMENT in sums.by_kind and sums.has_realized:
        notes.append(
            "Futures settle in cash daily; the realized P&L of a closed future includes that settlement."
        )
    if sums.unconverted:
        notes.append(f"{sums.unconverted} rows without an exchange rate are not in the totals.")
    if not wanted.symbol.text:
        notes.append(
            "Portfolio Analyst lists transactions only for contracts that a request names: here, those held "
            "now, traded in the last seven days, or requested before. Pass `symbol` for any other, such as a "
            "position closed earlier."
        )
    return notes
