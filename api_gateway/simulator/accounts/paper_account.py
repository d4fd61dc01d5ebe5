"""One paper account: cash, positions, orders and executions.

Only those four and the cash transactions are stored; `valuation` derives everything else from them and
current prices. Every booked amount is in whole cents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from datetime import date
from itertools import count
from zlib import crc32

from api_gateway.simulator.accounts.cash_transactions import (
    CashTransaction,
    CashTransactionKind,
    SplitBooking,
)
from api_gateway.simulator.accounts.commissions import commission
from api_gateway.simulator.accounts.dividend_accrual import DividendAccrual, sum_accruals
from api_gateway.simulator.accounts.interest_accrual import InterestAccrual
from api_gateway.simulator.accounts.position import Position
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import SETTLED_IN_CASH, ValuedPosition
from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.instruments.universe import Instrument, Universe
from api_gateway.simulator.orders.order import Execution, ExecutionKind, Order, OrderStatus, Side
from api_gateway.simulator.orders.order_hours import expiry_time
from api_gateway.simulator.prices.combination_prices import leg_fill_prices
from api_gateway.simulator.prices.exchange_rates import ExchangeRates
from api_gateway.simulator.prices.prices import Prices

FIRST_ORDER_ID = 602801480
_CACHE_SECONDS = 45.0


class PaperAccount:
    """One paper account, empty at first; `account_setup.seed_account` gives it a history.

    Accounts of one username share `order_ids`, because an order ID does not identify its account. A cash
    account cannot borrow, sell short or trade futures.
    """

    base_currency = "USD"

    def __init__(
        self,
        account_id: str,
        universe: Universe,
        prices: Prices,
        clock: Clock,
        order_ids: Iterator[int] | None = None,
        *,
        is_cash_account: bool = False,
    ) -> None:
        self.account_id = account_id
        self.is_cash_account = is_cash_account
        self.universe = universe
        self.prices = prices
        self.clock = clock
        self.exchange_rates = ExchangeRates(self.base_currency, universe, prices)
        self.cash: dict[str, float] = {self.base_currency: 0.0}
        self.positions: dict[int, Position] = {}
        self.orders: dict[int, Order] = {}
        self.executions: list[Execution] = []
        self.combination_executions: list[Execution] = []
        self.cash_transactions: list[CashTransaction] = []
        self.splits: list[SplitBooking] = []
        # Rebuilding an option is slow, and the conid of one that expired long ago is reused.
        self._instruments: dict[int, Instrument] = {}
        self.open_since(clock.now())
        self._order_ids = order_ids or count(FIRST_ORDER_ID)
        self._cached_valuation: Valuation | None = None

    def open_since(self, opened_at: float) -> None:
        """Set when the account was opened: from then on, it accrues interest and dividends."""
        self.opened_at = self.events_processed_until = opened_at
        self.next_event = (-1, opened_at)
        self.dividend_accruals: list[DividendAccrual] = []
        self._interest = InterestAccrual(opened_at)

    def instrument(self, conid: int) -> Instrument:
        """The instrument with this conid. Raises LookupError if there is none."""
        instrument = self._instruments.get(conid) or self.universe.by_conid(conid)
        if instrument is None:
            raise LookupError(f"no instrument has conid {conid}")
        self._instruments[conid] = instrument
        return instrument

    def instrument_of(self, traded: Order | Execution) -> Instrument:
        """What an order is for, or what was traded: a combination or an instrument."""
        return traded.combination or self.instrument(traded.conid)

    def next_order_id(self) -> int:
        """An unused order ID."""
        return next(self._order_ids)

    def copy_for_what_if(self) -> PaperAccount:
        """An independent copy of the account, for what-if previews."""
        twin = copy(self)
        twin.cash = dict(self.cash)
        twin.positions = {conid: replace(position) for conid, position in self.positions.items()}
        twin.orders = dict(self.orders)
        twin.executions = list(self.executions)
        twin.combination_executions = list(self.combination_executions)
        twin.cash_transactions = list(self.cash_transactions)
        twin.dividend_accruals = list(self.dividend_accruals)
        twin._interest = self._interest.copy()
        return twin

    @property
    def booking_count(self) -> int:
        """How many bookings and orders there are; they are never removed."""
        without_orders = len(self.cash_transactions) + len(self.dividend_accruals) + len(self.splits)
        return len(self.executions) + len(self.orders) + without_orders

    def deposit(self, currency: str, amount: float) -> None:
        """Deposit cash, or withdraw it if `amount` is negative."""
        self.cash[currency] = round(self.cash.get(currency, 0.0) + amount, 2)

    def book_cash(self, transaction: CashTransaction) -> None:
        """Book a change of cash that is not a trade; an amount of zero is not booked."""
        if transaction.amount:
            self._interest.advance(transaction.at, self.cash)
            self.deposit(transaction.currency, transaction.amount)
            self.cash_transactions.append(transaction)

    def accrued_interest(self) -> dict[str, float]:
        """The interest by currency that has accrued and is not booked yet; negative on loans."""
        interest = self._interest.copy()
        interest.advance(self.clock.now(), self.cash)
        return interest.accrued()

    def book_interest(self, month: date, at: float) -> None:
        """Book the interest that accrued before the month that begins on `month`."""
        self._interest.advance(at, self.cash)
        due = self._interest.due_before(month)
        self._interest.clear_before(month)
        for currency, amount in due.items():
            kind = CashTransactionKind.INTEREST_RECEIVED if amount > 0 else CashTransactionKind.INTEREST_PAID
            self.book_cash(CashTransaction(at, kind, currency, amount))

    def split(self, conid: int, ratio: int, at: float) -> None:
        """Multiply a position by the ratio of a split; its cost and value stay the same."""
        position = self.positions.get(conid)
        if position is not None and position.quantity:
            self.splits.append(SplitBooking(at, conid, ratio, position.quantity))
            position.quantity *= ratio

    def settle(self, conid: int, price: float, at: float) -> None:
        """Move the profit of a future since its last settlement to cash; the position stays open."""
        position, instrument = self.positions[conid], self.instrument(conid)
        value = round(position.quantity * price * instrument.multiplier, 2)
        profit, position.settled = round(value - position.settled, 2), value
        self.book_cash(
            CashTransaction(
                at,
                CashTransactionKind.VARIATION_MARGIN,
                instrument.currency,
                profit,
                conid,
                position.quantity,
                price,
            )
        )

    def add_working_order(
        self,
        conid: int,
        side: Side,
        quantity: float,
        order_type: str,
        *,
        at: float,
        limit_price: float | None = None,
        tif: str = "DAY",
        reference: str = "",
    ) -> Order:
        """Add a working order to the book, without validation or execution."""
        order = Order(
            order_id=self.next_order_id(),
            conid=conid,
            side=side,
            quantity=quantity,
            order_type=order_type,
            placed_at=at,
            limit_price=limit_price,
            tif=tif,
            reference=reference,
            status=OrderStatus.SUBMITTED,
        )
        instrument = self.universe.by_conid(conid)
        if instrument is not None:
            order.expires_at = expiry_time(order, instrument, at)
        self.orders[order.order_id] = order
        return order

    def execute(self, order: Order, quantity: float, price: float, *, at: float, exchange: str) -> Execution:
        """Fill `quantity` of a working order at `price`.

        Updates the order, the position, the cash and the executions together. A combination fills all its
        legs; the returned execution is for the combination as a whole.
        """
        order.add_fill(quantity, price, at)
        if order.combination is not None:
            return self._execute_legs(order, order.combination, quantity, price, at, exchange)
        instrument = self.instrument(order.conid)
        # The minimum commission is charged once per order, not per execution.
        fee = max(0.0, round(commission(instrument, order.filled, order.average_price) - order.fees, 2))
        order.fees += fee
        return self.book_execution(
            instrument,
            order.sign * quantity,
            price,
            at=at,
            exchange=exchange,
            fee=fee,
            order_id=order.order_id,
            reference=order.reference,
        )

    def book_execution(
        self,
        instrument: Instrument,
        signed: float,
        price: float,
        *,
        at: float,
        exchange: str,
        kind: ExecutionKind = ExecutionKind.TRADE,
        fee: float = 0.0,
        carried_cost: float = 0.0,
        order_id: int = 0,
        reference: str = "",
        execution_id: str = "",
    ) -> Execution:
        """Book `signed` units (positive for a purchase) at `price`; the only method that books an execution.

        Updates the position, the cash and the executions together. `carried_cost` is added to the cost of the
        position without being paid: the premium of the option that is exercised.
        """
        self._instruments[instrument.conid] = instrument
        self._interest.advance(at, self.cash)
        value = round(signed * price * instrument.multiplier, 2)
        realised, quantity_after = 0.0, 0.0
        if instrument.sec_type == "CASH":
            self.deposit(instrument.symbol, signed)
            self.deposit(self.base_currency, -fee)
            flow = -value
            quantity_after = self.cash[instrument.symbol]
        else:
            position = self.positions.setdefault(instrument.conid, Position(instrument.conid))
            settled = position.settled
            realised = position.add_fill(signed, (value + carried_cost) / signed, fee)
            quantity_after = position.quantity
            flow = -value - fee
            if instrument.sec_type in SETTLED_IN_CASH:
                flow += position.settled - settled
        flow = round(flow, 2)
        self.deposit(instrument.currency, flow)
        execution = Execution(
            execution_id=execution_id or f"{self._fill_id(at)}.01.01",
            order_id=order_id,
            conid=instrument.conid,
            at=at,
            quantity=signed,
            price=price,
            exchange=exchange,
            commission=fee,
            cash_flow=flow,
            realised=realised,
            position=quantity_after,
            reference=reference,
            kind=kind,
        )
        self.executions.append(execution)
        return execution

    def can_pay(self, cost: float, currency: str, at: float) -> bool:
        """False if paying `cost` would leave a cash account less cash than its short puts may cost."""
        if not self.is_cash_account or cost <= 0:
            return True
        cash = sum(amount * self.exchange_rates.rate(each, at) for each, amount in self.cash.items())
        for position in self.positions.values():
            if position.quantity < 0 and (instrument := self.instrument(position.conid)).right == "P":
                strike = (instrument.strike or 0.0) * instrument.multiplier
                cash += position.quantity * strike * self.exchange_rates.rate(instrument.currency, at)
        return cash >= cost * self.exchange_rates.rate(currency, at)

    def live_orders(self) -> list[Order]:
        """Working orders, and orders that ended on this trading day, the newest first."""
        day = self.trading_day_start()
        seen = (order for order in self.orders.values() if order.status.is_working or order.updated_at >= day)
        return sorted(seen, key=lambda order: order.order_id, reverse=True)

    def recent_executions(self, days: int) -> list[Execution]:
        """The executions of the last `days` days, including today, the newest first.

        A combination's execution precedes its legs' executions.
        """
        since = self.trading_day_start() - (days - 1) * 86400
        executions = (*self.combination_executions, *self.executions)
        return sorted((e for e in executions if e.at >= since), key=lambda e: e.at, reverse=True)

    def trading_day_start(self, hours: str = "us_stock") -> float:
        """The start of the latest session with these hours, in seconds since 1970."""
        return session_at(HOURS[hours], self.clock.now()).start

    def realised_by_conid(self, since: float) -> dict[int, float]:
        """Realised profit after `since` (seconds since 1970) by conid, in each instrument's currency."""
        profits: dict[int, float] = {}
        for execution in self.executions:
            if execution.at >= since:
                profits[execution.conid] = profits.get(execution.conid, 0.0) + execution.realised
        return profits

    def valuation(self) -> Valuation:
        """The account valued at current prices."""
        now = self.clock.now()
        started = {conid: self._trading_day_start_of(conid) for conid in {e.conid for e in self.executions}}
        today = [execution for execution in self.executions if execution.at >= started[execution.conid]]
        touched = {execution.conid for execution in today}
        positions = tuple(
            self._value_position(position, [e for e in today if e.conid == conid])
            for conid, position in self.positions.items()
            if position.quantity or conid in touched
        )
        currencies = {
            self.base_currency,
            *self.cash,
            *(position.instrument.currency for position in positions),
        }
        return Valuation(
            at=now,
            base_currency=self.base_currency,
            positions=positions,
            cash=dict(self.cash),
            settled_cash=self._settled_cash(today),
            accrued_dividends=sum_accruals(self.dividend_accruals, now),
            accrued_interest=self.accrued_interest(),
            rates={currency: self.exchange_rates.rate(currency) for currency in currencies},
            in_cash_account=self.is_cash_account,
        )

    def cached_valuation(self) -> Valuation:
        """The portfolio servers' cached valuation: up to 45 s old unless invalidated."""
        cached = self._cached_valuation
        if cached is None or self.clock.now() - cached.at >= _CACHE_SECONDS:
            cached = self._cached_valuation = self.valuation()
        return cached

    def invalidate_cache(self) -> None:
        """Discard the cached valuation."""
        self._cached_valuation = None

    def _execute_legs(
        self, order: Order, combination: Combination, units: float, price: float, at: float, exchange: str
    ) -> Execution:
        fill_id = self._fill_id(at)
        quotes = [self.prices.quote(leg.instrument, at) for leg in combination.legs]
        prices = leg_fill_prices(combination, price, order.sign, quotes)
        for number, (leg, leg_price) in enumerate(zip(combination.legs, prices, strict=True), start=2):
            signed = order.sign * units * leg.ratio
            fee = self._leg_fee(order, leg.instrument, signed, leg_price)
            order.fees += fee
            self.book_execution(
                leg.instrument,
                signed,
                leg_price,
                at=at,
                exchange=exchange,
                fee=fee,
                order_id=order.order_id,
                reference=order.reference,
                # As in TWS, where the ID of the combination's execution ends in .01.01.
                execution_id=f"{fill_id}.{number:02}.01.01",
            )
        execution = Execution(
            execution_id=f"{fill_id}.01.01",
            order_id=order.order_id,
            conid=combination.conid,
            at=at,
            quantity=order.sign * units,
            price=price,
            exchange=exchange,
            commission=0.0,
            cash_flow=0.0,
            realised=0.0,
            position=0.0,
            reference=order.reference,
            combination=combination,
        )
        self.combination_executions.append(execution)
        return execution

    def _leg_fee(self, order: Order, instrument: Instrument, signed: float, price: float) -> float:
        """The fee of a leg's fill: each leg is charged like an order for that contract alone."""
        earlier = [e for e in self.executions if (e.order_id, e.conid) == (order.order_id, instrument.conid)]
        size = abs(signed) + sum(abs(e.quantity) for e in earlier)
        value = abs(signed) * price + sum(abs(e.quantity) * e.price for e in earlier)
        charged = sum(e.commission for e in earlier)
        return max(0.0, round(commission(instrument, size, value / size) - charged, 2))

    def _fill_id(self, at: float) -> str:
        """The common prefix of the IDs of one fill's executions."""
        return f"0000dc8f.{self._execution_number(at):08x}"

    def _execution_number(self, at: float) -> int:
        """A 32-bit number, unique within this account and almost certainly across accounts."""
        return (crc32(self.account_id.encode()) + int(at) + len(self.executions)) % 2**32

    def _trading_day_start_of(self, conid: int) -> float:
        return self.trading_day_start(self.instrument(conid).hours)

    def _value_position(self, position: Position, today: Iterable[Execution]) -> ValuedPosition:
        instrument = self.instrument(position.conid)
        quote = self.prices.quote(instrument)
        traded = list(today)
        bought = sum(e.quantity for e in traded)
        paid = sum(e.quantity * e.price * instrument.multiplier + e.commission for e in traded)
        at_close = (position.quantity - bought) * quote.prior_close * instrument.multiplier
        started = self._trading_day_start_of(position.conid)
        dividends = sum(
            accrual.net
            for accrual in self.dividend_accruals
            if accrual.conid == position.conid and accrual.ex_at >= started
        )
        underlying = self.universe.by_conid(instrument.underlying_conid or 0)
        return ValuedPosition(
            instrument=instrument,
            quantity=position.quantity,
            cost=position.cost,
            price=quote.last,
            rate=self.exchange_rates.rate(instrument.currency),
            realised=sum(e.realised for e in traded),
            daily_pnl=position.quantity * quote.last * instrument.multiplier - at_close - paid + dividends,
            underlying_price=self.prices.quote(underlying).last if underlying else 0.0,
            settled=position.settled,
            in_cash_account=self.is_cash_account,
        )

    def _settled_cash(self, today: Iterable[Execution]) -> dict[str, float]:
        """Cash without the proceeds of today's sales, which settle on the next day."""
        settled = dict(self.cash)
        for execution in today:
            instrument = self.instrument(execution.conid)
            if execution.cash_flow > 0 and instrument.sec_type not in SETTLED_IN_CASH:
                settled[instrument.currency] -= execution.cash_flow
        return settled
