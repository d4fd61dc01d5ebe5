"""What `connection_status` tells, in every state and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.causes import OUTCOME_SENTENCES, Cause, Outcome, explain
from api_gateway.session.diagnosis import STATE_CAUSES
from api_gateway.session.states import SessionState
from mcp_server.ticker.client import TickerStatus
from tests.mcp_server.connection.house import (
    LOGIN,
    PROTOCOLS,
    InProcessStack,
    call_json,
    raise_order_question,
)
from tests.virtual_loop import run_in_virtual_time
from ticker_service.settings import Compete

STATUS = "POST /iserver/auth/status"


def cut(house: InProcessStack) -> None:
    house.gateway_down = True


def silence(house: InProcessStack) -> None:
    house.gate.clear()


CAUSES: dict[SessionState, Callable[[InProcessStack], Any]] = {
    SessionState.ESTABLISHED: lambda house: house.gate.set(),
    SessionState.NOT_LOGGED_IN: lambda house: house.simulation.session.logout(),
    SessionState.CLOSED: lambda house: house.simulation.session.drop(),
    SessionState.COMPETING: lambda house: house.simulation.session.displace(),
    SessionState.UNREACHABLE: cut,
}


WITHOUT_TICKER = {
    Cause.SESSION_CLOSED: Cause.CLOSED_WITHOUT_TICKER,
    Cause.ESTABLISHED: Cause.READY_WITHOUT_TICKER,
}


@pytest.mark.thorough
@pytest.mark.parametrize("era", PROTOCOLS)
@pytest.mark.parametrize("state", CAUSES)
def test_it_names_the_state_the_cause_and_the_next_step_with_and_without_a_ticker(
    state: SessionState, era: str
) -> None:
    async def tried() -> None:
        for ticker in (True, False):
            house = InProcessStack(ticker=ticker)
            async with house.client(era) as client:
                CAUSES[state](house)
                status = await call_json(client, "connection_status")
            assert next(iter(status)) == "sentence"
            assert (status["state"], status["ready"]) == (state, state is SessionState.ESTABLISHED)
            cause = STATE_CAUSES[state]
            if not ticker:
                cause = WITHOUT_TICKER.get(cause, cause)
            assert status["sentence"] == explain(cause, what="", until="", seconds="").sentence
            assert status["next_step"]
            assert (status.get("login_url") == LOGIN) is (state is SessionState.NOT_LOGGED_IN)
            assert status["ticker"]["works"] is ticker

    run_in_virtual_time(tried())


def test_an_open_connection_comes_with_all_that_is_known() -> None:
    async def tried() -> dict[str, Any]:
        house = InProcessStack()
        async with house.client() as client:
            await client.call_tool("get_market_snapshot", {"conids": [265598], "fields": ["31"]})
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(tried())
    assert status["account_kind"].startswith("paper")
    assert status["accounts"] == ["DU1234567"]
    assert status["trading_mode"] == "paper"
    assert status["works"].startswith("Everything")
    assert "does_not_work" not in status
    assert status["market_data_lines"] == {"open_here": 1, "usual_limit": 100}
    assert status["pacing"]["silence_seconds"] == 0
    assert 0 <= status["pacing"]["requests_left_this_second"] <= 9
    assert 0 < status["login"]["ends_in_seconds"] < 86_400
    assert status["login"]["ends_at"].startswith("2026-11-19T05:00")
    assert status["resets"]["next"] == {
        "what": "nightly reset",
        "begins": "2026-11-19T05:15:00+00:00",
        "ends": "2026-11-19T06:45:00+00:00",
    }
    assert status["ticker"]["sees"] == "established"


def test_accounts_are_named_also_where_nobody_has_asked_for_them_yet() -> None:
    async def tried() -> dict[str, Any]:
        house = InProcessStack()
        async with house.client() as client:
            return await call_json(client, "connection_status")

    assert run_in_virtual_time(tried())["accounts"] == ["DU1234567"]


def test_a_closed_session_without_a_ticker_is_the_users_to_mend() -> None:
    async def tried(ticker: bool) -> dict[str, Any]:
        house = InProcessStack(ticker=ticker)
        async with house.client() as client:
            house.simulation.session.drop()
            return await call_json(client, "connection_status")

    healed, lost = run_in_virtual_time(tried(ticker=True)), run_in_virtual_time(tried(ticker=False))
    assert (healed["who_acts"], lost["who_acts"]) == ("the ticker", "the user")
    assert healed["next_step"] == explain(Cause.SESSION_CLOSED).next_step
    assert lost["next_step"] == explain(Cause.CLOSED_WITHOUT_TICKER).next_step
    assert "balances" in lost["works"]
    assert lost["does_not_work"].startswith("Quotes")


def test_an_open_session_without_a_ticker_is_not_said_to_need_nothing() -> None:
    async def tried() -> dict[str, Any]:
        house = InProcessStack(ticker=False)
        async with house.client() as client:
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(tried())
    assert status["ready"]
    assert status["who_acts"] == "the user"
    assert status["next_step"] == explain(Cause.READY_WITHOUT_TICKER).next_step


def test_a_login_that_ends_within_the_hour_is_in_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    warning = "IBKR ends this login in 9 minutes."

    async def tried() -> dict[str, Any]:
        house = InProcessStack()
        look = house.ticker.fetch_status

        async def warned() -> TickerStatus:
            found = await look()
            assert found.report is not None
            return replace(found, report=found.report.model_copy(update={"login_warning": warning}))

        async with house.client() as client:
            monkeypatch.setattr(house.ticker, "fetch_status", warned)
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(tried())
    assert status["next_step"] == f"{explain(Cause.ESTABLISHED).next_step} {warning}"
    assert status["login"]["warning"] == warning


@pytest.mark.parametrize(
    ("mode", "compete", "cause"),
    [
        (TradingMode.PAPER, Compete.ASK, Cause.COMPETING_ASK_HERE),
        (TradingMode.READ, Compete.ASK, Cause.COMPETING),
        (TradingMode.PAPER, Compete.YIELD, Cause.COMPETING_YIELD),
    ],
)
def test_a_competing_program_is_told_with_what_the_ticker_may_do(
    mode: TradingMode, compete: Compete, cause: Cause
) -> None:
    async def tried() -> dict[str, Any]:
        house = InProcessStack(mode=mode, compete=compete)
        async with house.client() as client:
            house.simulation.session.displace()
            await house.keeper.beat()
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(tried())
    assert status["next_step"] == explain(cause).next_step
    assert "POST" not in status["next_step"]
    assert status["ticker"]["when_another_program_competes"] == compete


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_gateway_that_hangs_and_sixty_slow_calls_are_told_within_two_seconds(era: str) -> None:
    async def tried() -> tuple[dict[str, Any], float]:
        house = InProcessStack()
        loop = asyncio.get_running_loop()
        async with house.client(era) as client:
            silence(house)
            slow = [
                asyncio.create_task(
                    client.call_tool("get_contract", {"conid": 265598 + each}, raise_on_error=False)
                )
                for each in range(60)
            ]
            await asyncio.sleep(3)
            began = loop.time()
            status = await call_json(client, "connection_status")
            took = loop.time() - began
            house.gate.set()
            await asyncio.gather(*slow)
            return status, took

    status, took = run_in_virtual_time(tried())
    assert took <= 2
    assert status["state"] == "unreachable"
    assert "1.5 s" in status["detail"]


def test_sixty_slow_calls_at_a_gateway_that_answers_leave_it_right_and_in_time() -> None:
    async def tried() -> tuple[dict[str, Any], float]:
        house = InProcessStack()
        loop = asyncio.get_running_loop()
        async with house.client() as client:
            inner = house._serve_gateway

            async def slow_for_contracts(request: Any) -> Any:
                if "/contract/" in request.url.path:
                    await asyncio.sleep(10)
                return await inner(request)

            house.transport.handler = slow_for_contracts
            calls = [
                asyncio.create_task(
                    client.call_tool("get_contract", {"conid": 265598 + each}, raise_on_error=False)
                )
                for each in range(60)
            ]
            await asyncio.sleep(1)
            began = loop.time()
            status = await call_json(client, "connection_status")
            took = loop.time() - began
            await asyncio.gather(*calls)
            return status, took

    status, took = run_in_virtual_time(tried())
    assert took <= 2
    assert status["ready"]


def test_the_penalty_box_is_told_and_not_made_longer() -> None:
    async def tried() -> tuple[dict[str, Any], list[str]]:
        house = InProcessStack()
        async with house.client() as client:
            house.gateway.rate_limiter.enter_penalty_box(600)
            house.gateway_requests.clear()
            return await call_json(client, "connection_status"), house.gateway_requests

    status, asked = run_in_virtual_time(tried())
    assert status["state"] == "penalty_box"
    assert status["pacing"] == {"silence_seconds": 600, "requests_left_this_second": 0}
    assert status["next_step"] == explain(Cause.PENALTY_BOX, seconds=600).next_step
    assert asked == []


def test_nothing_is_sent_while_an_orders_question_is_open() -> None:
    async def tried() -> tuple[dict[str, Any], list[str], str]:
        house = InProcessStack()
        async with house.client() as client:
            await call_json(client, "connection_status")
            question = await raise_order_question(client)
            house.gateway_requests.clear()
            house.gateway.reset_session_state()  # nothing is sent even for the list of accounts, now unknown
            status = await call_json(client, "connection_status")
            asked = list(house.gateway_requests)
            answer = await client.call_tool(
                "answer_order_question",
                {"reply_id": question["id"], "confirmed": True},
                raise_on_error=False,
            )
            return status, asked, answer.content[0].text

    status, asked, answer = run_in_virtual_time(tried())
    assert asked == []
    assert "order" in status["note"]
    assert "order_id" in answer or "message" in answer


def test_it_takes_no_arguments() -> None:
    async def tried() -> Any:
        house = InProcessStack()
        async with house.client() as client:
            return await client.call_tool("connection_status", {"verbose": True}, raise_on_error=False)

    result = run_in_virtual_time(tried())
    assert result.is_error
    assert result.content[0].text == (
        "connection_status does not take `verbose`. It takes no arguments. Nothing was sent to IBKR."
    )


def test_what_the_ticker_has_found_missing_is_told_at_once_by_every_tool_and_only_while_it_is() -> None:
    async def tried() -> tuple[float, str, bool]:
        house = InProcessStack()
        loop = asyncio.get_running_loop()
        async with house.client() as client:
            house.gate.clear()  # nothing comes back, and nobody but the ticker asks
            await asyncio.sleep(120)
            began = loop.time()
            refused = await client.call_tool("search_contracts", {"symbol": "AAPL"}, raise_on_error=False)
            took = loop.time() - began
            house.gate.set()
            after = await client.call_tool("search_contracts", {"symbol": "AAPL"}, raise_on_error=False)
            return took, refused.content[0].text, after.is_error

    took, text, failed = run_in_virtual_time(tried())
    assert took < 1.1
    assert OUTCOME_SENTENCES[Outcome.NOT_SENT] in text
    assert not failed
