"""Account seeding: the deposit, past trades and orders that an account starts with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.expiries import new_york_date
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_before
from api_gateway.simulator.corporate_actions.splits import shares_per_share
from api_gateway.simulator.instruments.price_format import round_to_tick
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.lifecycle.timeline import process_events
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from api_gateway.simulator.profiles import (
    CALL_ON_AAPL,
    FRONT_FUTURE,
    ContractRef,
    Purchase,
    StartingPortfolio,
    starting_portfolio,
)

_HOURS = HOURS["us_stock"]
_AAPL, _IBM, _MSFT = 265598, 8314, 272093
_DAY = 86400.0
_HISTORY_SECONDS = 91 * _DAY
_SHARE_AMOUNT = 20_000.0
_MIN_OPTION_LIFETIME = timedelta(days=20)
_MIN_FUTURE_LIFETIME = timedelta(days=5)


def seed_account(paper_account: PaperAccount, portfolio: StartingPortfolio | None = None) -> None:
    """Give a new account its starting portfolio: deposit, positions and orders of the day.

    Without `portfolio`, it comes from the account's profile.
    """
    portfolio = portfolio or starting_portfolio(paper_account.account_id)
    paper_account.deposit(paper_account.base_currency, portfolio.deposit)
    purchases = sorted(
        (
            (_purchase_time(paper_account, purchase.days_ago, purchase.minutes, purchase.seconds), purchase)
            for purchase in (*portfolio.purchases, *_shares(paper_account, portfolio.shares))
        ),
        key=lambda row: row[0],
    )
    opened_at = paper_account.clock.now() - _HISTORY_SECONDS
    if purchases:
        opened_at = min(opened_at, purchases[0][0] - _DAY)
    paper_account.open_since(opened_at)
    for at, purchase in purchases:
        process_events(paper_account, at)
        instrument = _resolve_contract(paper_account, purchase.contract)
        if portfolio.cash is None:
            _book_purchase(paper_account, instrument, purchase.quantity, at, purchase.exchange)
        else:
            _book_holding(paper_account, instrument, purchase, at)
    if portfolio.has_orders:
        _place_todays_orders(paper_account)
    process_events(paper_account, paper_account.clock.now())
    if portfolio.cash is not None:
        for currency in {*paper_account.cash, *portfolio.cash}:
            missing = portfolio.cash.get(currency, 0.0) - paper_account.cash.get(currency, 0.0)
            paper_account.deposit(currency, missing)


def _shares(paper_account: PaperAccount, count: int) -> list[Purchase]:
    """Purchases of `count` US shares and funds, each for about the same amount."""
    if not count:
        return []
    stocks = (each for each in paper_account.universe.all() if each.sec_type == "STK" and each.is_us)
    affordable = (each for each in stocks if each.reference_price < _SHARE_AMOUNT)
    return [
        Purchase(each.conid, round(_SHARE_AMOUNT / each.reference_price), 30, 5 + number, 0, each.exchange)
        for number, each in enumerate(islice(affordable, count))
    ]


def _book_holding(paper_account: PaperAccount, instrument: Instrument, purchase: Purchase, at: float) -> None:
    """Book a position that was paid for with outside money, so that no interest on a loan is due.

    Its quantity and price are in today's shares; if a split has followed, fewer shares were bought then.
    """
    shares = shares_per_share(instrument, paper_account.universe.build_date, new_york_date(at))
    paid = None if purchase.price is None else purchase.price * instrument.price_magnifier / shares
    price = _price_at(paper_account, instrument, at) if paid is None else paid
    before = paper_account.cash.get(instrument.currency, 0.0)
    quantity = purchase.quantity * shares
    paper_account.book_execution(instrument, quantity, price, at=at, exchange=purchase.exchange)
    paper_account.deposit(instrument.currency, before - paper_account.cash[instrument.currency])


def _resolve_contract(paper_account: PaperAccount, contract: ContractRef) -> Instrument:
    if contract == CALL_ON_AAPL:
        return _nearest_call(paper_account)
    if contract == FRONT_FUTURE:
        return _front_month_future(paper_account)
    if isinstance(contract, str):
        return paper_account.universe.underlyings_of_symbol(contract)[0]
    return paper_account.instrument(contract)


def _place_todays_orders(paper_account: PaperAccount) -> None:
    now = paper_account.clock.now()
    today = next(sessions_before(_HOURS, now))
    opened = now >= today.opens
    opening = today.opens if opened else today.start
    spent = min(now - opening, 3600.0)
    first, second, third, fourth = (opening + spent * part for part in (0.25, 0.5, 0.75, 0.875))
    apple, ibm, microsoft = (paper_account.instrument(conid) for conid in (_AAPL, _IBM, _MSFT))

    # Before the open, the exchange accepts limit orders only.
    sale = _add_order(
        paper_account,
        apple,
        "SELL",
        40,
        "MKT" if opened else "LMT",
        first,
        limit_ratio=None if opened else 1.0,
    )
    for quantity, at, exchange in ((15, first, "ISLAND"), (25, opening + spent * 0.26, "IEX")):
        process_events(paper_account, at)
        paper_account.execute(sale, quantity, _price_at(paper_account, apple, at), at=at, exchange=exchange)

    dropped = _add_order(paper_account, ibm, "BUY", 30, "LMT", second, limit_ratio=0.97)
    dropped.set_status(OrderStatus.CANCELLED, third)

    _add_order(
        paper_account,
        microsoft,
        "BUY",
        50,
        "LMT",
        fourth,
        limit_ratio=0.95,
        tif="GTC",
        reference="msft-on-a-dip",
    )


def _book_purchase(
    paper_account: PaperAccount, instrument: Instrument, quantity: float, at: float, exchange: str
) -> None:
    order = _add_order(paper_account, instrument, "BUY", quantity, "LMT", at - 2.0, limit_ratio=1.0)
    paper_account.execute(order, quantity, order.limit_price or 0.0, at=at, exchange=exchange)


def _add_order(
    paper_account: PaperAccount,
    instrument: Instrument,
    side: Side,
    quantity: float,
    order_type: str,
    at: float,
    *,
    limit_ratio: float | None = None,
    tif: str = "DAY",
    reference: str = "",
) -> Order:
    """Add an order; its limit price is `limit_ratio` times the price at that time."""
    price = (
        None
        if limit_ratio is None
        else round_to_tick(instrument, limit_ratio * _price_at(paper_account, instrument, at))
    )
    return paper_account.add_working_order(
        instrument.conid, side, quantity, order_type, at=at, limit_price=price, tif=tif, reference=reference
    )


def _purchase_time(paper_account: PaperAccount, days: int, minutes: int, seconds: int) -> float:
    session = next(islice(sessions_before(_HOURS, paper_account.clock.now()), days, None))
    return session.opens + minutes * 60 + seconds


def _price_at(paper_account: PaperAccount, instrument: Instrument, at: float) -> float:
    return round_to_tick(instrument, paper_account.prices.price_at(instrument, at))


def _nearest_call(paper_account: PaperAccount) -> Instrument:
    """The at-the-money call on AAPL that expires first, in 20 days at the earliest."""
    target = _price_at(paper_account, paper_account.instrument(_AAPL), paper_account.clock.now())
    soonest = paper_account.universe.today + _MIN_OPTION_LIFETIME
    expiry = next(each for each in paper_account.universe.expiries_of(_AAPL) if each.day >= soonest)
    calls = paper_account.universe.options_of(_AAPL, expiry=f"{expiry.day:%Y%m%d}", right="C")
    return min(calls, key=lambda option: abs((option.strike or 0.0) - target))


def _front_month_future(paper_account: PaperAccount) -> Instrument:
    """The E-mini S&P 500 contract that expires first, in five days at the earliest."""
    listed = paper_account.universe.futures_of("ES")
    soonest = _date_ahead(paper_account, _MIN_FUTURE_LIFETIME)
    return next((future for future in listed if (future.expiry or "") >= soonest), listed[-1])


def _date_ahead(paper_account: PaperAccount, ahead: timedelta) -> str:
    return (datetime.fromtimestamp(paper_account.clock.now(), tz=UTC) + ahead).strftime("%Y%m%d")
