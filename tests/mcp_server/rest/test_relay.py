"""What the relay passes through, and what it removes."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Invalid
from mcp_server.rest.relay import Json, Relay, get_relay

UNUSUAL_JSON = b'{ "b":1.50,"a":[1e2, null],"\xc3\xa9":"\\u00e9" }'


@pytest.fixture
def relayed(gateway: GatewayClient) -> Relay:
    return Relay(gateway)


async def test_a_body_is_returned_byte_for_byte(relayed: Relay, stub_gateway: Any) -> None:
    stub_gateway.answers["/portfolio/accounts"] = httpx.Response(200, content=UNUSUAL_JSON)
    reply = await relayed.get("/portfolio/accounts")
    assert isinstance(reply, Json)
    assert reply.body == UNUSUAL_JSON
    assert reply.media_type == "application/json"


async def test_named_secrets_are_removed_at_any_depth(relayed: Relay, stub_gateway: Any) -> None:
    body = {"session": "s3cret", "iserver": {"session": 1, "ok": [{"session": 2, "left": 3}]}}
    stub_gateway.answers["/tickle"] = httpx.Response(200, json=body)
    reply = await relayed.tickle()
    assert orjson.loads(reply.body) == {"iserver": {"ok": [{"left": 3}]}}


async def test_a_list_is_redacted_too(relayed: Relay, stub_gateway: Any) -> None:
    stub_gateway.answers["/sso/validate"] = httpx.Response(200, json=[{"IP": "10.0.0.1", "id": 1}])
    reply = await relayed.get("/sso/validate")
    assert orjson.loads(reply.body) == [{"id": 1}]


async def test_one_part_of_a_response_can_be_returned(relayed: Relay, stub_gateway: Any) -> None:
    body = {"types": [{"filters": [1]}], "filters": [2]}
    stub_gateway.otherwise = httpx.Response(200, json=body)
    reply = await relayed.get("/portfolio/accounts", only="filters")
    assert orjson.loads(reply.body) == {"filters": [2]}


@pytest.mark.parametrize("body", [b'{"types": []}', b'[{"filters": 1}]'])
async def test_a_response_without_the_part_is_returned_whole(
    relayed: Relay, stub_gateway: Any, body: bytes
) -> None:
    stub_gateway.otherwise = httpx.Response(200, content=body)
    reply = await relayed.get("/portfolio/accounts", only="filters")
    assert orjson.loads(reply.body) == orjson.loads(body)


async def test_the_name_of_a_part_is_not_sent(relayed: Relay, stub_gateway: Any) -> None:
    await relayed.get("/portfolio/accounts", only="filters")
    assert [request.url.query for request in stub_gateway.requests] == [b""]


async def test_the_method_and_the_body_are_sent(relayed: Relay, stub_gateway: Any) -> None:
    stub_gateway.otherwise = httpx.Response(200, json={"accounts": ["U1234567"]})
    await relayed.post("/iserver/auth/status", body={"a": 1}, reads=True)
    await relayed.put("/iserver/account/allocation/group", body={"b": 2})
    await relayed.delete("/iserver/watchlist", id="1")
    sent = [(request.method, request.content) for request in stub_gateway.requests if request.method != "GET"]
    assert sent[0] == ("POST", b'{"a":1}')
    assert sent[1] == ("PUT", b'{"b":2}')
    assert sent[2][0] == "DELETE"


async def test_errors_of_the_gateway_client_pass_through(relayed: Relay, stub_gateway: Any) -> None:
    with pytest.raises(Invalid):
        await relayed.get("/portfolio/{account}/meta", "../tickle")
    assert stub_gateway.requests == []


async def test_a_route_gets_the_relay_of_its_app(relayed: Relay) -> None:
    app = FastAPI()
    app.state.relay = relayed
    assert await get_relay(Request({"type": "http", "app": app})) is relayed


async def test_a_route_of_extra_routers_can_name_keys_to_remove(relayed: Relay, stub_gateway: Any) -> None:
    stub_gateway.answers["/portfolio/accounts"] = httpx.Response(200, json={"token": "s3cret", "id": 1})
    reply = await relayed.get("/portfolio/accounts", redact=("token",))
    assert orjson.loads(reply.body) == {"id": 1}
