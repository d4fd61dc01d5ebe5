"""The README's first command, with other people's MCP clients."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import fastmcp
import httpx
import mcp
import pytest
from mcp import StdioServerParameters

from tests.acceptance.conftest import Demo, running_demo

pytestmark = pytest.mark.acceptance

REVISIONS = ["legacy", "2026-07-28"]
"""The protocol with the handshake of 2025-11-25, and the sessionless revision."""


def stdio_parameters(demo: Demo) -> StdioServerParameters:
    """The server as Claude Desktop starts it, against the gateway of a running demo."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "mcp_server", "--stdio"],
        env={
            **os.environ,
            "GATEWAY_URL": f"https://localhost:{demo.gateway_port}",
            "GATEWAY_VERIFY_TLS": "false",
        },
    )


@asynccontextmanager
async def sdk_client(target: Any, mode: str) -> AsyncIterator[Callable[..., Any]]:
    """The MCP SDK's own client, reduced to one function: call a tool."""
    async with mcp.Client(target, mode=mode) as client:
        yield client.call_tool


@asynccontextmanager
async def fastmcp_client(target: Any, mode: str) -> AsyncIterator[Callable[..., Any]]:
    """FastMCP's client, the same way."""
    if isinstance(target, StdioServerParameters):
        transport = fastmcp.client.transports.StdioTransport(
            command=target.command, args=target.args, env=target.env, keep_alive=False
        )
        target = transport
    async with fastmcp.Client(target, mode=mode) as client:
        yield client.call_tool_mcp


Connect = Callable[[Any, str], AbstractAsyncContextManager[Callable[..., Any]]]
clients = pytest.mark.parametrize("connect", [sdk_client, fastmcp_client])
revisions = pytest.mark.parametrize("mode", REVISIONS)


def reset_rate_limits(demo: Demo) -> None:
    """Each server over stdio has its own rate limiter; the simulator counts all requests together."""
    url = f"https://localhost:{demo.gateway_port}/simulator/pardon"
    httpx.post(url, json={}, verify=demo.certificate(), trust_env=False).raise_for_status()


def text_of(result: Any) -> str:
    """The one text of a successful result, which must contain the payload once."""
    assert not result.is_error, result.content
    assert result.structured_content is None
    (content,) = result.content
    text: str = content.text
    return text


@revisions
@clients
@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_the_first_calls_return_the_account_and_a_complete_quote(
    demo: Demo, transport: str, connect: Connect, mode: str
) -> None:
    target = demo.mcp_url if transport == "http" else stdio_parameters(demo)
    reset_rate_limits(demo)
    async with connect(target, mode) as call:
        accounts = json.loads(text_of(await call("list_brokerage_accounts", {})))
        (account,) = accounts["accounts"]
        positions = json.loads(text_of(await call("list_positions", {"account_id": account})))
        quote = json.loads(text_of(await call("get_market_snapshot", {"conids": [265598]})))
    assert accounts["isPaper"] is True
    assert {row["ticker"] for row in positions} >= {"AAPL", "IBM", "SPY"}
    assert float(quote[0]["84"].replace(",", "")) > 0


@revisions
@clients
async def test_an_invalid_account_is_an_error_with_a_sentence(
    demo: Demo, connect: Connect, mode: str
) -> None:
    async with connect(demo.mcp_url, mode) as call:
        result = await call("list_positions", {"account_id": "../order/-1"})
    assert result.is_error
    assert "account_id" in result.content[0].text


def test_the_client_snippet_is_valid_and_names_the_url(demo: Demo) -> None:
    demo.wait_until(lambda output: '"servers"' in output)
    snippet = demo.output[demo.output.index("{") :]
    configuration, _ = json.JSONDecoder().raw_decode(snippet)
    (server,) = configuration["servers"].values()
    assert server == {"type": "http", "url": demo.mcp_url}


def test_the_login_page_is_named(demo: Demo) -> None:
    assert f"https://localhost:{demo.gateway_port}" in demo.output


def begins_a_line(name: str) -> Callable[[str], bool]:
    """Whether the output has a line that begins with the name."""
    pattern = re.compile(rf"^\S*({name})", re.MULTILINE)
    return lambda output: pattern.search(output) is not None


def test_all_three_processes_log_to_one_stream(demo: Demo) -> None:
    for part in ("gateway|simulator", "ticker", "server"):
        demo.wait_until(begins_a_line(part), 10)


def test_ctrl_c_stops_all_three_and_frees_their_ports() -> None:
    with running_demo() as running:
        began = time.monotonic()
        code = running.interrupt()
    # make itself reports the interrupt, in one of three ways.
    assert code in (0, 2, 130, -signal.SIGINT), running.output
    assert time.monotonic() - began < 20
    assert "Traceback" not in running.output
    for port in (running.gateway_port, running.server_port, running.ticker_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
