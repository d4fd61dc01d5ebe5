from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.web_api.order_entry.modification import apply_modification, carry_over_progress
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, make_paper_account


@pytest.fixture
def paper_account() -> PaperAccount:
    paper_account = make_paper_account()
    paper_account.prices.override_price(AAPL, 100.0)
    return paper_account


def parse(**fields: Any) -> Ticket:
    return parse_ticket(ticket(**fields))


def placed(paper_account: PaperAccount, **fields: Any) -> Order:
    order = build_order(paper_account, parse(**fields), paper_account.next_order_id())
    ExecutionSimulator({ACCOUNT: paper_account}).accept(paper_account, order)
    return order


def wait(paper_account: PaperAccount, seconds: float) -> None:
    paper_account.clock.advance(seconds)
    ExecutionSimulator({ACCOUNT: paper_account}).catch_up()


def test_a_modified_order_keeps_its_id_fills_and_links(paper_account: PaperAccount) -> None:
    order = placed(paper_account, quantity=3000, orderType="LMT", price=101, cOID="mine")
    order.oca_group, order.parent_id = "g", None
    wait(paper_account, 1)
    assert 0 < order.filled < 3000
    draft = apply_modification(paper_account, order, parse(quantity=4000, orderType="LMT", price=90))
    for name in (
        "order_id",
        "filled",
        "average_price",
        "fees",
        "fills",
        "placed_at",
        "oca_group",
        "reference",
    ):
        assert getattr(draft, name) == getattr(order, name)
    assert (draft.quantity, draft.limit_price) == (4000, 90)
    with pytest.raises(OrderRejectedError, match="already filled"):
        apply_modification(paper_account, order, parse(quantity=order.filled, orderType="LMT", price=90))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"conid": IBM, "price": 250}, "conid of an order"),
        ({"side": "SELL"}, "side of an order"),
        ({"conid": None, "conidex": "265598@ARCA"}, "exchange of an order"),
        ({"cOID": "other"}, "cOID of an order"),
        ({"cOID": None, "parentId": "other"}, "parent of an order"),
        ({"outsideRTH": None}, "outsideRTH is missing"),
        ({"quantity": None, "cashQty": 1000}, "quantity is missing"),
        ({"price": 1000}, "We cannot accept"),
    ],
)
def test_a_change_of_an_immutable_field_is_rejected(
    paper_account: PaperAccount, fields: dict[str, Any], words: str
) -> None:
    usual: dict[str, Any] = {"orderType": "LMT", "price": 99, "cOID": "mine", "outsideRTH": True}
    order = placed(paper_account, **usual)
    with pytest.raises(OrderRejectedError, match=words):
        apply_modification(paper_account, order, parse(**(usual | fields)))


def test_a_child_can_be_modified_with_or_without_the_name_of_its_parent(paper_account: PaperAccount) -> None:
    parent = placed(paper_account, orderType="LMT", price=99, cOID="p")
    child = placed(paper_account, orderType="LMT", price=105, side="SELL", parentId="p")
    child.oca_group, child.parent_id = str(parent.order_id), parent.order_id
    terms: dict[str, Any] = {"orderType": "LMT", "price": 106, "side": "SELL"}
    for names in ({"parentId": "p"}, {"parentId": str(parent.order_id)}, {}):
        assert apply_modification(paper_account, child, parse(**terms, **names)).parent_id == parent.order_id
    with pytest.raises(OrderRejectedError, match="parent of an order"):
        apply_modification(paper_account, child, parse(**terms, parentId="other"))


def test_order_type_and_time_in_force_can_change(paper_account: PaperAccount) -> None:
    order = placed(paper_account, orderType="LMT", price=99)
    draft = apply_modification(paper_account, order, parse(orderType="STP", price=105, tif="GTC"))
    assert (draft.order_type, draft.tif, draft.stop_price, draft.limit_price) == ("STP", "GTC", 105, None)


def test_a_trailing_stop_keeps_its_level_unless_the_ticket_changes_it(paper_account: PaperAccount) -> None:
    terms: dict[str, Any] = {
        "orderType": "TRAIL",
        "side": "SELL",
        "trailingType": "amt",
        "trailingAmt": 5,
        "price": 95,
    }
    order = placed(paper_account, **terms)
    paper_account.prices.override_price(AAPL, 110.0)
    wait(paper_account, 2)
    assert order.stop_price == 105
    assert apply_modification(paper_account, order, parse(**terms, quantity=20)).stop_price == 105
    assert apply_modification(paper_account, order, parse(**(terms | {"price": 90}))).stop_price == 90


def test_the_limit_of_a_trailing_stop_follows_its_stop(paper_account: PaperAccount) -> None:
    terms: dict[str, Any] = {"orderType": "TRAILLMT", "side": "SELL", "trailingType": "amt", "trailingAmt": 5}
    order = placed(paper_account, **terms, auxPrice=95, price=94)
    paper_account.prices.override_price(AAPL, 110.0)
    wait(paper_account, 2)
    same = apply_modification(paper_account, order, parse(**terms, auxPrice=95, price=94, quantity=20))
    assert (same.stop_price, same.limit_price) == (105, 104)
    moved = apply_modification(paper_account, order, parse(**terms, auxPrice=95, price=93))
    assert (moved.stop_price, moved.limit_price) == (95, 93)


def test_a_triggered_stop_stays_triggered_unless_it_changes(paper_account: PaperAccount) -> None:
    terms: dict[str, Any] = {"orderType": "STOP_LIMIT", "side": "SELL", "auxPrice": 99}
    order = placed(paper_account, **terms, price=98)
    paper_account.prices.override_price(AAPL, 97.0)
    wait(paper_account, 2)
    assert order.status is OrderStatus.SUBMITTED
    assert (
        apply_modification(paper_account, order, parse(**terms, price=97.5)).triggered_at
        == order.triggered_at
    )
    assert (
        apply_modification(paper_account, order, parse(**(terms | {"auxPrice": 96}), price=95)).triggered_at
        is None
    )


@pytest.mark.parametrize("status", [OrderStatus.FILLED, OrderStatus.PENDING_CANCEL, OrderStatus.CANCELLED])
def test_a_closed_order_cannot_be_modified(paper_account: PaperAccount, status: OrderStatus) -> None:
    order = placed(paper_account, orderType="LMT", price=99)
    draft = apply_modification(paper_account, order, parse(orderType="LMT", price=98))
    order.set_status(status, paper_account.clock.now())
    with pytest.raises(OrderRejectedError, match="can no longer be changed"):
        carry_over_progress(paper_account, draft)
