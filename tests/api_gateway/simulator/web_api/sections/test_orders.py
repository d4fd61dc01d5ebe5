from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.order_behaviour import OrderBehaviour
from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.order_calls import ORDER, ORDERS, Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, IBM, IBM_IN_FRANKFURT, MSFT, SPY, find_future
from tests.api_gateway.simulator.wire_types import type_mismatches

Skip = Callable[[float], None]
WHATIF = f"{ORDERS}/whatif"
LIVE = "/iserver/account/orders"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
async def trader(gateway: httpx.AsyncClient) -> Trader:
    return await Trader(gateway).subscribe()


def price(simulation: Simulation, conid: int = AAPL, part: float = 1.0) -> float:
    """Return a multiple of the last price."""
    instrument = simulation.selected_account.instrument(conid)
    return round(simulation.prices.price_at(instrument, simulation.clock.now()) * part, 2)


def limit(simulation: Simulation, part: float = 1.0, **fields: Any) -> dict[str, Any]:
    """Return a limit order at a multiple of the last price."""
    conid = fields.get("conid") or AAPL
    return ticket(orderType="LMT", price=price(simulation, conid, part), **fields)


async def test_a_limit_order_five_percent_off_is_confirmed_and_then_rests(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    question = await trader.submit(limit(simulation, 0.95))
    assert type_mismatches("POST /iserver/account/{accountId}/orders", question) in (
        [],
        _answer_only_fields(),
    )
    assert question[0]["messageIds"] == ["o163"]
    assert question[0]["isSuppressed"] is False
    assert question[0]["messageOptions"] == ["Yes", "No"]
    assert UUID.fullmatch(question[0]["id"])
    assert "BUY 10 AAPL NASDAQ.NMS" in question[0]["message"][0]
    answer = (await trader.answer_question(question)).json()
    assert type_mismatches("POST /iserver/reply/test-reply-id-001", answer) == []
    assert set(answer[0]) == {"order_id", "order_status", "encrypt_message"}
    assert answer[0]["order_status"] == "PreSubmitted"
    order_id = int(answer[0]["order_id"])
    assert await trader.status(order_id) == "PreSubmitted"
    skip(1)
    assert await trader.status(order_id) == "Submitted"


def _answer_only_fields() -> list[str]:
    """Return the accepted mismatches: the record mixes questions and responses, with different fields."""
    return [f"[].{name} is missing" for name in ("order_id", "order_status", "encrypt_message")]


async def test_a_market_order_updates_trades_positions_cash_and_profit(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    position, cash = (
        simulation.selected_account.positions[AAPL].quantity,
        simulation.selected_account.cash["USD"],
    )
    await trader.get("/iserver/account/trades")
    await trader.get("/iserver/account/pnl/partitioned")
    before = await trader.get_json("/iserver/account/pnl/partitioned")
    (order_id,) = await trader.place(ticket(side="SELL"))
    assert trader.message_ids == ["o10151", "o10153"]
    skip(2)
    assert await trader.status(order_id) == "Filled"
    (row,) = [r for r in await trader.get_json("/iserver/account/trades") if r["order_id"] == order_id]
    assert (row["side"], row["size"], row["position"]) == ("S", 10.0, f"{position - 10:g}")
    assert simulation.selected_account.positions[AAPL].quantity == position - 10
    gained = 10 * float(row["price"]) - float(row["commission"])
    assert simulation.selected_account.cash["USD"] == pytest.approx(cash + gained)
    assert await trader.get_json("/iserver/account/pnl/partitioned") != before
    row = await trader.get_json(f"/iserver/account/order/status/{order_id}")
    assert (row["cum_fill"], row["size"], row["order_ccp_status"]) == ("10.0", "0.0", "2")


@pytest.mark.parametrize(
    "between",
    [
        ("GET", "/iserver/accounts"),
        ("POST", "/tickle"),
        ("GET", "/portfolio/accounts"),
        ("POST", "/iserver/reply/99097238-9824-4830-84ef-46979aa22593"),
    ],
)
async def test_a_reply_after_another_request_is_unavailable(
    trader: Trader, simulation: Simulation, gateway: httpx.AsyncClient, between: tuple[str, str]
) -> None:
    known = set(simulation.selected_account.orders)
    question = await trader.submit(limit(simulation, 0.95))
    await gateway.request(between[0], f"/v1/api{between[1]}", json={"confirmed": True})
    assert (await trader.answer_question(question)).status_code == 503
    assert (await trader.answer_question(question)).status_code == 503
    assert set(simulation.selected_account.orders) == known


async def test_a_late_reply_can_place_the_order_although_it_is_unavailable(
    trader: Trader, simulation: Simulation
) -> None:
    simulation.order_behaviour = OrderBehaviour(late_reply_places=True)
    known = set(simulation.selected_account.orders)
    question = await trader.submit(limit(simulation, 0.95, cOID="late"))
    await trader.submit(limit(simulation, 0.95, cOID="other"))
    assert (await trader.answer_question(question, confirmed=False)).status_code == 503
    assert set(simulation.selected_account.orders) == known
    question = await trader.submit(limit(simulation, 0.95, cOID="late"))
    await trader.submit(limit(simulation, 0.95, cOID="other"))
    for _ in range(2):
        assert (await trader.answer_question(question)).status_code == 503
    placed = set(simulation.selected_account.orders) - known
    assert [simulation.selected_account.orders[each].reference for each in placed] == ["late"]


async def test_identical_tickets_can_raise_different_questions(
    trader: Trader, simulation: Simulation
) -> None:
    simulation.order_behaviour = OrderBehaviour(random_questions=True)
    seen = set()
    for _ in range(12):
        await trader.place(limit(simulation, 1.05))
        seen.add(tuple(trader.message_ids))
    assert seen == {(), ("o163",), ("o10153",), ("o163", "o10153")}


async def test_a_price_between_two_ticks_raises_a_question_and_is_then_rounded(
    trader: Trader, simulation: Simulation
) -> None:
    low = price(simulation, part=0.98)
    question = await trader.submit(ticket(orderType="LMT", price=low + 0.004))
    assert question[0]["messageIds"] == ["o382"]
    order_id = int((await trader.answer_question(question)).json()[0]["order_id"])
    assert simulation.selected_account.orders[order_id].limit_price == low


async def test_gateway_and_control_requests_keep_a_question_open(
    trader: Trader, simulation: Simulation, gateway: httpx.AsyncClient
) -> None:
    question = await trader.submit(limit(simulation, 0.95))
    own = {"user-agent": "ClientPortalGW/1"}
    assert (await gateway.post("/v1/api/tickle", json={}, headers=own)).status_code == 200
    assert (await gateway.get("/simulator/state")).status_code == 200
    assert (await gateway.post("/simulator/advance", json={"seconds": 1})).status_code == 200
    assert "order_id" in (await trader.answer_question(question)).json()[0]


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, strict=False)])
async def test_a_question_stays_open_unless_strict(trader: Trader, simulation: Simulation) -> None:
    question = await trader.submit(limit(simulation, 0.95))
    await trader.get("/iserver/accounts")
    assert "order_id" in (await trader.answer_question(question)).json()[0]


