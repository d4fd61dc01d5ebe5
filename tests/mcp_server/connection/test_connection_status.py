"""`connection_status`: its content in every state, and its time limit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.causes import OUTCOME_SENTENCES, Cause, Outcome, explain
from api_gateway.session.diagnosis import STATE_CAUSES
from api_gateway.session.states import SessionState
from mcp_server.ticker.client import TickerStatus
from tests.mcp_server.connection.in_process_stack import (
    LOGIN,
    PROTOCOLS,
    InProcessStack,
    call_json,
    raise_order_question,
)
from tests.virtual_loop import run_in_virtual_time
from ticker_service.settings import Compete

STATUS = "POST /iserver/auth/status"


def stop_gateway(stack: InProcessStack) -> None:
    stack.gateway_down = True


def hang_gateway(stack: InProcessStack) -> None:
    stack.gate.clear()


CAUSES: dict[SessionState, Callable[[InProcessStack], Any]] = {
    SessionState.ESTABLISHED: lambda stack: stack.gate.set(),
    SessionState.NOT_LOGGED_IN: lambda stack: stack.simulation.session.logout(),
    SessionState.CLOSED: lambda stack: stack.simulation.session.drop(),
    SessionState.COMPETING: lambda stack: stack.simulation.session.displace(),
    SessionState.UNREACHABLE: stop_gateway,
}


WITHOUT_TICKER = {
    Cause.SESSION_CLOSED: Cause.CLOSED_WITHOUT_TICKER,
    Cause.ESTABLISHED: Cause.READY_WITHOUT_TICKER,
}


@pytest.mark.thorough
@pytest.mark.parametrize("era", PROTOCOLS)
@pytest.mark.parametrize("state", CAUSES)
def test_it_reports_state_cause_and_next_step_with_and_without_a_ticker(
    state: SessionState, era: str
) -> None:
    async def scenario() -> None:
        for ticker in (True, False):
            stack = InProcessStack(ticker=ticker)
            async with stack.client(era) as client:
                CAUSES[state](stack)
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

    run_in_virtual_time(scenario())


def test_the_status_of_an_open_connection_is_complete() -> None:
    async def scenario() -> dict[str, Any]:
        stack = InProcessStack()
        async with stack.client() as client:
            await client.call_tool("get_market_snapshot", {"conids": [265598], "fields": ["31"]})
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(scenario())
    assert status["account_kind"].startswith("paper")
    assert status["accounts"] == ["DU1234567"]
    assert status["trading_mode"] == "paper"
    assert status["works"]
    assert "does_not_work" not in status
    assert status["market_data_lines"] == {"open_here": 1, "usual_limit": 100}
    assert status["pacing"]["penalty_seconds"] == 0
    assert 0 <= status["pacing"]["requests_left_this_second"] <= 9
    assert 0 < status["login"]["ends_in_seconds"] < 86_400
    assert status["login"]["ends_at"].startswith("2026-11-19T05:00")
    assert status["resets"]["next"] == {
        "what": "nightly reset",
        "begins": "2026-11-19T05:15:00+00:00",
        "ends": "2026-11-19T06:45:00+00:00",
    }
    assert status["ticker"]["state"] == "established"


def test_accounts_are_listed_even_if_nobody_has_requested_them_yet() -> None:
    async def scenario() -> dict[str, Any]:
        stack = InProcessStack()
        async with stack.client() as client:
            return await call_json(client, "connection_status")

    assert run_in_virtual_time(scenario())["accounts"] == ["DU1234567"]


def test_the_user_acts_on_a_closed_session_without_a_ticker() -> None:
    async def scenario(ticker: bool) -> dict[str, Any]:
        stack = InProcessStack(ticker=ticker)
        async with stack.client() as client:
            stack.simulation.session.drop()
            return await call_json(client, "connection_status")

    with_ticker, without_ticker = (
        run_in_virtual_time(scenario(ticker=True)),
        run_in_virtual_time(scenario(ticker=False)),
    )
    assert (with_ticker["who_acts"], without_ticker["who_acts"]) == ("the ticker", "the user")
    assert with_ticker["next_step"] == explain(Cause.SESSION_CLOSED, login=LOGIN).next_step
    assert without_ticker["next_step"] == explain(Cause.CLOSED_WITHOUT_TICKER).next_step
    assert "quotes" not in without_ticker["works"].lower()
    assert "quotes" in without_ticker["does_not_work"].lower()


def test_an_open_session_without_a_ticker_has_a_next_step() -> None:
    async def scenario() -> dict[str, Any]:
        stack = InProcessStack(ticker=False)
        async with stack.client() as client:
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(scenario())
    assert status["ready"]
    assert status["who_acts"] == "the user"
    assert status["next_step"] == explain(Cause.READY_WITHOUT_TICKER).next_step


def test_the_next_step_warns_of_a_login_that_ends_within_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    warning = "IBKR ends this login in 9 minutes."

    async def scenario() -> dict[str, Any]:
        stack = InProcessStack()
        fetch_status = stack.ticker.fetch_status

        async def warned() -> TickerStatus:
            found = await fetch_status()
            assert found.report is not None
            return replace(found, report=found.report.model_copy(update={"login_warning": warning}))

        async with stack.client() as client:
            monkeypatch.setattr(stack.ticker, "fetch_status", warned)
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(scenario())
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
def test_the_next_step_against_a_competing_program_depends_on_the_policy(
    mode: TradingMode, compete: Compete, cause: Cause
) -> None:
    async def scenario() -> dict[str, Any]:
        stack = InProcessStack(mode=mode, compete=compete)
        async with stack.client() as client:
            stack.simulation.session.displace()
            await stack.keeper.beat()
            return await call_json(client, "connection_status")

    status = run_in_virtual_time(scenario())
    assert status["next_step"] == explain(cause).next_step
    assert "POST" not in status["next_step"]
    assert status["ticker"]["when_another_program_competes"] == compete


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_hanging_gateway_is_reported_within_two_seconds_despite_sixty_slow_calls(era: str) -> None:
    async def scenario() -> tuple[dict[str, Any], float]:
        stack = InProcessStack()
        loop = asyncio.get_running_loop()
        async with stack.client(era) as client:
            hang_gateway(stack)
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
            stack.gate.set()
            await asyncio.gather(*slow)
            return status, took

    status, took = run_in_virtual_time(scenario())
    assert took <= 2
    assert status["state"] == "unreachable"
    assert "1.5 s" in status["detail"]


def test_the_status_is_correct_and_in_time_despite_sixty_slow_calls() -> None:
    async def scenario() -> tuple[dict[str, Any], float]:
        stack = InProcessStack()
        loop = asyncio.get_running_loop()
        async with stack.client() as client:
            inner = stack._serve_gateway

            async def slow_for_contracts(request: Any) -> Any:
                if "/contract/" in request.url.path:
                    await asyncio.sleep(10)
                return await inner(request)

            stack.transport.handler = slow_for_contracts
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

    status, took = run_in_virtual_time(scenario())
    assert took <= 2
    assert status["ready"]


def test_the_penalty_box_is_reported_and_not_extended() -> None:
    async def scenario() -> tuple[dict[str, Any], list[str]]:
        stack = InProcessStack()
        async with stack.client() as client:
            stack.gateway.rate_limiter.enter_penalty_box(600)
            stack.gateway_requests.clear()
            return await call_json(client, "connection_status"), stack.gateway_requests

    status, requests = run_in_virtual_time(scenario())
    assert status["state"] == "penalty_box"
    assert status["pacing"] == {"penalty_seconds": 600, "requests_left_this_second": 0}
    assert status["next_step"] == explain(Cause.PENALTY_BOX, seconds=600).next_step
    assert requests == []


def test_no_request_is_sent_while_an_order_awaits_confirmation() -> None:
    async def scenario() -> tuple[dict[str, Any], list[str], str]:
        stack = InProcessStack()
        async with stack.client() as client:
            await call_json(client, "connection_status")
            question = await raise_order_question(client)
            stack.gateway_requests.clear()
            stack.gateway.reset_session_state()  # nothing is sent even for the list of accounts, now unknown
            status = await call_json(client, "connection_status")
            requests = list(stack.gateway_requests)
            reply = await client.call_tool(
                "answer_order_question",
                {"reply_id": question["id"], "confirmed": True},
                raise_on_error=False,
            )
            return status, requests, reply.content[0].text

    status, requests, reply = run_in_virtual_time(scenario())
    assert requests == []
    assert "order" in status["note"]
    assert "order_id" in reply or "message" in reply


def test_it_takes_no_arguments() -> None:
    async def scenario() -> Any:
        stack = InProcessStack()
        async with stack.client() as client:
            return await client.call_tool("connection_status", {"verbose": True}, raise_on_error=False)

    result = run_in_virtual_time(scenario())
    assert result.is_error
    assert "verbose" in result.content[0].text


def test_a_problem_that_the_ticker_found_fails_every_tool_immediately_and_only_while_it_lasts() -> None:
    async def scenario() -> tuple[float, str, bool]:
        stack = InProcessStack()
        loop = asyncio.get_running_loop()
        async with stack.client() as client:
            stack.gate.clear()  # the gateway does not respond, and only the ticker sends requests
            await asyncio.sleep(120)
            began = loop.time()
            refused = await client.call_tool("search_contracts", {"symbol": "AAPL"}, raise_on_error=False)
            took = loop.time() - began
            stack.gate.set()
            after = await client.call_tool("search_contracts", {"symbol": "AAPL"}, raise_on_error=False)
            return took, refused.content[0].text, after.is_error

    took, text, failed = run_in_virtual_time(scenario())
    assert took < 1.1
    assert OUTCOME_SENTENCES[Outcome.NOT_SENT] in text
    assert not failed


def run_with_arguments(**arguments: Any) -> tuple[bool, str, float]:
    async def scenario() -> tuple[bool, str, float]:
        stack = InProcessStack(login=False)
        async with stack.client() as client:
            began = asyncio.get_running_loop().time()
            result = await client.call_tool("connection_status", arguments, raise_on_error=False)
            return result.is_error, result.content[0].text, asyncio.get_running_loop().time() - began

    returned: tuple[bool, str, float] = run_in_virtual_time(scenario())
    return returned


@pytest.mark.parametrize("seconds", [30, "30"])
def test_it_waits_for_the_login_as_long_as_requested(seconds: Any) -> None:
    failed, text, waited = run_with_arguments(wait_seconds=seconds)
    assert not failed
    assert not json.loads(text)["ready"]
    assert 29 <= waited <= 33


@pytest.mark.parametrize("flag", [True, "True"])
def test_it_diagnoses_every_layer_on_request(flag: Any) -> None:
    failed, text, _ = run_with_arguments(diagnose=flag)
    assert not failed
    assert len(json.loads(text)["layers"]) > 5


@pytest.mark.parametrize(
    "arguments", [{"wait_seconds": "soon"}, {"wait_seconds": 9999}, {"diagnose": "maybe"}]
)
def test_invalid_arguments_are_named(arguments: dict[str, Any]) -> None:
    failed, text, _ = run_with_arguments(**arguments)
    assert failed
    assert f"`{next(iter(arguments))}`" in text
