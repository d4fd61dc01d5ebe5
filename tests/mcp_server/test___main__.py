"""`python -m mcp_server` as a process."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import fastmcp
import httpx
import mcp
import pytest
from fastmcp.client.transports import StdioTransport

from api_gateway.data_dir.database import Database
from mcp_server.facts.fact_store import FILE_NAME, MIGRATIONS
from mcp_server.http.serving import listen

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "mcp_server")
ADDRESS = re.compile(rb"listening on (http://\S+)/mcp")
NO_GATEWAY = "http://127.0.0.1:9"
"""No gateway listens here: it is the port of the discard service."""


def environment(**settings: str) -> dict[str, str]:
    names = {"PATH", "HOME", "TMPDIR", "XDG_DATA_HOME"}
    inherited = {name: value for name, value in os.environ.items() if name in names}
    return inherited | {"PYTHONPATH": str(ROOT), "GATEWAY_URL": NO_GATEWAY, "MCP_SERVER_PORT": "0"} | settings


@asynccontextmanager
async def started(tmp_path: Path, *arguments: str, **settings: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, cwd=tmp_path, env=environment(**settings), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def address_of(process: Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if found := ADDRESS.search(line):
            return found[1].decode()
    raise AssertionError("the server exited before it listened")


async def failed_start(tmp_path: Path, **settings: str) -> tuple[int | None, str]:
    """The exit status and the only line of a startup that must fail."""
    async with started(tmp_path, **settings) as process:
        out, err = await process.communicate()
    assert out == b""
    [line] = err.decode().splitlines()
    return process.returncode, line


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("setting", "value", "valid"),
    [
        ("TRADING_MODE", "yolo", "read, paper or live"),
        ("INCLUDED_TAGS", "Portfollio", "Session, Accounts"),
        ("MCP_SERVER_HOST", "0.0.0.0", "MCP_SERVER_TOKEN"),
        ("GATEWAY_URL", "gateway", "GATEWAY_URL"),
    ],
)
async def test_an_invalid_setting_stops_startup_with_one_line(
    tmp_path: Path, setting: str, value: str, valid: str
) -> None:
    status, line = await failed_start(tmp_path, **{setting: value})
    assert status == 2
    assert valid in line


async def test_a_port_in_use_stops_startup_with_one_line(tmp_path: Path) -> None:
    [in_use] = listen("127.0.0.1", 0)
    with in_use:
        status, line = await failed_start(tmp_path, MCP_SERVER_PORT=str(in_use.getsockname()[1]))
    assert status == 1
    assert "127.0.0.1:" in line
    assert "MCP_SERVER_PORT" in line


@pytest.mark.thorough
async def test_a_file_of_a_newer_version_stops_startup_with_one_line(tmp_path: Path) -> None:
    newer = Database(tmp_path / "data" / FILE_NAME, (*MIGRATIONS, ("CREATE TABLE newer (id)",)))
    newer.open()
    newer.close()
    status, line = await failed_start(tmp_path, IB_MCP_DATA_DIR=str(tmp_path / "data"))
    assert status == 2
    assert str(newer.path) in line


@pytest.mark.thorough
async def test_it_serves_without_a_usable_data_folder_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    async with started(tmp_path, IB_MCP_DATA_DIR=str(tmp_path / "data")) as process:
        address = await address_of(process)
        async with mcp.Client(f"{address}/mcp") as session:
            status = await session.call_tool("connection_status", {})
    assert isinstance(status.content[0], mcp.types.TextContent)
    assert str(tmp_path / "data") in json.loads(status.content[0].text)["data_folder"]["sentence"]


async def test_it_serves_without_a_gateway_and_exits_on_sigterm(tmp_path: Path) -> None:
    async with started(tmp_path) as process:
        address = await address_of(process)
        async with httpx.AsyncClient(base_url=address, timeout=10) as client:
            assert (await client.get("/health")).json() == {"status": "alive"}
            ready = await client.get("/ready")
        async with mcp.Client(f"{address}/mcp") as session:
            assert (await session.list_tools()).tools
        assert ready.status_code == 503
        assert ready.json()["gateway"] == "unreachable"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
    assert time.monotonic() - began < 10  # two seconds at most on an idle machine
    assert process.returncode == 0
    assert out == b""
    assert b"Traceback" not in err


Hang = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_open_streams_and_hanging_calls_do_not_delay_shutdown(
    tmp_path: Path, number: signal.Signals, mode: str
) -> None:
    received = asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.set()
        try:
            await asyncio.sleep(60)
        finally:
            writer.close()

    stub_gateway = await asyncio.start_server(hang, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{stub_gateway.sockets[0].getsockname()[1]}"
    async with started(tmp_path, GATEWAY_URL=url, GATEWAY_TIMEOUT="60") as process:
        address = await address_of(process)
        # A client of the older revision has an open stream for messages that the server initiates.
        client = fastmcp.Client(f"{address}/mcp", mode=mode)
        async with client:
            await client.list_tools()
            call = asyncio.create_task(client.call_tool("list_portfolio_accounts", {}))
            await asyncio.wait_for(received.wait(), 10)
            began = time.monotonic()
            process.send_signal(number)
            _, err = await process.communicate()
            took = time.monotonic() - began
            call.cancel()
            await asyncio.wait({call})
    stub_gateway.close()
    assert took < 10  # the call hangs for sixty
    assert process.returncode == 0
    assert b"Traceback" not in err


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_the_sdks_client_lists_and_calls_over_stdio(tmp_path: Path, mode: Any) -> None:
    parameters = mcp.StdioServerParameters(
        command=COMMAND[0],
        args=[*COMMAND[1:], "--stdio"],
        env=environment(LOG_LEVEL="DEBUG"),
        cwd=tmp_path,
    )
    async with mcp.Client(parameters, mode=mode) as client:
        assert (await client.list_tools()).tools
        result = await client.call_tool("list_portfolio_accounts", {})
    assert result.is_error


@pytest.mark.thorough
async def test_fastmcps_client_lists_and_calls_over_stdio(tmp_path: Path) -> None:
    transport = StdioTransport(
        command=COMMAND[0],
        args=list(COMMAND[1:]),
        env=environment(MCP_TRANSPORT_PROTOCOL="stdio"),
        cwd=str(tmp_path),
        keep_alive=False,
    )
    async with fastmcp.Client(transport) as client:
        assert await client.list_tools()
        result = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
    assert result.is_error


@pytest.mark.thorough
async def test_over_stdio_it_needs_no_token_and_exits_when_the_client_disconnects(tmp_path: Path) -> None:
    async with started(tmp_path, "--stdio", MCP_SERVER_HOST="0.0.0.0") as process:
        out, err = await asyncio.wait_for(process.communicate(b""), 20)
    assert process.returncode == 0
    assert out == b""
    assert b"Traceback" not in err