async def test_a_reply_to_an_unknown_question_is_a_bad_request(trader: Trader) -> None:
    reply = await trader.post("/iserver/reply/99097238-9824-4830-84ef-46979aa22593", {"confirmed": True})
    assert reply.status_code == 400
    assert reply.json() == {"error": "reply id not found: '99097238-9824-4830-84ef-46979aa22593'"}


@pytest.mark.parametrize("body", [{}, {"confirmed": "true"}, {"confirmed": 1}, []])
async def test_a_reply_must_be_true_or_false(trader: Trader, simulation: Simulation, body: Any) -> None:
    question = await trader.submit(limit(simulation, 0.95))
    reply = await trader.post(f"/iserver/reply/{question[0]['id']}", body)
    assert reply.status_code == 400
    assert (await trader.answer_question(question)).status_code == 503


async def test_an_order_that_is_not_confirmed_is_discarded(trader: Trader, simulation: Simulation) -> None:
    known = set(simulation.selected_account.orders)
    question = await trader.submit(limit(simulation, 0.95))
    answer = await trader.answer_question(question, confirmed=False)
    assert (answer.status_code, answer.json()) == (200, {"error": "Order not confirmed"})
    assert set(simulation.selected_account.orders) == known
    assert (await trader.answer_question(question)).status_code == 400


async def test_questions_are_asked_one_by_one_with_different_reply_ids(
    trader: Trader, simulation: Simulation
) -> None:
    ids, answer = [], await trader.submit(limit(simulation, 1.05, conid=MSFT))
    while "id" in answer[0]:
        ids.append(answer[0]["id"])
        assert len(answer) == len(answer[0]["message"]) == len(answer[0]["messageIds"]) == 1
        trader.message_ids += answer[0]["messageIds"]
        answer = (await trader.answer_question(answer)).json()
    assert trader.message_ids == ["o163", "o354", "o10153"]
    assert len(set(ids)) == 3


