"""Expiry: options are exercised or assigned, futures, event contracts and bonds end in cash.

Known: the clearing house exercises options that are at least one cent in the money; exercise and assignment
cost no commission; the premium becomes part of the cost of the shares; IBKR dates expiry bookings 16:20 New
York time; it closes positions in physically delivered futures before delivery. Guesses: every short option
in the money is assigned, and none before its expiry; IBKR closes a future at the end of liquid hours of the
trading day before the last one; an event contract pays 1 if the market considers it at least as likely as
not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from api_gateway.simulator.accounts.commissions import commission
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.valued_position import SETTLED_IN_CASH
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_before
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.lifecycle.account_event import AccountEvent
from api_gateway.simulator.orders.order import ExecutionKind

NO_EXCHANGE = "--"
"""The exchange shown for executions that did not happen at an exchange, as in IBKR's statements."""

_OPTIONS = frozenset({"OPT", "FOP"})
_ENDS_IN_CASH = frozenset({"FUT", "EC", "BOND"})
_OPTION_PROCESSING = 1200.0  # seconds from the close to the bookings
_LEAST_IN_THE_MONEY = 0.01
_PAR = 100.0


def upcoming_events(paper_account: PaperAccount, after: float) -> Iterator[AccountEvent]:
    """Yield the end of every position in a contract that expires."""
    for conid, position in paper_account.positions.items():
        instrument = paper_account.instrument(conid)
        if not position.quantity or instrument.expires_at is None:
            continue
        end: Callable[[PaperAccount, Instrument, float], None]
        if instrument.sec_type in _OPTIONS:
            at, end = instrument.expires_at + _OPTION_PROCESSING, _expire_option
        elif instrument.sec_type == "FUT" and instrument.delivery == "physical":
            at, end = _close_out_time(instrument), _close_out
        elif instrument.sec_type in _ENDS_IN_CASH:
            at, end = instrument.expires_at, _settle_finally
        else:
            continue
        due = max(at, after)
        yield AccountEvent(due, partial(end, paper_account, instrument, due))


def settlement_price(paper_account: PaperAccount, instrument: Instrument) -> float:
    """What one unit of a contract is worth when it expires; for an option, its intrinsic value."""
    at, prices = instrument.expires_at or 0.0, paper_account.prices
    if instrument.sec_type == "BOND":
        return _PAR
    if instrument.sec_type == "EC":
        price = prices.price_at(instrument, at)
        # The No contract loses a tie.
        return float(price > 0.5 if instrument.right == "P" else price >= 0.5)
    underlying = paper_account.universe.by_conid(instrument.underlying_conid or 0)
    if underlying is None or instrument.strike is None:
        return prices.price_at(instrument, at)
    in_the_money = prices.price_at(underlying, at) - instrument.strike
    return max(0.0, round(in_the_money if instrument.right == "C" else -in_the_money, 8))


def _expire_option(paper_account: PaperAccount, option: Instrument, at: float) -> None:
    quantity = paper_account.positions[option.conid].quantity
    worth = settlement_price(paper_account, option)
    if worth < _LEAST_IN_THE_MONEY:
        _end_position(paper_account, option, at, 0.0, ExecutionKind.EXPIRATION)
        return
    kind = ExecutionKind.EXERCISE if quantity > 0 else ExecutionKind.ASSIGNMENT
    delivered = paper_account.universe.by_conid(option.underlying_conid or 0)
    if option.delivery == "cash" or delivered is None or _has_expired(delivered, at):
        _end_position(paper_account, option, at, worth, kind)
        return
    # A future's profit is settled daily, so a premium in its cost would be paid twice.
    carries = delivered.sec_type not in SETTLED_IN_CASH
    premium = paper_account.positions[option.conid].cost if carries else 0.0
    _end_position(paper_account, option, at, 0.0, kind, carried_cost=-premium)
    sign = 1 if option.right == "C" else -1
    paper_account.book_execution(
        delivered,
        sign * quantity * option.multiplier / delivered.multiplier,
        option.strike or 0.0,
        at=at,
        exchange=NO_EXCHANGE,
        kind=kind,
        carried_cost=premium,
    )


def _has_expired(instrument: Instrument, at: float) -> bool:
    return instrument.expires_at is not None and instrument.expires_at <= at


def _settle_finally(paper_account: PaperAccount, instrument: Instrument, at: float) -> None:
    price = settlement_price(paper_account, instrument)
    _end_position(paper_account, instrument, at, price, ExecutionKind.FINAL_SETTLEMENT)


def _close_out_time(future: Instrument) -> float:
    """The end of liquid hours of the trading day before the last one."""
    sessions = sessions_before(HOURS[future.hours], future.expires_at or 0.0)
    return next(islice(sessions, 1, None)).liquid_closes


def _close_out(paper_account: PaperAccount, future: Instrument, at: float) -> None:
    quantity = paper_account.positions[future.conid].quantity
    price = paper_account.prices.price_at(future, at)
    paper_account.book_execution(
        future,
        -quantity,
        price,
        at=at,
        exchange=future.exchange,
        kind=ExecutionKind.CLOSE_OUT,
        fee=commission(future, quantity, price),
    )


def _end_position(
    paper_account: PaperAccount,
    instrument: Instrument,
    at: float,
    price: float,
    kind: ExecutionKind,
    *,
    carried_cost: float = 0.0,
) -> None:
    paper_account.book_execution(
        instrument,
        -paper_account.positions[instrument.conid].quantity,
        price,
        at=at,
        exchange=NO_EXCHANGE,
        kind=kind,
        carried_cost=carried_cost,
    )
