from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.web_api.order_entry.linked_orders import draft_orders, placement_rows
from api_gateway.simulator.web_api.order_entry.rejections import (
    ContractRejectedError,
    DuplicateReferenceError,
    OrderRejectedError,
)
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, IBM, make_paper_account

PARENT = {"cOID": "p", "orderType": "LMT", "price": 100}
TAKE = {"parentId": "p", "side": "SELL", "orderType": "LMT", "price": 105}
STOP = {"parentId": "p", "side": "SELL", "orderType": "STP", "price": 95}


@pytest.fixture
def paper_account() -> PaperAccount:
    paper_account = make_paper_account()
    paper_account.prices.override_price(AAPL, 100.0)
    return paper_account


def draft(paper_account: PaperAccount, *tickets: dict[str, Any]) -> tuple[list[Order], tuple[str, ...]]:
    drafted = draft_orders(paper_account, [parse_ticket(ticket(**fields)) for fields in tickets])
    return drafted.orders, drafted.failures


def test_the_children_of_a_bracket_form_one_group_named_after_their_parent(
    paper_account: PaperAccount,
) -> None:
    (parent, *children), failures = draft(paper_account, PARENT, TAKE, STOP)
    assert failures == ()
    assert (parent.parent_id, parent.oca_group) == (None, "")
    assert {child.parent_id for child in children} == {parent.order_id}
    assert {child.oca_group for child in children} == {str(parent.order_id)}


def test_a_single_group_with_a_parent_is_a_bracket(paper_account: PaperAccount) -> None:
    (parent, child), _ = draft(
        paper_account, PARENT | {"isSingleGroup": True}, TAKE | {"isSingleGroup": True}
    )
    assert (parent.oca_group, child.oca_group) == ("", str(parent.order_id))


def test_single_groups_of_different_requests_are_named_after_their_first_order(
    paper_account: PaperAccount,
) -> None:
    pair = ({"orderType": "LMT", "price": 90, "isSingleGroup": True},) * 2
    for _ in range(2):
        orders, _ = draft(paper_account, *pair)
        assert {order.oca_group for order in orders} == {f"oco-{orders[0].order_id}"}


def test_a_child_can_be_drafted_for_a_working_parent(paper_account: PaperAccount) -> None:
    parent = paper_account.add_working_order(
        AAPL, "BUY", 10, "LMT", at=paper_account.clock.now(), limit_price=99.0, reference="p"
    )
    (child,), _ = draft(paper_account, TAKE)
    assert child.parent_id == parent.order_id
    with pytest.raises(OrderRejectedError, match="not known"):
        draft(paper_account, TAKE | {"parentId": "nobody"})


@pytest.mark.parametrize("bad", [{"price": -105}, {"quantity": 0.12345}])
def test_a_child_with_an_invalid_price_or_size_fails_alone(
    paper_account: PaperAccount, bad: dict[str, Any]
) -> None:
    orders, failures = draft(paper_account, PARENT, TAKE | bad, STOP)
    assert [order.order_type for order in orders] == ["LMT", "STP"]
    assert len(failures) == 1


@pytest.mark.parametrize(
    "tickets",
    [
        (PARENT, TAKE | {"conid": 5}),
        (PARENT | {"price": 100_000}, TAKE),
        (TAKE | {"quantity": 0.12345},),
    ],
)
def test_a_child_with_an_unknown_contract_or_an_invalid_parent_rejects_all(
    paper_account: PaperAccount, tickets: tuple[dict[str, Any], ...]
) -> None:
    paper_account.add_working_order(
        AAPL, "BUY", 10, "LMT", at=paper_account.clock.now(), limit_price=99.0, reference="p"
    )
    with pytest.raises(OrderRejectedError):
        draft(paper_account, *tickets)


def test_an_unknown_contract_raises_a_separate_rejection(paper_account: PaperAccount) -> None:
    with pytest.raises(ContractRejectedError):
        draft(paper_account, {"conid": 5})


def test_a_child_for_a_different_instrument_is_accepted(paper_account: PaperAccount) -> None:
    price = round(paper_account.prices.quote(paper_account.instrument(IBM)).last, 2)
    (_, child), failures = draft(paper_account, PARENT, TAKE | {"conid": IBM, "price": price})
    assert (child.conid, failures) == (IBM, ())


def test_two_tickets_with_the_same_reference_are_rejected(paper_account: PaperAccount) -> None:
    with pytest.raises(DuplicateReferenceError):
        draft(paper_account, {"cOID": "same"}, {"cOID": "same"})


def test_the_rows_of_a_bracket_have_failed_children_first_and_the_parent_last(
    paper_account: PaperAccount,
) -> None:
    orders, failures = draft(paper_account, PARENT, TAKE | {"price": -105}, STOP)
    failed, child, parent = placement_rows(orders, failures)
    assert (failed["order_id"], failed["order_status"], set(failed)) == (
        "-1",
        "Failed",
        {"order_id", "order_status", "text", "warning_message"},
    )
    assert (child["order_id"], child["parent_order_id"]) == (str(orders[1].order_id), parent["order_id"])
    assert (parent["order_id"], parent["local_order_id"]) == (str(orders[0].order_id), "p")
    assert "local_order_id" not in child
    assert "parent_order_id" not in parent


def test_the_row_of_a_plain_order_has_only_its_id_and_status(paper_account: PaperAccount) -> None:
    (row,) = placement_rows(*draft(paper_account, {}))
    assert set(row) == {"order_id", "order_status", "encrypt_message"}