async def test_suppressed_questions_are_not_asked_until_the_suppression_is_reset(
    trader: Trader, simulation: Simulation
) -> None:
    reply = await trader.post("/iserver/questions/suppress", {"messageIds": ["o163", "o99999"]})
    assert (reply.status_code, reply.json()) == (200, {"status": "submitted"})
    assert type_mismatches("POST /iserver/questions/suppress", reply.json()) == []
    assert "order_id" in (await trader.submit(limit(simulation, 0.95)))[0]
    reply = await trader.post("/iserver/questions/suppress/reset")
    assert (reply.status_code, reply.json()) == (200, {"status": "submitted"})
    assert "id" in (await trader.submit(limit(simulation, 0.95)))[0]


async def test_a_suppression_ends_with_the_brokerage_session(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    await trader.post("/iserver/questions/suppress", {"messageIds": ["o163"]})
    question = await trader.submit(limit(simulation, 0.95, conid=IBM))
    simulation.session.init(compete=True)
    skip(5)
    assert (await trader.answer_question(question)).status_code == 400
    await trader.subscribe()
    assert (await trader.submit(limit(simulation, 0.95)))[0]["messageIds"] == ["o163"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"messageIds": "o163"}, 400),
        ({"messageIds": [163]}, 400),
        ({"messageIds": []}, 500),
        ({"messageIds": [f"o{n}" for n in range(52)]}, 500),
        ({"messageIds": [f"o{n}" for n in range(51)]}, 200),
    ],
)
async def test_one_to_fifty_one_questions_can_be_suppressed(trader: Trader, body: Any, status: int) -> None:
    assert (await trader.post("/iserver/questions/suppress", body)).status_code == status


