"""The past of an account: the deposit, the trades and the orders it starts with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_before
from api_gateway.simulator.instruments.price_format import rounded
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from api_gateway.simulator.profiles import Contract, portfolio_of

if TYPE_CHECKING:
    from api_gateway.simulator.accounts.paper_account import Broker

_HOURS = HOURS["us_stock"]
_AAPL, _IBM, _MSFT = 265598, 8314, 272093
_SHORTEST_OPTION = timedelta(days=20)
_SHORTEST_FUTURE = timedelta(days=5)


def open_account(broker: Broker) -> None:
    """Give a new account what `profiles` has for it: deposit, positions and the orders of the day."""
    portfolio = portfolio_of(broker.account_id)
    broker.deposit(broker.base, portfolio.deposit)
    for purchase in portfolio.purchases:
        at = _earlier(broker, purchase.days, purchase.minutes, purchase.seconds)
        _bought(broker, _contract(broker, purchase.contract), purchase.quantity, at, purchase.exchange)
    if portfolio.orders:
        _orders_of_the_day(broker)


def _contract(broker: Broker, contract: Contract) -> Instrument:
    match contract:
        case "call on AAPL":
            return _call(broker)
        case "E-mini S&P 500":
            return _future(broker)
    return broker.instrument(contract)


def _orders_of_the_day(broker: Broker) -> None:
    now = broker.clock.now()
    today = next(sessions_before(_HOURS, now))
    opened = now >= today.opens
    opening = today.opens if opened else today.start
    spent = min(now - opening, 3600.0)
    first, second, third, fourth = (opening + spent * part for part in (0.25, 0.5, 0.75, 0.875))
    apple, ibm, microsoft = (broker.instrument(conid) for conid in (_AAPL, _IBM, _MSFT))

    # Before the opening bell the exchange takes limit orders only.
    sale = _order(broker, apple, "SELL", 40, "MKT" if opened else "LMT", first, limit=None if opened else 1.0)
    for quantity, at, exchange in ((15, first, "ISLAND"), (25, opening + spent * 0.26, "IEX")):
        broker.execute(sale, quantity, _price(broker, apple, at), at=at, exchange=exchange)

    dropped = _order(broker, ibm, "BUY", 30, "LMT", second, limit=0.97)
    dropped.move_to(OrderStatus.CANCELLED, third)

    _order(broker, microsoft, "BUY", 50, "LMT", fourth, limit=0.95, tif="GTC", reference="msft-on-a-dip")


def _bought(broker: Broker, instrument: Instrument, quantity: float, at: float, exchange: str) -> None:
    order = _order(broker, instrument, "BUY", quantity, "LMT", at - 2.0, limit=1.0)
    broker.execute(order, quantity, order.limit_price or 0.0, at=at, exchange=exchange)


def _order(
    broker: Broker,
    instrument: Instrument,
    side: Side,
    quantity: float,
    order_type: str,
    at: float,
    *,
    limit: float | None = None,
    tif: str = "DAY",
    reference: str = "",
) -> Order:
    """An order whose limit is that part of the price at the time."""
    price = None if limit is None else rounded(instrument, limit * _price(broker, instrument, at))
    return broker.enter(
        instrument.conid, side, quantity, order_type, at=at, limit_price=price, tif=tif, reference=reference
    )


def _earlier(broker: Broker, days: int, minutes: int, seconds: int) -> float:
    session = next(islice(sessions_before(_HOURS, broker.clock.now()), days, None))
    return session.opens + minutes * 60 + seconds


def _price(broker: Broker, instrument: Instrument, at: float) -> float:
    return rounded(instrument, broker.prices.price_at(instrument, at))


def _call(broker: Broker) -> Instrument:
    """The call on AAPL nearest to its price, with at least 20 days to run."""
    target = _price(broker, broker.instrument(_AAPL), broker.clock.now())
    calls = [option for option in broker.universe.options_of(_AAPL) if option.right == "C"]
    listed = [option for option in calls if (option.expiry or "") >= _date(broker, _SHORTEST_OPTION)] or calls
    return min(listed, key=lambda option: (option.expiry or "", abs((option.strike or 0.0) - target)))


def _future(broker: Broker) -> Instrument:
    """The E-mini S&P 500 contract next to expire, unless that is within five days."""
    listed = broker.universe.futures_of("ES")
    soonest = _date(broker, _SHORTEST_FUTURE)
    return next((future for future in listed if (future.expiry or "") >= soonest), listed[-1])


def _date(broker: Broker, ahead: timedelta) -> str:
    return (datetime.fromtimestamp(broker.clock.now(), tz=UTC) + ahead).strftime("%Y%m%d")
