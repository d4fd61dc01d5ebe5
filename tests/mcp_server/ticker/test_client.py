"""The ticker's client, with a ticker that works, hangs, is down, or is something else."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api_gateway.causes import (
    OUTCOME_SENTENCES,
    UNKNOWN_OUTCOME_STEPS,
    Cause,
    Outcome,
    WriteKind,
    explain,
)
from mcp_server.ticker.client import HOLD_TIMEOUT, STATUS_TIMEOUT, TickerClient
from tests.virtual_loop import run_in_virtual_time

REPORT = {"state": "closed", "since": "2026-11-18T17:00:00+00:00", "compete": "ask", "something_new": [1]}


def ticker(reply: Any) -> TickerClient:
    return TickerClient("http://ticker:5056", transport=httpx.MockTransport(reply))


def serving(health: httpx.Response, state: httpx.Response) -> TickerClient:
    return ticker(lambda request: health if request.url.path == "/health" else state)


def test_the_report_of_a_working_ticker_is_read_and_new_fields_are_ignored() -> None:
    status = run_in_virtual_time(
        serving(httpx.Response(200), httpx.Response(200, json=REPORT)).fetch_status()
    )
    assert status.alive
    assert status.report is not None
    assert (status.report.state, status.report.compete) == ("closed", "ask")


def test_a_ticker_whose_loop_has_stopped_is_stuck() -> None:
    status = run_in_virtual_time(
        serving(httpx.Response(503), httpx.Response(200, json=REPORT)).fetch_status()
    )
    assert not status.alive
    stuck = explain(Cause.TICKER_STUCK)
    assert (status.message, status.next_step) == (stuck.sentence, stuck.next_step)


@pytest.mark.parametrize(
    "state",
    [
        httpx.Response(404),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"since": 5}),
        httpx.Response(200, text='{"state": "closed", "login_ends_in_seconds": NaN}'),
        httpx.Response(200, text='{"state": "closed", "next_look_in_seconds": 1e999}'),
        httpx.Response(200, text="[" * 100_000),
    ],
)
def test_something_else_at_its_url_is_not_a_ticker(state: httpx.Response) -> None:
    status = run_in_virtual_time(serving(httpx.Response(200), state).fetch_status())
    assert not status.alive
    assert status.report is None
    assert "TICKER_URL" in status.message


@pytest.mark.parametrize("text", ["", "[1]", "[" * 100_000, '{"id": 5}', '{"id": "../take"}'])
def test_an_invalid_response_is_neither_a_hold_nor_a_take_over(text: str) -> None:
    odd = ticker(lambda _: httpx.Response(201, text=text))
    assert run_in_virtual_time(odd.hold(60)) is None
    assert not run_in_virtual_time(odd.take_over()).accepted


def test_a_hanging_ticker_delays_no_caller_beyond_the_timeout() -> None:
    async def hangs(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def scenario() -> tuple[Any, float, Any, float]:
        loop, client = asyncio.get_running_loop(), ticker(hangs)
        began = loop.time()
        status = await client.fetch_status()
        status_at = loop.time()
        hold_id = await client.hold(60)
        return status, status_at - began, hold_id, loop.time() - status_at

    status, status_seconds, hold_id, hold_seconds = run_in_virtual_time(scenario())
    assert not status.alive
    assert status_seconds == pytest.approx(STATUS_TIMEOUT)
    assert hold_id is None
    assert hold_seconds == pytest.approx(HOLD_TIMEOUT)


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(429, json={"error": "4 holds are alive."}),
        httpx.Response(503, json={"error": "The ticker waits."}),
        httpx.Response(201, json={"id": 5}),
        httpx.Response(201, json={"id": "../take"}),
        httpx.Response(201, text="fine"),
        httpx.ConnectError("refused"),
    ],
)
def test_a_hold_that_is_not_granted_is_none(reply: Any, caplog: pytest.LogCaptureFixture) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(reply, httpx.Response):
            return reply
        raise reply

    assert run_in_virtual_time(ticker(respond).hold(60)) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_rejected_take_over_quotes_the_ticker() -> None:
    rejecting = ticker(lambda _: httpx.Response(409, json={"error": "No other program holds it."}))
    result = run_in_virtual_time(rejecting.take_over())
    assert (result.accepted, result.message) == (False, "No other program holds it.")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (httpx.ConnectError("refused"), Outcome.UNCHANGED),
        (httpx.Response(404), Outcome.UNCHANGED),
        (httpx.Response(500), Outcome.UNKNOWN),
        (httpx.ReadError("reset"), Outcome.UNKNOWN),
        (httpx.ReadTimeout("slow"), Outcome.UNKNOWN),
    ],
)
def test_a_failed_take_over_says_whether_anything_was_changed(reply: Any, outcome: Outcome) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(reply, httpx.Response):
            return reply
        raise reply

    result = run_in_virtual_time(ticker(respond).take_over())
    assert not result.accepted
    said = {each for each, text in OUTCOME_SENTENCES.items() if text and text in result.message}
    assert said == {outcome}
    if outcome is Outcome.UNKNOWN:
        assert UNKNOWN_OUTCOME_STEPS[WriteKind.SESSION] in result.message