async def test_a_cancelled_order_is_pending_cancel_before_it_ends(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (order_id,) = await trader.place(limit(simulation, 0.95))
    reply = await trader.delete(f"{ORDER}/{order_id}")
    assert reply.status_code == 200
    assert reply.json() == {
        "msg": "Request was submitted",
        "order_id": order_id,
        "conid": -1,
        "account": None,
    }
    assert await trader.status(order_id) == "PendingCancel"
    skip(1)
    assert await trader.status(order_id) == "Cancelled"
    again = await trader.delete(f"{ORDER}/{order_id}")
    assert (again.status_code, again.json()) == (400, {"error": f"OrderID {order_id} doesn't exist"})


async def test_an_order_can_fill_while_its_cancellation_is_pending(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    simulation.order_behaviour = OrderBehaviour(cancel_seconds=5, cancel_names_contract=True)
    (filling,), (leaving,) = await trader.place(ticket()), await trader.place(limit(simulation, 0.95))
    for order_id in (filling, leaving):
        reply = await trader.delete(f"{ORDER}/{order_id}")
        assert (reply.json()["conid"], reply.json()["account"]) == (AAPL, "DU1234567")
        assert await trader.status(order_id) == "PendingCancel"
    skip(2)
    assert [await trader.status(each) for each in (filling, leaving)] == ["Filled", "PendingCancel"]
    skip(5)
    assert await trader.status(leaving) == "Cancelled"


async def test_an_order_that_is_cancelled_at_once_is_acknowledged_without_its_contract(
    trader: Trader, simulation: Simulation
) -> None:
    simulation.order_behaviour = OrderBehaviour(cancel_names_contract=True)
    (order_id,) = await trader.place(ticket(deactivated=True))
    reply = await trader.delete(f"{ORDER}/{order_id}")
    assert (reply.json()["conid"], reply.json()["account"]) == (-1, None)
    assert await trader.status(order_id) == "Cancelled"


async def test_an_unknown_order_cannot_be_cancelled_or_modified(
    trader: Trader, simulation: Simulation
) -> None:
    for reply in (await trader.delete(f"{ORDER}/1"), await trader.post(f"{ORDER}/1", limit(simulation))):
        assert (reply.status_code, reply.json()) == (400, {"error": "OrderID 1 doesn't exist"})
    for order_id in ("x", "1.5", "-2", "9" * 19):
        assert (await trader.delete(f"{ORDER}/{order_id}")).status_code == 400


async def test_cancelling_minus_one_cancels_every_order(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    await trader.place(limit(simulation, 0.95))
    await trader.place(limit(simulation, 0.96))
    reply = await trader.delete(f"{ORDER}/-1")
    assert (reply.status_code, reply.json()["order_id"]) == (200, -1)
    skip(1)
    await trader.get(LIVE)
    rows = (await trader.get_json(LIVE))["orders"]
    assert {row["status"] for row in rows} == {"Cancelled", "Filled"}


async def test_a_bracket_fills_one_leg_and_cancels_the_other(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    parent, take, stop = await trader.place(
        ticket(cOID="parent"),
        limit(simulation, 1.02, side="SELL", parentId="parent"),
        ticket(orderType="STP", price=price(simulation, part=0.98), side="SELL", parentId="parent"),
    )
    assert [await trader.status(each) for each in (take, stop)] == ["PreSubmitted", "PreSubmitted"]
    row = await trader.get_json(f"/iserver/account/order/status/{parent}")
    assert row["children_order_ids"] == f"{take},{stop}"
    assert "children_order_ids" not in await trader.get_json(f"/iserver/account/order/status/{take}")
    skip(3)
    assert [await trader.status(each) for each in (parent, take, stop)] == [
        "Filled",
        "Submitted",
        "PreSubmitted",
    ]
    simulation.prices.override_price(AAPL, price(simulation, part=1.03))
    skip(1)
    assert await trader.status(take) == "Filled"
    assert await trader.status(stop) == "Cancelled"


async def test_a_bracket_with_one_bad_child_leaves_an_inactive_parent(
    trader: Trader, simulation: Simulation
) -> None:
    rows = await trader.confirm_all(
        await trader.submit(
            limit(simulation, 0.98, cOID="entry"),
            ticket(orderType="LMT", price=-1, side="SELL", parentId="entry"),
            limit(simulation, 1.02, side="SELL", parentId="entry"),
        )
    )
    assert [row["order_status"] for row in rows] == ["Failed", "Inactive", "Inactive"]
    assert [row["order_id"] == "-1" for row in rows] == [True, False, False]
    assert rows[2]["local_order_id"] == "entry"
    assert rows[1]["parent_order_id"] == rows[2]["order_id"]
    assert await trader.status(int(rows[2]["order_id"])) == "Inactive"


async def test_a_closing_order_cancels_the_open_orders_for_its_contract_first(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (resting,) = await trader.place(limit(simulation, 0.95))
    question = await trader.submit(limit(simulation, 1.02, side="SELL", isClose=True))
    assert (question[0]["messageIds"], len(question[0]["message"])) == ([], 1)
    assert await trader.status(resting) == "PreSubmitted"
    (closing,) = await trader.place(limit(simulation, 1.02, side="SELL", isClose=True))
    skip(1)
    assert [await trader.status(each) for each in (resting, closing)] == ["Cancelled", "Submitted"]
    (other,) = await trader.place(limit(simulation, 1.02, side="SELL"))
    skip(1)
    assert [await trader.status(each) for each in (closing, other)] == ["Submitted", "Submitted"]


async def test_children_end_with_their_parent(trader: Trader, simulation: Simulation, skip: Skip) -> None:
    parent, child = await trader.place(
        limit(simulation, 0.95, cOID="entry"), limit(simulation, 1.05, side="SELL", parentId="entry")
    )
    await trader.delete(f"{ORDER}/{parent}")
    skip(1)
    assert [await trader.status(each) for each in (parent, child)] == ["Cancelled", "Cancelled"]


async def test_a_child_can_be_placed_after_its_parent(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    await trader.place(limit(simulation, 0.95, cOID="entry"))
    (child,) = await trader.place(limit(simulation, 1.05, side="SELL", parentId="entry"))
    skip(5)
    assert await trader.status(child) == "PreSubmitted"
    (parent,) = await trader.place(limit(simulation, 0.95))
    (child,) = await trader.place(limit(simulation, 1.05, side="SELL", parentId=str(parent)))
    assert simulation.selected_account.orders[child].parent_id == parent
    reply = await trader.submit(limit(simulation, 1.05, side="SELL", parentId="nobody"))
    assert reply == {"error": "Parent order ID=nobody is not known."}


async def test_one_fill_in_an_oca_group_cancels_the_rest(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    low, high = await trader.place(
        limit(simulation, 0.99, isSingleGroup=True), limit(simulation, 1.0, isSingleGroup=True)
    )
    simulation.prices.override_price(AAPL, price(simulation, part=0.995))
    skip(2)
    assert [await trader.status(each) for each in (low, high)] == ["Cancelled", "Filled"]


async def test_unrelated_orders_in_one_request_are_rejected(trader: Trader, simulation: Simulation) -> None:
    reply = await trader.post(ORDERS, {"orders": [limit(simulation), limit(simulation)]})
    assert reply.status_code == 400


async def test_a_coid_can_be_used_once_in_24_hours(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    await trader.place(limit(simulation, 0.95, cOID="mine"))
    rejection = {"error": "Order couldn't be submitted: Local order ID=mine is already registered."}
    assert await trader.submit(limit(simulation, 0.95, cOID="mine")) == rejection
    pair = (limit(simulation, isSingleGroup=True, cOID="both"),) * 2
    assert "Local order ID=both is already registered" in (await trader.submit(*pair))["error"]
    skip(86400)
    simulation.session.establish()
    await trader.subscribe()
    assert await trader.place(limit(simulation, 0.95, cOID="mine"))


async def test_a_used_coid_can_be_a_bad_request(trader: Trader, simulation: Simulation) -> None:
    await trader.place(limit(simulation, 0.95, cOID="mine"))
    simulation.order_behaviour = OrderBehaviour(duplicate_status=400)
    reply = await trader.post(ORDERS, {"orders": [limit(simulation, 0.95, cOID="mine")]})
    assert (reply.status_code, set(reply.json())) == (400, {"error"})
    assert "Local order ID=mine is already registered" in reply.json()["error"]
    rejected = await trader.post(ORDERS, {"orders": [ticket(conid=1)]})
    assert rejected.status_code == 200


async def test_a_coid_used_in_the_meantime_is_rejected_after_the_questions(
    trader: Trader, simulation: Simulation
) -> None:
    question = await trader.submit(limit(simulation, 0.95, cOID="mine"))
    simulation.selected_account.add_working_order(
        AAPL, "BUY", 1, "LMT", at=simulation.clock.now(), reference="mine"
    )
    assert "already registered" in (await trader.answer_question(question)).json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"orders": []},
        {"orders": {}},
        {"orders": ["x"]},
        ticket(),
        {"orders": [ticket(conid=0)]},
        {"orders": [ticket(conid="265598")]},
        {"orders": [ticket(conid=None)]},
        {"orders": [ticket(orderType="LIMIT")]},
        {"orders": [ticket(side="HOLD")]},
        {"orders": [ticket(quantity=-1)]},
        {"orders": [ticket(quantity=None)]},
        {"orders": [ticket(acctId="DU7654321")]},
    ],
)
async def test_a_malformed_order_is_a_bad_request(trader: Trader, body: Any) -> None:
    for path in (ORDERS, WHATIF):
        reply = await trader.post(path, body)
        assert reply.status_code == 400
        assert reply.json()["error"].startswith("Bad Request: ")


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"orderType": "LMT"}, 200, "Invalid order price fields"),
        ({"orderType": "LMT", "price": -1}, 200, "Invalid order price fields"),
        ({"tif": "FOREVER"}, 200, "null time in force is not supported"),
        ({"tif": None}, 200, "null time in force is not supported"),
        ({"quantity": 0}, 500, "Order size 0 is not valid"),
    ],
)
async def test_some_malformed_orders_have_the_status_that_ibkr_gives_them(
    trader: Trader, fields: dict[str, Any], status: int, message: str
) -> None:
    for path in (ORDERS, WHATIF):
        reply = await trader.post(path, {"orders": [ticket(**fields)]})
        assert (reply.status_code, set(reply.json())) == (status, {"error"})
        assert message in reply.json()["error"]


@pytest.mark.parametrize("path", [ORDERS, WHATIF, f"{ORDER}/602801489", "/iserver/account/DU7654321/orders"])
async def test_an_order_for_another_logins_account_is_rejected(trader: Trader, path: str) -> None:
    reply = await trader.post(path.replace("DU1234567", "DU7654321"), {"orders": [ticket()], **ticket()})
    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request: invalid accountId")


@pytest.mark.parametrize("method", ["post", "delete"])
async def test_orders_require_the_accounts_call(gateway: httpx.AsyncClient, method: str) -> None:
    trader = Trader(gateway)
    replies = (
        [await trader.delete(f"{ORDER}/1")]
        if method == "delete"
        else [await trader.post(ORDERS, {"orders": [ticket()]}), await trader.post(f"{ORDER}/1", ticket())]
    )
    for reply in replies:
        assert (reply.status_code, reply.json()["error"]) == (400, "Please query /accounts first")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"conid": 1}, "no sec defs returned"),
        ({"quantity": 10_000_000}, "Available Funds are insufficient"),
        ({"quantity": 0.12345}, "minimum variation of 0.0001"),
        ({"orderType": "LMT", "price": 100_000.0}, "We cannot accept an order at the limit price"),
        ({"orderType": "LMT", "price": 0.01}, "We cannot accept an order at the limit price"),
    ],
)
async def test_a_business_rule_violation_is_rejected_with_status_200(
    trader: Trader, simulation: Simulation, fields: dict[str, Any], message: str
) -> None:
    known = set(simulation.selected_account.orders)
    answer = await trader.submit(ticket(**fields))
    assert set(answer) == {"error"}
    assert message in answer["error"]
    assert set(simulation.selected_account.orders) == known


