"""What an account can sell options against: shares and cash that nothing else needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.orders.live_orders import LiveOrder, read_orders
from mcp_server.answers.orders.row_values import parse_conid
from mcp_server.answers.quotes import parse_number
from mcp_server.instruments.instrument import OPTIONS, Instrument

_NOT_PAID_FOR: Final = ("FUT", "CFD", "IND")
_MAX_NAMED: Final = 3


@dataclass(frozen=True)
class Part:
    """What an open order can still buy or sell of one contract; a combination has one for each leg."""

    order: LiveOrder
    conid: int | None
    sells: bool
    size: float | None


@dataclass(frozen=True)
class Commitments:
    """What an account holds, by conid, and the parts of its open orders; `notes` say what is not known."""

    held: Mapping[int, float]
    parts: Sequence[Part]
    instruments: Mapping[int, Instrument]
    notes: tuple[str, ...]

    def instrument(self, conid: int | None) -> Instrument | None:
        return self.instruments.get(conid or 0)


@dataclass(frozen=True)
class Coverage:
    """Shares held, and how many are committed: to open sell orders, and to short calls."""

    held: float
    offered: float
    short_calls: float
    multiplier: float
    notes: tuple[str, ...] = ()

    @property
    def free(self) -> float:
        """Shares that no order offers and no short call covers."""
        return max(0.0, self.held - self.offered - self.short_calls * self.multiplier)

    @property
    def contracts(self) -> int:
        return int(self.free // self.multiplier)

    def words(self, symbol: str) -> str:
        """`you hold 200 AAPL, 100 in open sell orders: 0 contracts would be covered`."""
        parts = [f"you hold {formats.quantity(self.held)} {symbol}"]
        if self.offered:
            parts.append(f"{formats.quantity(self.offered)} in open sell orders")
        if self.short_calls:
            parts.append(f"{formats.quantity(self.short_calls)} calls already sold")
        most = "at most " if self.notes else ""
        return f"{', '.join(parts)}: {most}{self.contracts} contracts would be covered"


@dataclass(frozen=True)
class Cash:
    """Settled cash in one currency, and how much of it short puts and open orders need."""

    settled: float
    short_puts: float
    orders: float
    currency: str
    notes: tuple[str, ...] = ()

    @property
    def free(self) -> float:
        """Cash that no short put and no open order needs."""
        return max(0.0, self.settled - self.short_puts - self.orders)

    def words(self, low: float, high: float, multiplier: float) -> str:
        """`settled cash 9000 USD, 5000 for short puts: secures 1 puts at 40, 2 at 20`."""
        parts = [f"settled cash {formats.amount(self.settled)} {self.currency}"]
        if self.short_puts:
            parts.append(f"{formats.amount(self.short_puts)} for puts already sold")
        if self.orders:
            parts.append(f"{formats.amount(self.orders)} for open orders")
        most = "at most " if self.notes else ""
        counts = [int(self.free // (strike * multiplier)) for strike in (high, low)]
        return (
            f"{', '.join(parts)}: secures {most}{counts[0]} puts at {formats.price(high)}, "
            f"{counts[1]} at {formats.price(low)}"
        )


async def read_coverage(
    context: AnswerContext, accounts: Accounts, account: Account, underlying: Instrument, multiplier: float
) -> Coverage:
    """The shares of an account that calls can be sold against. Raises GatewayError."""
    found = await _read_commitments(context, accounts, account)

    def is_call(conid: int | None) -> bool:
        each = found.instrument(conid)
        return each is not None and each.right == "C" and each.underlying_conid == underlying.conid

    short = sum(-quantity for conid, quantity in found.held.items() if quantity < 0 and is_call(conid))
    selling = [
        each for each in found.parts if each.sells and (each.conid == underlying.conid or is_call(each.conid))
    ]
    offered = sum((each.size or 0.0) * (multiplier if is_call(each.conid) else 1.0) for each in selling)
    unsized = _names([each.order for each in selling if each.size is None])
    notes = [
        *found.notes,
        *([f"IBKR sent no size of order {unsized}, so it is not counted."] if unsized else []),
    ]
    return Coverage(found.held.get(underlying.conid, 0.0), offered, short, multiplier, tuple(notes))


async def read_cash(
    context: AnswerContext, accounts: Accounts, account: Account, currency: str
) -> Cash | None:
    """The settled cash of an account in a currency; None if IBKR does not list it. Raises GatewayError."""
    ledger = (await context.gateway.get("/portfolio/{account}/ledger", account.id)).value
    row = ledger.get(currency) if isinstance(ledger, dict) else None
    settled = parse_number(row.get("settledcash")) if isinstance(row, dict) else None
    if settled is None:
        return None
    found = await _read_commitments(context, accounts, account)
    short = sum(
        -quantity * _exercise_price(each)
        for conid, quantity in found.held.items()
        if quantity < 0 and (each := found.instrument(conid)) is not None and each.currency == currency
    )
    needed, uncounted = 0.0, []
    for part in found.parts:
        instrument = found.instrument(part.conid)
        if instrument is None or instrument.currency != currency:
            continue
        amount = await _cash_for(part, instrument, context)
        if amount is None:
            uncounted.append(part.order)
        needed += amount or 0.0
    names = _names(uncounted)
    notes = [
        *found.notes,
        *([f"Not counted, because what it will cost is not known: order {names}."] if names else []),
    ]
    return Cash(settled, short, needed, currency, tuple(notes))


async def _cash_for(part: Part, instrument: Instrument, context: AnswerContext) -> float | None:
    """The cash that a part of an order needs when it fills; None if that is not known."""
    order = part.order
    if part.sells:
        price = _exercise_price(instrument)
        return 0.0 if not price else None if part.size is None else part.size * price
    if instrument.kind in _NOT_PAID_FOR:
        return 0.0
    if order.cash_quantity and not order.quantity:
        return order.cash_quantity
    if part.size is None or order.price is None or order.is_combination or instrument.kind == "BOND":
        return None
    unit = (await context.price_units.of_all([instrument]))[instrument.conid]
    return part.size * order.price * unit.factor * float(instrument.multiplier)


def _exercise_price(instrument: Instrument) -> float:
    """What the buyer of a put can demand for one contract; 0 for anything else."""
    if instrument.kind not in OPTIONS or instrument.right != "P" or instrument.strike is None:
        return 0.0
    return float(instrument.strike * instrument.multiplier)


async def _read_commitments(context: AnswerContext, accounts: Accounts, account: Account) -> Commitments:
    # Without an account, IBKR lists the orders of the selected one, which may change at any time.
    requested = account.id if len(accounts.all) > 1 else None
    held, (parts, notes) = await asyncio.gather(
        _read_held(context, account.id),
        _read_parts(context, account.id, requested, is_selected=account.id == accounts.selected),
    )
    conids = {*held, *(each.conid for each in parts if each.conid is not None)}
    instruments = await context.instruments.by_conids(conids)
    unknown = _names([each.order for each in parts if each.conid not in instruments])
    if unknown:
        notes = (*notes, f"IBKR sent no details of the contract of order {unknown}, so it is not counted.")
    # A short position may be in an option that needs the same shares or cash.
    short = sum(quantity < 0 and conid not in instruments for conid, quantity in held.items())
    if short:
        notes = (*notes, f"IBKR sent no details of {short} short position(s), which are not counted.")
    return Commitments(held, parts, instruments, notes)


async def _read_held(context: AnswerContext, account_id: str) -> Mapping[int, float]:
    rows = (await context.gateway.get("/portfolio2/{account}/positions", account_id)).value
    held: dict[int, float] = {}
    for row in rows if isinstance(rows, list) else ():
        conid = parse_conid(row.get("conid")) if isinstance(row, dict) else None
        if conid is not None:  # several rows of one contract are those of models
            held[conid] = held.get(conid, 0.0) + (parse_number(row.get("position")) or 0.0)
    return held


async def _read_parts(
    context: AnswerContext, account_id: str, requested: str | None, *, is_selected: bool
) -> tuple[Sequence[Part], tuple[str, ...]]:
    """The parts of the open orders of the account, and what is not known about them."""
    try:
        listed = await read_orders(context.gateway, requested)
    except (Failed, Refused, RateLimited) as error:
        return (), (f"Open orders are not counted: {error.problem}",)
    notes = []
    if not listed.is_complete:
        notes.append(
            "IBKR is still loading the orders, so open ones may be missing. Call again in a few seconds."
        )
    elif not is_selected and not any(each.account == account_id for each in listed.orders):
        notes.append(
            "IBKR listed no orders of this account, which is not the selected one, so open ones may be "
            "missing. To see them, call `select_account` first."
        )
    mine = [each for each in listed.orders if each.state.is_open and each.account in ("", account_id)]
    return [part for order in mine for part in _parts_of(order)], tuple(notes)


def _parts_of(order: LiveOrder) -> list[Part]:
    sells = order.side != "BUY"
    if not order.is_combination:
        return [Part(order, order.conid, sells, order.remaining)]
    return [
        Part(
            order,
            leg.conid,
            sells != (leg.ratio < 0),
            None if order.remaining is None else order.remaining * abs(leg.ratio),
        )
        for leg in order.legs
    ]


def _names(orders: Sequence[LiveOrder]) -> str:
    names = list(dict.fromkeys(each.order_id for each in orders))
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
