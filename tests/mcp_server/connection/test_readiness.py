"""What /health and /ready say, and what they ask of the gateway."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from mcp_server.connection import readiness, status
from mcp_server.http.serving import http_app
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings

STATUS = "/iserver/auth/status"
OPEN = {"authenticated": True, "established": True, "connected": True, "competing": False, "MAC": "00:11"}
CLOSED = {"authenticated": False, "connected": True, "competing": False}


async def page(gateway: GatewayClient, settings: ServerSettings, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(http_app(create_server(gateway, settings, ()), settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5002") as client:
        return await client.get(path)


async def test_being_alive_asks_nothing_of_the_gateway(
    gateway: GatewayClient, far_side: Any, settings: ServerSettings
) -> None:
    reply = await page(gateway, settings, "/health")
    assert (reply.status_code, reply.json()) == (200, {"status": "alive"})
    assert far_side.asked == []


async def test_an_open_session_is_ready(
    gateway: GatewayClient, far_side: Any, settings: ServerSettings
) -> None:
    far_side.answers[STATUS] = httpx.Response(200, json=OPEN)
    reply = await page(gateway, settings, "/ready")
    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ready",
        "gateway": "answers",
        "session": "brokerage session open",
        "happened": explain(Cause.ESTABLISHED).sentence,
        "hint": explain(Cause.ESTABLISHED).next_step,
    }


@pytest.mark.parametrize(
    ("answer", "gateway_is", "hint"),
    [
        (httpx.Response(200, json=CLOSED), "answers", ""),
        (
            httpx.Response(200, json={**CLOSED, "competing": True}),
            "answers",
            explain(Cause.COMPETING).next_step,
        ),
        (
            httpx.Response(200, json={"authenticated": False, "connected": False}),
            "answers",
            "https://login.example",
        ),
        (httpx.Response(200, json=[1]), "fails", ""),
        (httpx.Response(401), "answers", "https://login.example"),
        (
            httpx.Response(404, content=b"Access Denied"),
            "answers",
            explain(Cause.ADDRESS_REFUSED, login="https://login.example:5055").next_step,
        ),
        (httpx.ConnectError("refused"), "unreachable", ""),
        (httpx.Response(500, text="<html>U1234567</html>"), "fails", ""),
        (httpx.Response(429), "not asked", explain(Cause.PENALTY_BOX, seconds=600).next_step),
    ],
)
async def test_anything_else_is_not_ready_and_says_what_to_do(
    gateway: GatewayClient, far_side: Any, settings: ServerSettings, answer: Any, gateway_is: str, hint: str
) -> None:
    far_side.answers[STATUS] = answer
    reply = await page(gateway, settings, "/ready")
    told = reply.json()
    assert reply.status_code == 503
    assert (told["status"], told["gateway"]) == ("not ready", gateway_is)
    assert told["happened"]
    assert hint in told["hint"]
    assert "U1234567" not in reply.text


async def test_a_gateway_that_hangs_gets_an_answer_in_time(
    gateway: GatewayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def hangs() -> Any:
        asked.append(1)
        await asyncio.Event().wait()

    monkeypatch.setattr(gateway.session_monitor, "_fetch_status", hangs)
    monkeypatch.setattr(readiness, "CHECK_TIMEOUT", 0.02)
    found = await asyncio.gather(*(readiness.check_readiness(gateway.session_monitor) for _ in range(5)))
    assert {(each.ready, each.gateway) for each in found} == {(False, "silent")}
    assert asked == [1]
    await gateway.session_monitor.aclose()


async def test_a_look_is_kept_for_a_moment(gateway: GatewayClient, far_side: Any) -> None:
    far_side.answers[STATUS] = httpx.Response(200, json=OPEN)
    first = await readiness.check_readiness(gateway.session_monitor)
    assert await readiness.check_readiness(gateway.session_monitor) == first
    assert len(far_side.asked) == 1
    assert status.CHECK_TTL < 2


async def test_nothing_is_asked_while_an_orders_question_is_open(
    gateway: GatewayClient, far_side: Any
) -> None:
    question = [{"id": "07a13a5a-4a48-44a5-bb25-5ab37b79186c", "message": ["Are you sure?"]}]
    far_side.answers["/iserver/accounts"] = httpx.Response(200, json={"accounts": ["DU1234567"]})
    far_side.answers["/iserver/account/DU1234567/orders"] = httpx.Response(200, json=question)
    await gateway.post("/iserver/account/{allocation}/orders", "DU1234567", body={"orders": []})
    far_side.asked.clear()
    found = await readiness.check_readiness(gateway.session_monitor)
    assert (found.ready, found.gateway, found.session) == (False, "not asked", "unknown")
    assert far_side.asked == []