async def test_an_order_is_modified_by_one_full_ticket(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (order_id,) = await trader.place(limit(simulation, 0.98))
    skip(1)
    reply = await trader.post(f"{ORDER}/{order_id}", limit(simulation, 0.99, quantity=20))
    assert type_mismatches("POST /iserver/account/{accountId}/order/{id}", reply.json()) == []
    assert reply.json()[0]["order_id"] == str(order_id)
    skip(1)
    row = await trader.get_json(f"/iserver/account/order/status/{order_id}")
    assert (row["order_status"], row["total_size"]) == ("Submitted", "20.0")
    assert float(row["limit_price"]) == price(simulation, part=0.99)


async def test_a_modification_can_raise_a_question_and_waits_for_the_reply(
    trader: Trader, simulation: Simulation
) -> None:
    (order_id,) = await trader.place(limit(simulation, 0.98))
    question = (await trader.post(f"{ORDER}/{order_id}", limit(simulation, 0.9))).json()
    assert question[0]["messageIds"] == ["o163"]
    assert simulation.selected_account.orders[order_id].limit_price == price(simulation, part=0.98)
    assert (await trader.answer_question(question)).json()[0]["order_id"] == str(order_id)
    assert simulation.selected_account.orders[order_id].limit_price == price(simulation, part=0.9)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"conid": IBM}, "conid of an order cannot be changed"),
        ({"side": "SELL"}, "side of an order cannot be changed"),
        ({"cOID": "other"}, "cOID of an order cannot be changed"),
        ({"outsideRTH": None}, "outsideRTH is missing"),
    ],
)
async def test_an_immutable_field_cannot_be_modified(
    trader: Trader, simulation: Simulation, fields: dict[str, Any], message: str
) -> None:
    (order_id,) = await trader.place(limit(simulation, 0.98, cOID="mine", outsideRTH=True))
    changed = limit(simulation, 0.98, **({"outsideRTH": True} | fields))
    reply = await trader.post(f"{ORDER}/{order_id}", {k: v for k, v in changed.items() if v is not None})
    assert reply.status_code == 200
    assert message in reply.json()["error"]


