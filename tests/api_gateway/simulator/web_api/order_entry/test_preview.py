from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.web_api.order_entry.preview import expected_price, preview, what_if
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, MSFT, make_paper_account, trade


@pytest.fixture
def broker() -> PaperAccount:
    broker = make_paper_account()
    broker.prices.override_price(MSFT, 500.0)
    return broker


def order(broker: PaperAccount, order_type: str = "LMT", **terms: Any) -> Order:
    usual: dict[str, Any] = {"conid": MSFT, "side": "BUY", "quantity": 10.0, "limit_price": 500.0}
    return Order(order_id=1, order_type=order_type, placed_at=broker.clock.now(), **(usual | terms))


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_what_is_imagined_is_what_a_trade_does(broker: PaperAccount) -> None:
    before, after = what_if(broker, [order(broker)])
    assert before == broker.valuation()
    trade(broker, MSFT, 10, 500.0)
    done = broker.valuation()
    assert after.net_liquidation == pytest.approx(done.net_liquidation)
    assert after.total.initial_margin == pytest.approx(done.total.initial_margin)


def test_imagining_changes_nothing(broker: PaperAccount) -> None:
    cash, held = dict(broker.cash), {c: h.quantity for c, h in broker.positions.items()}
    count = len(broker.orders), len(broker.executions)
    sale = order(broker, side="SELL", conid=AAPL, limit_price=200.0)
    what_if(broker, [order(broker), sale])
    assert (dict(broker.cash), {c: h.quantity for c, h in broker.positions.items()}) == (cash, held)
    assert (len(broker.orders), len(broker.executions)) == count
    assert (sale.filled, sale.status.value) == (0.0, "PreSubmitted")


def test_a_preview_is_the_change_in_margin_and_equity(broker: PaperAccount) -> None:
    before = broker.valuation().total
    seen = preview(broker, order(broker), warning=None, error=None)
    assert seen["amount"] == {
        "amount": "5,000.00 USD (10 Shares)",
        "commission": "1.00 USD",
        "total": "5,001.00 USD",
    }
    assert number(seen["initial"]["current"]) == pytest.approx(before.initial_margin, abs=1)
    assert number(seen["initial"]["change"]) == pytest.approx(5000 * 0.25 * 1.1, abs=1)
    assert number(seen["maintenance"]["change"]) == pytest.approx(5000 * 0.25, abs=1)
    assert number(seen["equity"]["change"]) == -1
    for part in ("equity", "initial", "maintenance", "position"):
        row = seen[part]
        assert number(row["after"]) == pytest.approx(number(row["current"]) + number(row["change"]), abs=2)
    assert seen["position"] == {"current": "0", "change": "10", "after": "10"}


def test_a_sale_brings_its_price_without_the_commission(broker: PaperAccount) -> None:
    held = broker.positions[AAPL].quantity
    broker.prices.override_price(AAPL, 250.0)
    seen = preview(broker, order(broker, side="SELL", conid=AAPL, limit_price=250.0), warning="w", error="e")
    assert seen["amount"]["total"] == "2,499.00 USD"
    assert seen["position"]["after"] == f"{held - 10:g}"
    assert (seen["warn"], seen["error"]) == ("w", "e")


def test_a_currency_pays_its_commission_in_the_base_currency(broker: PaperAccount) -> None:
    seen = preview(
        broker,
        order(broker, conid=EUR_USD, quantity=20_000.0, limit_price=1.1),
        warning=None,
        error=None,
    )
    assert seen["amount"]["amount"] == "22,000.00 USD (20000 Units)"
    assert seen["amount"]["commission"].endswith(" USD")
    assert seen["position"]["current"] == f"{broker.cash['EUR']:g}"


def test_the_expected_price_is_the_limit_the_stop_or_the_market(broker: PaperAccount) -> None:
    microsoft = broker.instrument(MSFT)
    quote = broker.prices.quote(microsoft)
    for terms, price in (
        ({"limit_price": 490.0}, 490.0),
        ({"limit_price": None, "stop_price": 510.0}, 510.0),
        ({"limit_price": None}, quote.ask),
        ({"limit_price": None, "side": "SELL"}, quote.bid),
    ):
        assert expected_price(broker, microsoft, order(broker, "MKT", **terms)) == price
