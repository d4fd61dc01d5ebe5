"""Questions about orders, trades, transactions, messages and alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from api_gateway.simulator.accounts.cash_transactions import INTEREST_KINDS, CashTransactionKind
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from evals.books import account, listed, printed_name, quote
from evals.facts import AbsentFact, Fact, WordFact, number
from evals.question import OPEN, Call, Question
from evals.situation import Situation

_WEEK: Final = 7 * 86400.0


def _activity(what: str, **arguments: object) -> Call:
    return Call("get_activity", {"what": what, **arguments})


def _order(s: Situation, symbol: str) -> Order:
    conid = listed(s, symbol).conid
    return next(each for each in account(s).live_orders() if each.conid == conid)


def _add_order(s: Situation, symbol: str, side: Side, quantity: float, kind: str, ratio: float) -> Order:
    instrument = listed(s, symbol)
    price = round(quote(s, instrument).last * ratio, 2)
    order = account(s).add_working_order(
        instrument.conid, side, quantity, kind, at=OPEN.timestamp() - 600, limit_price=price, tif="GTC"
    )
    if kind == "STP":
        order.limit_price, order.stop_price = None, price
        order.set_status(OrderStatus.PRE_SUBMITTED, order.placed_at)
    return order


def _fill_partly(s: Situation) -> None:
    order = _add_order(s, "KO", "BUY", 100, "LMT", 0.99)
    for quantity, price in ((35, order.limit_price), (25, (order.limit_price or 0) - 0.02)):
        account(s).execute(order, quantity, price or 0.0, at=OPEN.timestamp() - 300, exchange="NYSE")


def _place_stop(s: Situation) -> None:
    _add_order(s, "SPY", "SELL", 50, "STP", 0.93)


def _open_orders(s: Situation) -> Sequence[Fact]:
    order = _order(s, "MSFT")
    return [
        number("limit", order.limit_price or 0.0, "MSFT"),
        number("quantity", order.quantity, "MSFT", decimals=0),
        WordFact("validity", "GTC"),
    ]


def _filled(s: Situation) -> Sequence[Fact]:
    order = _order(s, "AAPL")
    return [
        number("average", order.average_price, "AAPL"),
        number("quantity", order.filled, "AAPL", decimals=0),
        WordFact("state", "filled"),
    ]


def _why(_: Situation) -> Sequence[Fact]:
    return [
        WordFact("state", "cancelled | canceled"),
        WordFact("no reason is given", "no reason | does not say why | doesn't say why"),
    ]


def _partly(s: Situation) -> Sequence[Fact]:
    order = _order(s, "KO")
    return [
        number("filled", order.filled, "KO", decimals=0),
        number("ordered", order.quantity, "KO", decimals=0),
        number("average", order.average_price, "KO"),
    ]


def _stop(s: Situation) -> Sequence[Fact]:
    order = _order(s, "SPY")
    return [
        number("stop", order.stop_price or 0.0, "SPY"),
        number("quantity", order.quantity, "SPY", decimals=0),
    ]


def _commissions(s: Situation) -> Sequence[Fact]:
    since = s.simulation.clock.now() - _WEEK
    total = sum(each.commission for each in account(s).executions if each.at >= since)
    return [number("commissions", total, "commission")]


def _bought(s: Situation) -> Sequence[Fact]:
    since = s.simulation.clock.now() - _WEEK
    recent = [each for each in account(s).executions if each.at >= since and each.quantity > 0]
    facts: list[Fact] = []
    for each in recent:
        name = printed_name(account(s).instrument(each.conid))
        facts.append(number(f"price of {name}", each.price, name))
        facts.append(number(f"quantity of {name}", each.quantity, name, decimals=0))
    return facts


def _booked(s: Situation, *kinds: CashTransactionKind) -> dict[str, float]:
    """What was booked by currency."""
    sums: dict[str, float] = defaultdict(float)
    for each in account(s).cash_transactions:
        if each.kind in kinds:
            sums[each.currency] += each.amount
    return sums


def _dividends(s: Situation) -> Sequence[Fact]:
    kind = CashTransactionKind.DIVIDEND
    per_share: dict[int, float] = defaultdict(float)
    for each in account(s).cash_transactions:
        if each.kind is kind and each.conid is not None:
            per_share[each.conid] += each.amount
    largest = max(per_share, key=per_share.__getitem__)
    symbol = account(s).instrument(largest).symbol
    return [
        number("dividends in all", _booked(s, kind)["USD"], "dividend"),
        number(f"of {symbol}", per_share[largest], symbol),
    ]


def _tax(s: Situation) -> Sequence[Fact]:
    return [number("tax", _booked(s, CashTransactionKind.WITHHOLDING_TAX)["USD"], "tax")]


def _interest(s: Situation) -> Sequence[Fact]:
    found = account(s)
    booked = [each for each in found.cash_transactions if each.kind in INTEREST_KINDS]
    total = sum(each.amount * found.exchange_rates.rate(each.currency, each.at) for each in booked)
    # Portfolio Analyst converts at a day's last rate, the books at that of the moment.
    return [number("interest in dollars", total, "interest", moves=0.05)]


def _fees(s: Situation) -> Sequence[Fact]:
    return [number("market data", _booked(s, CashTransactionKind.MARKET_DATA_FEE)["USD"], "fee")]


def _realized(s: Situation) -> Sequence[Fact]:
    total = sum(each.realised for each in account(s).executions)
    return [number("realized profit", total, "AAPL"), number("in all", total, "reali")]


def _unread(s: Situation) -> Sequence[Fact]:
    inbox = s.simulation.inbox
    newest = next(each for each in inbox.all() if not each.read)
    return [
        number("how many", inbox.unread_count(), "unread", decimals=0),
        WordFact("newest", newest.notification.title.removeprefix("FYI: ")),
    ]


def _alerts(s: Situation) -> Sequence[Fact]:
    facts: list[Fact] = []
    for alert in s.simulation.alerts.for_account(account(s).account_id):
        condition = alert.terms.conditions[0]
        symbol = account(s).instrument(condition.conid or 0).symbol
        facts.append(number(f"price of {symbol}", float(condition.value), symbol))
    return facts


def _of_one_client(s: Situation) -> Sequence[Fact]:
    order = _order(s, "MSFT")
    return [
        number("limit", order.limit_price or 0.0, "MSFT"),
        WordFact("account", account(s).account_id[-4:]),
    ]


def _nothing_open(_: Situation) -> Sequence[Fact]:
    return [WordFact("none", "no open | no orders | none | no working"), AbsentFact("an order", "MSFT")]


ACTIVITY_QUESTIONS: Final = (
    Question("Which of my orders are still open?", [_activity("orders")], _open_orders),
    Question("Did my Apple sale fill, and at what price?", [_activity("orders", symbol="AAPL")], _filled),
    Question("Why did my IBM order not fill?", [_activity("orders", symbol="IBM")], _why),
    Question(
        "How much of my Coca-Cola order has filled, and at what average?",
        [_activity("orders", symbol="KO")],
        _partly,
        before=_fill_partly,
    ),
    Question(
        "Is my stop on SPY still there?", [_activity("orders", symbol="SPY")], _stop, before=_place_stop
    ),
    Question("Do I have open orders?", [_activity("orders")], _nothing_open, profile="cash"),
    Question("Which orders of my clients are open?", [_activity("orders")], _of_one_client, profile="fa"),
    Question(
        "What did I pay in commissions in the last seven days?",
        [_activity("trades", since="7d")],
        _commissions,
    ),
    Question("What did I buy in the last seven days?", [_activity("trades", since="7d")], _bought),
    Question(
        "What did I get in dividends this year, and from whom most?",
        [_activity("transactions", since="YTD")],
        _dividends,
        profile="large",
    ),
    Question(
        "How much tax was withheld from my dividends this year?",
        [_activity("transactions", since="YTD")],
        _tax,
        profile="large",
    ),
    Question("What interest did I receive this year?", [_activity("transactions", since="YTD")], _interest),
    Question("What fees have I paid this year?", [_activity("transactions", since="YTD")], _fees),
    Question("What profit have I realized this year?", [_activity("transactions", since="YTD")], _realized),
    Question("Do I have unread messages?", [_activity("messages")], _unread),
    Question("Which price alerts have I set?", [_activity("alerts")], _alerts),
)
