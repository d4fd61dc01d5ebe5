"""Service checks: the ticker and the MCP server, as their clients reach them."""

from __future__ import annotations

import json
import socket

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api_gateway.causes import Cause, explain
from api_gateway.doctor.checks import services
from api_gateway.doctor.checks.services import (
    McpEndpoint,
    TickerCheck,
    compare_with_ticker,
    examine_endpoint,
    examine_ticker,
)
from api_gateway.doctor.findings import Layer, Outcome, broken, ok
from tests.api_gateway.doctor.world import TOKEN, server_app, ticker_app
from tests.api_gateway.listening import serve_app

URL = "http://localhost:5002/mcp"


async def test_vs_code_prompts_for_the_token_which_is_never_written() -> None:
    snippet = McpEndpoint(URL, token=TOKEN).snippet
    assert TOKEN not in snippet
    read = json.loads(snippet)
    assert read["servers"]["ibkr"]["headers"] == {"Authorization": "Bearer ${input:ibkr-token}"}
    assert read["inputs"][0]["password"] is True


async def test_without_a_token_the_snippet_has_only_the_url() -> None:
    read = json.loads(McpEndpoint(URL).snippet)
    assert read == {"servers": {"ibkr": {"type": "http", "url": URL}}}


async def test_a_client_that_starts_the_server_needs_no_url() -> None:
    endpoint = McpEndpoint(URL, over_http=False)
    assert json.loads(endpoint.snippet)["servers"]["ibkr"]["args"] == ["serve", "--stdio"]
    endpoint_found, clients = await examine_endpoint(endpoint)
    assert (endpoint_found.outcome, clients.outcome) == (Outcome.SKIPPED, Outcome.OK)


async def test_a_port_that_is_unknown_is_not_checked() -> None:
    [found, clients] = await examine_endpoint(McpEndpoint("http://localhost:0/mcp"))
    assert {found.outcome, clients.outcome} == {Outcome.SKIPPED}


async def test_a_server_without_settings_has_no_finding() -> None:
    assert await examine_endpoint(None) == []


async def test_a_response_in_an_event_stream_that_stays_open_is_read() -> None:
    class Endless(Response):
        async def __call__(self, _: object, receive: object, send: object) -> None:
            result = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"serverInfo": {"name": "IB MCP"}}})
            start = {"type": "http.response.start", "status": 200}
            headers = [(b"content-type", b"text/event-stream")]
            body = {"type": "http.response.body", "body": f"data: {result}\n\n".encode(), "more_body": True}
            await send({**start, "headers": headers})  # type: ignore[operator]
            await send(body)  # type: ignore[operator]
            while (await receive())["type"] != "http.disconnect":  # type: ignore[operator]
                continue

    async def hello(_: Request) -> Response:
        return Endless()

    async with serve_app(Starlette(routes=[Route("/mcp", hello, methods=["POST"])])) as server:
        [found, clients] = await examine_endpoint(McpEndpoint(f"http://127.0.0.1:{server.port}/mcp"))
    assert "IB MCP" in found.sentence
    assert clients.outcome is Outcome.OK


@pytest.mark.parametrize(("asked", "cause"), [(None, Cause.TOKEN_MISSING), ("other", Cause.TOKEN_DIFFERS)])
async def test_a_wrong_token_is_reported_without_it(asked: str | None, cause: Cause) -> None:
    async with serve_app(server_app()) as server:
        found, _ = await examine_endpoint(McpEndpoint(f"http://127.0.0.1:{server.port}/mcp", token=asked))
    assert found.outcome is Outcome.BROKEN
    assert found.cause is cause
    assert TOKEN not in f"{found.sentence} {found.fix}"


async def test_beyond_loopback_without_a_name_is_a_warning() -> None:
    async with serve_app(server_app()) as server:
        url = f"http://127.0.0.1:{server.port}/mcp"
        _, clients = await examine_endpoint(McpEndpoint(url, token=TOKEN, loopback=False))
        assert clients.outcome is Outcome.WARNING
        assert clients.cause is Cause.ONLY_LOCALHOST
        named = McpEndpoint(url, token=TOKEN, loopback=False, allowed_hosts=("nas.lan",))
        assert "nas.lan" in (await examine_endpoint(named))[1].sentence


async def test_the_finding_names_the_tickers_state() -> None:
    async with serve_app(ticker_app("not_logged_in")) as server:
        ticker = await examine_ticker(f"http://127.0.0.1:{server.port}")
    assert "“not logged in”" in ticker.finding.sentence
    assert ticker.state is not None


async def test_a_ticker_whose_host_is_unknown_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(services, "addresses_of", unknown)
    ticker = await examine_ticker("http://ticker:5056")
    assert ticker.finding.cause is Cause.TICKER_DOWN
    assert "Name or service not known" in ticker.finding.sentence


@pytest.mark.parametrize(
    ("ready", "established", "outcome"),
    [
        (True, True, Outcome.OK),
        (False, False, Outcome.OK),
        (True, None, Outcome.OK),
        (True, False, Outcome.WARNING),
        (False, True, Outcome.WARNING),
    ],
)
def test_a_ticker_that_reports_another_state_is_a_warning(
    ready: bool, established: bool | None, outcome: Outcome
) -> None:
    ticker = TickerCheck(ok(Layer.TICKER, "It answers."), {"state": "x", "ready": ready})
    assert compare_with_ticker(ticker, established=established).outcome is outcome


def test_a_broken_ticker_stays_broken_whatever_it_reports() -> None:
    down = broken(Layer.TICKER, explain(Cause.TICKER_STUCK))
    assert compare_with_ticker(TickerCheck(down, {"ready": True}), established=False) is down