async def test_a_filled_or_pending_cancel_order_cannot_be_modified(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (order_id,) = await trader.place(limit(simulation, 0.98))
    await trader.delete(f"{ORDER}/{order_id}")
    reply = await trader.post(f"{ORDER}/{order_id}", limit(simulation, 0.98))
    assert "can no longer be changed" in reply.json()["error"]
    (order_id,) = await trader.place(ticket())
    skip(3)
    assert (await trader.post(f"{ORDER}/{order_id}", ticket())).status_code == 400


async def test_a_futures_order_requires_operator_ids(trader: Trader, simulation: Simulation) -> None:
    future = find_future(simulation.selected_account).conid
    operator = {"manualIndicator": True, "extOperator": "me"}
    for missing in operator:
        fields = {**operator, missing: None}
        reply = await trader.post(ORDERS, {"orders": [ticket(conid=future, quantity=1, **fields)]})
        assert reply.status_code == 400
    low = round(price(simulation, future, 0.95) * 4) / 4
    (order_id,) = await trader.place(ticket(conid=future, quantity=1, orderType="LMT", price=low, **operator))
    assert (await trader.delete(f"{ORDER}/{order_id}")).status_code == 400
    query = {"manualIndicator": "true", "extOperator": "me"}
    assert (await trader.delete(f"{ORDER}/{order_id}", **query)).status_code == 200


async def test_a_preview_is_text_and_changes_nothing(trader: Trader, simulation: Simulation) -> None:
    paper_account = simulation.selected_account
    before = (
        dict(paper_account.cash),
        paper_account.positions[AAPL].quantity,
        len(paper_account.orders),
        len(paper_account.executions),
    )
    answer = await trader.submit(ticket(), path=WHATIF)
    assert type_mismatches("POST /iserver/account/{accountId}/orders/whatif", answer) in (
        [],
        ["warn is null, not string"],
    )
    assert answer["amount"]["amount"].endswith(" USD (10 Shares)")
    assert answer["amount"]["commission"] == "1 USD"
    assert [warning.partition("/")[0] for warning in answer["warns"]][:1] == ["22"]
    assert answer["warn"] == answer["warns"][0]
    assert answer["position"] == {"current": "260", "change": "10", "after": "270"}
    assert answer["error"] is None
    assert before == (
        dict(paper_account.cash),
        paper_account.positions[AAPL].quantity,
        len(paper_account.orders),
        len(paper_account.executions),
    )


async def test_a_preview_without_market_data_warns(trader: Trader) -> None:
    answer = await trader.submit(ticket(conid=SPY), path=WHATIF)
    assert type_mismatches("POST /iserver/account/{accountId}/orders/whatif", answer) == []
    assert answer["warn"].startswith("21/You are trying to submit an order without having market data")
    assert set(await trader.submit(ticket(conid=1), path=WHATIF)) == {"error"}


async def submit_prompted(trader: Trader, simulation: Simulation) -> Any:
    """Return the response to an order far above the market, whose exchange is closed."""
    await trader.subscribe(IBM_IN_FRANKFURT)
    far = round(price(simulation, IBM_IN_FRANKFURT, 1.15) * 20) / 20
    order = ticket(orderType="LMT", conid=IBM_IN_FRANKFURT, price=far)
    return await trader.confirm_all(await trader.submit(order))


async def test_an_order_with_price_management_waits_for_the_choice(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    prompt = await submit_prompted(trader, simulation)
    assert trader.message_ids == ["o163", "o10153"]
    assert {name: type(value).__name__ for name, value in prompt.items()} == {
        "orderId": "int",
        "reqId": "str",
        "dismissable": "list",
        "text": "str",
        "options": "list",
        "type": "str",
        "messageId": "str",
        "prompt": "bool",
    }
    assert (prompt["messageId"], prompt["prompt"]) == ("p12", True)
    assert await trader.status(prompt["orderId"]) == "WarnState"
    skip(5)
    assert await trader.status(prompt["orderId"]) == "WarnState"
    chosen = {name: prompt[name] for name in ("orderId", "reqId")} | {"text": "Always use"}
    reply = await trader.post("/iserver/notification", chosen)
    assert (reply.status_code, reply.text) == (200, '"Success"')
    skip(1)
    assert await trader.status(prompt["orderId"]) == "PreSubmitted"
    assert (await trader.post("/iserver/notification", chosen)).status_code == 400
    assert "order_id" in (await submit_prompted(trader, simulation))[0]


async def test_an_order_can_be_cancelled_instead_of_replying_to_its_prompt(
    trader: Trader, simulation: Simulation
) -> None:
    prompt = await submit_prompted(trader, simulation)
    assert (await trader.delete(f"{ORDER}/{prompt['orderId']}")).status_code == 200
    assert await trader.status(prompt["orderId"]) == "Cancelled"
    chosen = {name: prompt[name] for name in ("orderId", "reqId")} | {"text": "Do not use"}
    await trader.post("/iserver/notification", chosen)
    assert await trader.status(prompt["orderId"]) == "Cancelled"


@pytest.mark.parametrize(
    "wrong", [{"orderId": "1"}, {"orderId": 1}, {"reqId": 1}, {"reqId": "1"}, {"text": "Yes"}, {"text": None}]
)
async def test_a_prompt_accepts_only_its_ids_and_options(
    trader: Trader, simulation: Simulation, wrong: dict[str, Any]
) -> None:
    prompt = await submit_prompted(trader, simulation)
    right = {"orderId": prompt["orderId"], "reqId": prompt["reqId"], "text": "Do not use"}
    assert (await trader.post("/iserver/notification", right | wrong)).status_code == 400
    assert (await trader.post("/iserver/notification", right)).status_code == 200


async def test_a_deactivated_order_is_stored_but_not_sent(trader: Trader, skip: Skip) -> None:
    (order_id,) = await trader.place(ticket(deactivated=True))
    skip(10)
    assert await trader.status(order_id) == "Inactive"
    await trader.confirm_all((await trader.post(f"{ORDER}/{order_id}", ticket(deactivated=False))).json())
    skip(3)
    assert await trader.status(order_id) == "Filled"


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
async def test_a_group_order_is_allocated_to_its_accounts(
    trader: Trader, simulation: Simulation, clock: Clock
) -> None:
    shares = simulation.allocation_groups.split("All", 100)
    (order_id,) = await trader.place(ticket(quantity=100), path="/iserver/account/All/orders")
    assert trader.message_ids == ["p6", "o10151", "o10153"]
    clock.advance(3)
    simulation.catch_up()
    filled = {
        account: paper_account.orders[order_id].filled
        for account, paper_account in simulation.accounts.items()
        if order_id in paper_account.orders
    }
    assert filled == shares
    assert sum(filled.values()) == 100


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
async def test_a_group_order_has_no_preview_and_is_cancelled_in_all_accounts(
    trader: Trader, simulation: Simulation, clock: Clock
) -> None:
    group = "/iserver/account/Two_to_one"
    assert "cannot be previewed" in (await trader.submit(ticket(), path=f"{group}/orders/whatif"))["error"]
    (order_id,) = await trader.place(limit(simulation, 0.98, quantity=9), path=f"{group}/orders")
    assert (await trader.delete(f"/iserver/account/All/order/{order_id}")).status_code == 200
    clock.advance(1)
    simulation.catch_up()
    states = {b.orders[order_id].status for b in simulation.accounts.values() if order_id in b.orders}
    assert states == {OrderStatus.CANCELLED}
    assert (await trader.delete(f"/iserver/account/All/order/{order_id}")).status_code == 400
    assert (await trader.delete(f"{group}/order/-1")).status_code == 200


async def test_a_preview_reports_missing_funds(trader: Trader) -> None:
    answer = await trader.submit(ticket(quantity=100_000), path=WHATIF)
    assert "Available Funds are insufficient" in answer["error"]
    assert answer["amount"]["amount"].endswith("(100000 Shares)")


async def test_a_fill_shows_at_once_in_uncached_positions_and_later_in_cached_ones(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    position = simulation.selected_account.positions[AAPL].quantity
    await trader.prepare_session()
    cached, uncached = "/portfolio/DU1234567/positions/0", "/portfolio2/DU1234567/positions"

    async def quantities() -> tuple[float, float]:
        rows = [await trader.get_json_twice(path) for path in (cached, uncached)]
        old, new = (next(r for r in each if int(r["conid"]) == AAPL)["position"] for each in rows)
        return old, new

    assert await quantities() == (position, position)
    await trader.place(ticket(side="SELL"))
    skip(2)
    assert await quantities() == (position, position - 10)
    await trader.post("/portfolio/DU1234567/positions/invalidate")
    assert await quantities() == (position - 10, position - 10)


async def test_live_orders_can_be_filtered_by_every_status(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (working,) = await trader.place(limit(simulation, 0.95))
    (leaving,) = await trader.place(limit(simulation, 0.95))
    (inactive,) = await trader.place(ticket(deactivated=True))
    skip(1)
    (queued,) = await trader.place(ticket(orderType="STP", price=price(simulation, part=1.02)))
    waiting = (await submit_prompted(trader, simulation))["orderId"]
    await trader.delete(f"{ORDER}/{leaving}")
    await trader.get(LIVE)
    for filters, order_id in (
        ("submitted", working),
        ("pending_cancel", leaving),
        ("inactive", inactive),
        ("pre_submitted", queued),
        ("warn_state", waiting),
    ):
        rows = (await trader.get_json(LIVE, filters=filters))["orders"]
        assert order_id in {row["orderId"] for row in rows}
        assert {row["status"].lower() for row in rows} == {filters.replace("_", "")}


async def test_the_status_of_yesterdays_order_is_unavailable(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (order_id,) = await trader.place(ticket())
    skip(86400)
    simulation.session.establish()
    await trader.subscribe()
    reply = await trader.get(f"/iserver/account/order/status/{order_id}")
    assert reply.status_code == 503


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
async def test_an_order_is_visible_once_its_account_is_selected(
    trader: Trader, simulation: Simulation
) -> None:
    other = next(account for account in simulation.clients if account != simulation.selected_account_id)
    (order_id,) = await trader.place(limit(simulation, 0.98), path=f"/iserver/account/{other}/orders")
    path = f"/iserver/account/order/status/{order_id}"
    assert (await trader.get(path)).status_code == 503
    await trader.post("/iserver/account", {"acctId": other})
    assert (await trader.get_json(path))["account"] == other
