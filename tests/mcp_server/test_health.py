"""What /health and /ready say, and what they ask of the gateway."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api_gateway.client import Gateway
from api_gateway.errors import Paced, SessionLost
from mcp_server.health import Readiness
from mcp_server.server import create_server
from mcp_server.serving import http_app
from mcp_server.settings import ServerSettings

STATUS = "/iserver/auth/status"
OPEN = {"authenticated": True, "established": True, "connected": True, "competing": False, "MAC": "00:11"}
CLOSED = {"authenticated": False, "connected": True, "competing": False}


async def page(gateway: Gateway, settings: ServerSettings, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(http_app(create_server(gateway, settings, ()), settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5002") as client:
        return await client.get(path)


async def test_being_alive_asks_nothing_of_the_gateway(
    gateway: Gateway, far_side: Any, settings: ServerSettings
) -> None:
    reply = await page(gateway, settings, "/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "alive"})
    assert far_side.asked == []


async def test_an_open_session_is_ready(gateway: Gateway, far_side: Any, settings: ServerSettings) -> None:
    far_side.answers[STATUS] = httpx.Response(200, json=OPEN)
    reply = await page(gateway, settings, "/ready")
    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ready",
        "gateway": "answers",
        "session": "brokerage session open",
        "happened": "The gateway answers: brokerage session open.",
        "hint": "",
    }


@pytest.mark.parametrize(
    ("answer", "gateway_is", "hint"),
    [
        (httpx.Response(200, json=CLOSED), "answers", "ticker"),
        (httpx.Response(200, json={**CLOSED, "competing": True}), "answers", "COMPETE=take"),
        (
            httpx.Response(200, json={"authenticated": False, "connected": False}),
            "answers",
            "https://login.example",
        ),
        (httpx.Response(200, json=[1]), "answers", "https://login.example"),
        (httpx.Response(401), "answers", "https://login.example"),
        (httpx.ConnectError("refused"), "unreachable", ""),
        (httpx.Response(500, text="<html>U1234567</html>"), "fails", ""),
    ],
)
async def test_anything_else_is_not_ready_and_says_what_to_do(
    gateway: Gateway, far_side: Any, settings: ServerSettings, answer: Any, gateway_is: str, hint: str
) -> None:
    far_side.answers[STATUS] = answer
    reply = await page(gateway, settings, "/ready")
    told = reply.json()
    assert reply.status_code == 503
    assert (told["status"], told["gateway"]) == ("not ready", gateway_is)
    assert told["happened"]
    assert hint in told["hint"]
    assert "U1234567" not in reply.text


@pytest.mark.parametrize(
    ("error", "gateway_is", "session"),
    [
        (Paced(asked="a", happened="Wait.", hint="h", seconds=1), "not asked", "unknown"),
        (
            SessionLost(asked="a", happened="Gone.", hint="h"),
            "answers",
            "logged in, brokerage session closed",
        ),
    ],
)
async def test_a_failure_of_our_own_is_told_as_what_it_is(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, error: Exception, gateway_is: str, session: str
) -> None:
    async def post(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(gateway, "post", post)
    standing = await Readiness(gateway).standing()
    assert (standing.ready, standing.gateway, standing.session) == (False, gateway_is, session)


class Slow:
    """A far side that answers when it is let."""

    def __init__(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.answer = asyncio.Event()
        monkeypatch.setattr(gateway, "post", self.post)

    async def post(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        await self.answer.wait()
        return type("Reply", (), {"value": OPEN})()


async def test_a_gateway_that_hangs_gets_an_answer_in_time_and_one_question(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(gateway, monkeypatch)
    readiness = Readiness(gateway, patience=0.01)
    first = await asyncio.gather(*(readiness.standing() for _ in range(5)))
    again = await readiness.standing()
    assert {standing.gateway for standing in [*first, again]} == {"silent"}
    assert slow.asked == 1
    slow.answer.set()
    assert (await readiness.standing()).ready
    assert slow.asked == 1


async def test_a_look_is_kept_for_a_moment_and_then_taken_anew(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(gateway, monkeypatch)
    slow.answer.set()
    clock = [100.0]
    readiness = Readiness(gateway, now=lambda: clock[0])
    for moment, asked in [(100.0, 1), (100.9, 1), (101.0, 2)]:
        clock[0] = moment
        assert (await readiness.standing()).ready
        assert slow.asked == asked


async def test_closing_ends_the_look_that_hangs(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    Slow(gateway, monkeypatch)
    readiness = Readiness(gateway, patience=0.01)
    await readiness.aclose()
    await readiness.standing()
    await readiness.aclose()
    assert len(asyncio.all_tasks()) == 1


def test_an_answer_is_due_within_two_seconds_as_delivered(gateway: Gateway) -> None:
    assert Readiness(gateway)._patience < 2
