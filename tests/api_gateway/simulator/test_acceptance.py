"""Fifteen properties by which a client developer can tell a real gateway from a bad imitation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api_gateway.simulator.app import create_app
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.operation_shapes import ALL_OPERATIONS, OperationCase, matches_shape
from tests.api_gateway.simulator.order_calls import ORDER, Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches
from tests.ibkr_facts import known_operations, unnamed, wire_types

SNAPSHOT = "/iserver/marketdata/snapshot"
Skip = Callable[[float], None]


@pytest.fixture
async def trader(gateway: httpx.AsyncClient) -> Trader:
    """Return a trader that has called the accounts and requested a snapshot of Apple."""
    return await Trader(gateway).subscribe()


def limit(simulation: Simulation, part: float, **fields: Any) -> dict[str, Any]:
    """Return a limit order for Apple at a multiple of the last price."""
    return ticket(orderType="LMT", price=round(last(simulation) * part, 2), **fields)


def last(simulation: Simulation) -> float:
    return simulation.prices.quote(simulation.selected_account.instrument(AAPL)).last


async def test_a_the_first_snapshot_is_empty_and_the_second_is_complete(
    gateway: httpx.AsyncClient, skip: Skip
) -> None:
    api = await ApiClient(gateway).prepare_session()
    (first,) = await api.get_json(SNAPSHOT, conids=AAPL, fields="31,84,86")
    assert first == {"conid": AAPL, "conidEx": str(AAPL)}
    skip(1)
    (second,) = await api.get_json(SNAPSHOT, conids=AAPL, fields="31,84,86")
    assert {"31", "84", "86", "6509", "_updated", "server_id"} <= second.keys()
    assert {type(second[each]) for each in ("31", "84", "86")} == {str}


async def test_b_the_first_list_of_orders_and_a_forced_one_are_empty(trader: Trader) -> None:
    path = "/iserver/account/orders"
    assert await trader.get_json(path) == {"orders": [], "snapshot": False}
    assert (await trader.get_json(path))["orders"] != []
    assert (await trader.get_json(path, force="true"))["orders"] == []
    assert (await trader.get_json(path))["snapshot"] is True


async def test_c_a_limit_order_five_percent_off_is_confirmed_and_presubmitted(
    trader: Trader, simulation: Simulation
) -> None:
    question = await trader.submit(limit(simulation, 0.95))
    assert question[0]["messageIds"] == ["o163"]
    accepted = (await trader.answer_question(question)).json()
    assert accepted[0]["order_status"] == "PreSubmitted"
    assert isinstance(accepted[0]["order_id"], str)
    assert await trader.status(int(accepted[0]["order_id"])) == "PreSubmitted"


async def test_d_a_filled_market_order_shows_in_trades_positions_and_profit(
    trader: Trader, skip: Skip
) -> None:
    await trader.get("/portfolio/accounts")
    await trader.get("/iserver/account/trades")
    before = await trader.get_json_twice("/iserver/account/pnl/partitioned")
    (position_before,) = [
        row for row in await trader.get_json(f"/portfolio2/{ACCOUNT}/positions") if row["conid"] == str(AAPL)
    ]
    (order_id,) = await trader.place(ticket())
    assert "o10151" in trader.message_ids
    skip(3)
    assert await trader.status(order_id) == "Filled"
    trade_rows = [
        row for row in await trader.get_json("/iserver/account/trades") if row["order_id"] == order_id
    ]
    assert sum(row["size"] for row in trade_rows) == 10.0
    (now,) = [
        row for row in await trader.get_json(f"/portfolio2/{ACCOUNT}/positions") if row["conid"] == str(AAPL)
    ]
    assert now["position"] == position_before["position"] + 10
    assert await trader.get_json("/iserver/account/pnl/partitioned") != before


async def test_e_a_reply_after_another_request_gets_503(trader: Trader, simulation: Simulation) -> None:
    question = await trader.submit(limit(simulation, 0.95))
    await trader.get("/iserver/accounts")
    assert (await trader.answer_question(question)).status_code == 503


async def test_f_a_cancellation_takes_effect_a_moment_later(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    (order_id,) = await trader.place(limit(simulation, 0.95))
    reply = await trader.delete(f"{ORDER}/{order_id}")
    assert reply.json() == {
        "msg": "Request was submitted",
        "order_id": order_id,
        "conid": -1,
        "account": None,
    }
    skip(1)
    assert await trader.status(order_id) == "Cancelled"


async def test_g_a_bracket_leg_that_fills_cancels_the_other_leg(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    stop_price = round(last(simulation) * 0.98, 2)
    parent, take, stop = await trader.place(
        ticket(cOID="entry"),
        limit(simulation, 1.02, side="SELL", parentId="entry"),
        ticket(orderType="STP", price=stop_price, side="SELL", parentId="entry"),
    )
    skip(3)
    assert await trader.status(parent) == "Filled"
    simulation.prices.override_price(AAPL, round(last(simulation) * 1.03, 2))
    skip(1)
    assert [await trader.status(take), await trader.status(stop)] == ["Filled", "Cancelled"]


async def test_h_a_competing_login_takes_the_session_and_the_tickle_reports_it(
    gateway: httpx.AsyncClient, skip: Skip
) -> None:
    api = ApiClient(gateway)
    reply = await gateway.post("/simulator/compete", json={})
    assert reply.status_code == 200, reply.text
    status = (await api.post("/tickle")).json()["iserver"]["authStatus"]
    assert (status["authenticated"], status["competing"]) == (False, True)
    assert (await api.get("/iserver/accounts")).status_code == 400
    await api.post("/iserver/auth/ssodh/init", {"publish": True, "compete": False})
    assert (await api.post("/iserver/auth/status")).json()["competing"] is True
    await api.post("/iserver/auth/ssodh/init", {"publish": True, "compete": True})
    skip(2)
    status = (await api.post("/iserver/auth/status")).json()
    assert (status["established"], status["competing"]) == (True, False)


async def test_i_the_brokerage_session_ends_after_six_idle_minutes_and_the_login_at_midnight(
    gateway: httpx.AsyncClient, skip: Skip
) -> None:
    api = await ApiClient(gateway).prepare_session()
    skip(359)
    assert (await api.get("/iserver/accounts")).status_code == 200
    skip(361)
    reply = await api.get("/iserver/accounts")
    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request: no bridge")
    skip(12 * 3600)
    assert (await api.get("/portfolio/accounts")).status_code == 401


@pytest.mark.parametrize("options", [SimulationOptions(login=True)], ids=["limited"])
async def test_j_the_eleventh_request_in_a_second_gets_429(
    gateway: httpx.AsyncClient, options: SimulationOptions, skip: Skip
) -> None:
    assert options.rate_limits
    api = ApiClient(gateway)
    answers = [(await api.get("/iserver/accounts")).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    skip(2)
    assert (await api.get("/iserver/accounts")).status_code == 429  # the penalty box
    skip(600)
    assert (await api.get("/sso/validate")).status_code == 200


async def test_k_strikes_before_a_search_are_empty(gateway: httpx.AsyncClient) -> None:
    api = await ApiClient(gateway).prepare_session()
    query: dict[str, str | int] = {"conid": IBM, "sectype": "OPT", "month": "APR26"}
    assert await api.get_json("/iserver/secdef/strikes", **query) == {"call": [], "put": []}
    await api.get_json("/iserver/secdef/search", symbol="IBM")
    assert (await api.get_json("/iserver/secdef/strikes", **query))["call"] != []


async def test_l_a_portfolio_call_before_its_accounts_gets_401_without_a_body(
    gateway: httpx.AsyncClient,
) -> None:
    api = ApiClient(gateway)
    reply = await api.get(f"/portfolio/{ACCOUNT}/positions/0")
    assert (reply.status_code, reply.content) == (401, b"")
    await api.get("/portfolio/accounts")
    assert (await api.get(f"/portfolio/{ACCOUNT}/positions/0")).status_code == 200


def test_m_the_websocket_ignores_early_frames_and_sends_binary_changes(
    simulation: Simulation, skip: Skip
) -> None:
    subscription = f'smd+{AAPL}+{{"fields":["31","84","86","55"]}}'
    with (
        TestClient(create_app(simulation), base_url="https://localhost:5055") as browser,
        browser.websocket_connect("/v1/api/ws") as socket,
    ):

        def receive_frame() -> Any:
            return json.loads(socket.receive_bytes())

        def next_quote() -> Any:
            """Return the next quote frame, advancing the time until it arrives."""
            while not str((frame := receive_frame()).get("topic")).startswith("smd"):
                skip(0.5)
                socket.send_text("ech+hb")
            return frame

        browser.get("/v1/api/iserver/accounts")
        assert receive_frame() == {"message": "waiting for session"}
        socket.send_text(subscription)
        assert receive_frame() == {"message": "waiting for session"}
        token = browser.post("/v1/api/tickle", json={}).json()["session"]
        socket.send_text(json.dumps({"session": token}))
        assert receive_frame()["topic"] == "system"
        socket.send_text("ech+hb")
        assert AAPL not in simulation.preflights.subscriptions
        socket.send_text(subscription)
        rows: dict[str, Any] = {}
        while not {"31", "84", "86", "55"} <= rows.keys():
            rows |= next_quote()
        later = next_quote()
        assert {"topic", "conid", "_updated"} <= later.keys()
        assert "55" not in later


async def test_n_a_second_unsubscribe_gets_500_unknown(trader: Trader) -> None:
    first = await trader.post("/iserver/marketdata/unsubscribe", {"conid": AAPL})
    assert (first.status_code, first.json()) == (200, {"success": True})
    second = await trader.post("/iserver/marketdata/unsubscribe", {"conid": AAPL})
    assert (second.status_code, second.json()) == (500, {"error": "unknown"})


def operation_param(case: OperationCase) -> Any:
    options = SimulationOptions(login=True, rate_limits=False, alert_creation=True, profile=case.profile)
    return pytest.param(case, options, id=case.operation)


@pytest.mark.parametrize(("case", "options"), [operation_param(case) for case in ALL_OPERATIONS])
async def test_o_every_operation_returns_its_documented_shape(
    gateway: httpx.AsyncClient,
    simulation: Simulation,
    options: SimulationOptions,
    skip: Skip,
    case: OperationCase,
) -> None:
    assert options.profile == case.profile
    trader = await Trader(gateway).subscribe()
    await trader.get("/portfolio/accounts")
    skip(1)
    values = dict(case.values)
    if case.prepare:
        values |= await case.prepare(trader, simulation)
    body = values.pop("body", case.body)
    path = case.template
    for name, value in values.items():
        path = path.replace(
            f"{{{name}}}", httpx.URL(path=f"/{value}").raw_path[1:].decode().replace("/", "%2F")
        )
    query = {name: str(value).format(**values) for name, value in case.query.items()}

    async def send() -> httpx.Response:
        return await gateway.request(
            case.method,
            f"/v1/api{path}",
            params=query,
            json=body if case.method in ("POST", "PUT") else None,
        )

    reply = await send()
    if case.method == "GET":
        # Many operations return their data only on the second call.
        skip(1)
        reply = await send()
    assert reply.status_code == 200, reply.text
    answer = reply.json() if reply.content else None
    assert matches_shape(case.shape, answer), reply.text
    record = _recorded_operation(case)
    mismatches = type_mismatches(record, answer) if record else []
    assert [each for each in mismatches if each not in case.accepted_mismatches] == []


def _recorded_operation(case: OperationCase) -> str | None:
    """Return the operation's name in the record of types, whose paths have other variables and values."""
    pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(case.operation)) + r"(\?.*)?")
    shapes = wire_types()
    return next((name for name in shapes if pattern.fullmatch(name) and "200" in shapes[name]), None)


def test_o_each_known_operation_is_called_once() -> None:
    called = [unnamed(case.operation) for case in ALL_OPERATIONS]
    assert len(set(called)) == len(called)
    missing = sorted(known_operations().keys() - set(called))
    assert not missing, (
        f"tests/api_gateway/simulator/operation_shapes.py: no case for {missing}; add one to ALL_OPERATIONS: "
        'OperationCase("GET /trsrv/stocks", {"*": list}, query={"symbols": "AAPL"}),'
    )
