"""/health and /ready: what they return, and what they request from the gateway."""

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


async def test_health_sends_no_request_to_the_gateway(
    gateway: GatewayClient, stub_gateway: Any, settings: ServerSettings
) -> None:
    response = await page(gateway, settings, "/health")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert stub_gateway.requests == []


async def test_an_open_session_is_ready(
    gateway: GatewayClient, stub_gateway: Any, settings: ServerSettings
) -> None:
    stub_gateway.answers[STATUS] = httpx.Response(200, json=OPEN)
    response = await page(gateway, settings, "/ready")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "gateway": "responds",
        "session": "brokerage session open",
    }


@pytest.mark.parametrize(
    ("reply", "gateway_is", "hint"),
    [
        (httpx.Response(200, json=CLOSED), "responds", ""),
        (
            httpx.Response(200, json={**CLOSED, "competing": True}),
            "responds",
            explain(Cause.COMPETING).next_step,
        ),
        (
            httpx.Response(200, json={"authenticated": False, "connected": False}),
            "responds",
            "https://login.example",
        ),
        (httpx.Response(200, json=[1]), "failing", ""),
        (httpx.Response(401), "responds", "https://login.example"),
        (
            httpx.Response(404, content=b"Access Denied"),
            "responds",
            explain(Cause.ADDRESS_REFUSED, login="https://login.example:5055").next_step,
        ),
        (httpx.ConnectError("refused"), "unreachable", ""),
        (httpx.Response(500, text="<html>U1234567</html>"), "failing", ""),
        (httpx.Response(429), "not checked", explain(Cause.PENALTY_BOX, seconds=600).next_step),
    ],
)
async def test_any_other_state_is_not_ready_and_has_a_hint(
    gateway: GatewayClient,
    stub_gateway: Any,
    settings: ServerSettings,
    reply: Any,
    gateway_is: str,
    hint: str,
) -> None:
    stub_gateway.answers[STATUS] = reply
    response = await page(gateway, settings, "/ready")
    body = response.json()
    assert response.status_code == 503
    assert (body["status"], body["gateway"]) == ("not ready", gateway_is)
    assert body["problem"]
    assert hint in body["hint"]
    assert "U1234567" not in response.text


async def test_a_hanging_gateway_is_reported_in_time(
    gateway: GatewayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = []

    async def hangs() -> Any:
        requests.append(1)
        await asyncio.Event().wait()

    monkeypatch.setattr(gateway.session_monitor, "_fetch_status", hangs)
    monkeypatch.setattr(readiness, "CHECK_TIMEOUT", 0.02)
    found = await asyncio.gather(*(readiness.check_readiness(gateway.session_monitor) for _ in range(5)))
    assert {(each.ready, each.gateway) for each in found} == {(False, "no response from IBKR")}
    assert requests == [1]
    await gateway.session_monitor.aclose()


async def test_a_result_is_reused_for_a_second(gateway: GatewayClient, stub_gateway: Any) -> None:
    stub_gateway.answers[STATUS] = httpx.Response(200, json=OPEN)
    first = await readiness.check_readiness(gateway.session_monitor)
    assert await readiness.check_readiness(gateway.session_monitor) == first
    assert len(stub_gateway.requests) == 1
    assert status.CHECK_TTL < 2


async def test_no_request_is_sent_while_an_order_awaits_confirmation(
    gateway: GatewayClient, stub_gateway: Any
) -> None:
    question = [{"id": "07a13a5a-4a48-44a5-bb25-5ab37b79186c", "message": ["Are you sure?"]}]
    stub_gateway.answers["/iserver/accounts"] = httpx.Response(200, json={"accounts": ["DU1234567"]})
    stub_gateway.answers["/iserver/account/DU1234567/orders"] = httpx.Response(200, json=question)
    await gateway.post("/iserver/account/{allocation}/orders", "DU1234567", body={"orders": []})
    stub_gateway.requests.clear()
    found = await readiness.check_readiness(gateway.session_monitor)
    assert (found.ready, found.gateway, found.session) == (False, "not checked", "unknown")
    assert stub_gateway.requests == []
