from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.web_api.order_entry.preview import expected_price, preview, what_if
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, MSFT, make_paper_account, trade


@pytest.fixture
def paper_account() -> PaperAccount:
    paper_account = make_paper_account()
    paper_account.prices.override_price(MSFT, 500.0)
    return paper_account


def order(paper_account: PaperAccount, order_type: str = "LMT", **terms: Any) -> Order:
    usual: dict[str, Any] = {"conid": MSFT, "side": "BUY", "quantity": 10.0, "limit_price": 500.0}
    return Order(order_id=1, order_type=order_type, placed_at=paper_account.clock.now(), **(usual | terms))


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_a_what_if_equals_the_effect_of_a_trade(paper_account: PaperAccount) -> None:
    before, after = what_if(paper_account, [order(paper_account)])
    assert before == paper_account.valuation()
    trade(paper_account, MSFT, 10, 500.0)
    done = paper_account.valuation()
    assert after.net_liquidation == pytest.approx(done.net_liquidation)
    assert after.total.initial_margin == pytest.approx(done.total.initial_margin)


def test_a_what_if_leaves_the_account_unchanged(paper_account: PaperAccount) -> None:
    cash, quantities = dict(paper_account.cash), {c: h.quantity for c, h in paper_account.positions.items()}
    count = len(paper_account.orders), len(paper_account.executions)
    sale = order(paper_account, side="SELL", conid=AAPL, limit_price=200.0)
    what_if(paper_account, [order(paper_account), sale])
    assert (dict(paper_account.cash), {c: h.quantity for c, h in paper_account.positions.items()}) == (
        cash,
        quantities,
    )
    assert (len(paper_account.orders), len(paper_account.executions)) == count
    assert (sale.filled, sale.status.value) == (0.0, "PreSubmitted")


def test_a_preview_reports_the_change_in_margin_and_equity(paper_account: PaperAccount) -> None:
    before = paper_account.valuation().total
    seen = preview(paper_account, order(paper_account), warnings=[], error=None)
    assert seen["amount"] == {
        "amount": "5,000 USD (10 Shares)",
        "commission": "1 USD",
        "total": "5,001 USD",
    }
    assert number(seen["initial"]["current"]) == pytest.approx(before.initial_margin, abs=1)
    assert number(seen["initial"]["change"]) == pytest.approx(5000 * 0.25 * 1.1, abs=1)
    assert number(seen["maintenance"]["change"]) == pytest.approx(5000 * 0.25, abs=1)
    assert number(seen["equity"]["change"]) == -1
    for part in ("equity", "initial", "maintenance", "position"):
        row = seen[part]
        assert number(row["after"]) == pytest.approx(number(row["current"]) + number(row["change"]), abs=2)
    assert seen["position"] == {"current": "0", "change": "10", "after": "10"}


def test_a_sale_yields_its_price_minus_the_commission(paper_account: PaperAccount) -> None:
    quantity = paper_account.positions[AAPL].quantity
    paper_account.prices.override_price(AAPL, 250.0)
    seen = preview(
        paper_account,
        order(paper_account, side="SELL", conid=AAPL, limit_price=250.0),
        warnings=["w"],
        error="e",
    )
    assert seen["amount"]["total"] == "2,499 USD"
    assert seen["position"]["after"] == f"{quantity - 10:g}"
    assert (seen["warn"], seen["error"]) == ("w", "e")
    assert (seen["warns"], seen["errors"]) == (["w"], ["e"])


def test_a_currency_trade_pays_its_commission_in_base_currency(paper_account: PaperAccount) -> None:
    seen = preview(
        paper_account,
        order(paper_account, conid=EUR_USD, quantity=20_000.0, limit_price=1.1),
        warnings=[],
        error=None,
    )
    assert seen["amount"]["amount"] == "22,000 USD (20000 Units)"
    assert seen["amount"]["commission"].endswith(" USD")
    assert seen["position"]["current"] == f"{paper_account.cash['EUR']:.2f}"


def test_the_expected_price_is_the_limit_the_stop_or_the_market(paper_account: PaperAccount) -> None:
    microsoft = paper_account.instrument(MSFT)
    quote = paper_account.prices.quote(microsoft)
    for terms, price in (
        ({"limit_price": 490.0}, 490.0),
        ({"limit_price": None, "stop_price": 510.0}, 510.0),
        ({"limit_price": None}, quote.ask),
        ({"limit_price": None, "side": "SELL"}, quote.bid),
    ):
        assert expected_price(paper_account, microsoft, order(paper_account, "MKT", **terms)) == price
