"""What the server makes of a ticker that works, hangs, is away, or is something else."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api_gateway.causes import Cause, explain
from mcp_server.ticker.client import HOLD_TIMEOUT, STATUS_TIMEOUT, TickerClient
from tests.virtual_loop import run_in_virtual_time

REPORT = {"state": "closed", "since": "2026-11-18T17:00:00+00:00", "compete": "ask", "something_new": [1]}


def ticker(answer: Any) -> TickerClient:
    return TickerClient("http://ticker:5056", transport=httpx.MockTransport(answer))


def answers(health: httpx.Response, state: httpx.Response) -> TickerClient:
    return ticker(lambda request: health if request.url.path == "/health" else state)


def test_one_that_works_is_believed_and_what_is_new_in_its_report_is_left_out() -> None:
    look = run_in_virtual_time(answers(httpx.Response(200), httpx.Response(200, json=REPORT)).fetch_status())
    assert look.alive
    assert look.report is not None
    assert (look.report.state, look.report.compete) == ("closed", "ask")


def test_one_whose_loop_has_stopped_is_to_be_restarted() -> None:
    look = run_in_virtual_time(answers(httpx.Response(503), httpx.Response(200, json=REPORT)).fetch_status())
    assert not look.alive
    stuck = explain(Cause.TICKER_STUCK)
    assert (look.message, look.next_step) == (stuck.sentence, stuck.next_step)


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
def test_something_else_at_its_address_is_no_ticker(state: httpx.Response) -> None:
    look = run_in_virtual_time(answers(httpx.Response(200), state).fetch_status())
    assert not look.alive
    assert look.report is None
    assert "TICKER_URL" in look.message


@pytest.mark.parametrize("text", ["", "[1]", "[" * 100_000, '{"id": 5}', '{"id": "../take"}'])
def test_what_is_no_hold_is_none_and_breaks_no_order(text: str) -> None:
    odd = ticker(lambda _: httpx.Response(201, text=text))
    assert run_in_virtual_time(odd.hold(60)) is None
    assert not run_in_virtual_time(odd.take_over()).accepted


def test_one_that_hangs_keeps_nobody_waiting() -> None:
    async def hangs(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def tried() -> tuple[Any, float, Any, float]:
        loop, asked = asyncio.get_running_loop(), ticker(hangs)
        began = loop.time()
        look = await asked.fetch_status()
        looked = loop.time()
        held = await asked.hold(60)
        return look, looked - began, held, loop.time() - looked

    look, looking, held, holding = run_in_virtual_time(tried())
    assert not look.alive
    assert looking == pytest.approx(STATUS_TIMEOUT)
    assert held is None
    assert holding == pytest.approx(HOLD_TIMEOUT)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(429, json={"error": "4 holds are alive."}),
        httpx.Response(503, json={"error": "The ticker waits."}),
        httpx.Response(201, json={"id": 5}),
        httpx.Response(201, json={"id": "../take"}),
        httpx.Response(201, text="fine"),
        httpx.ConnectError("refused"),
    ],
)
def test_a_hold_that_is_not_given_is_none(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    def told(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return answer
        raise answer

    assert run_in_virtual_time(ticker(told).hold(60)) is None
    assert "without a hold" in caplog.text


def test_a_refusal_to_take_over_is_handed_on_in_its_words() -> None:
    refused = ticker(lambda _: httpx.Response(409, json={"error": "No other program holds it."}))
    assert run_in_virtual_time(refused.take_over()).message == "No other program holds it."
    mute = ticker(lambda _: httpx.Response(500))
    assert run_in_virtual_time(mute.take_over()).message == "The ticker refuses, without a word."
