"""`make bench`: run the benchmarks and print the tables of README.md."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import bpe_openai
import orjson

from benchmarks.backend import FIRST_CONID, SIZES
from benchmarks.calls import NO_OP, THIS_SERVER, calls_table, start_backend, start_server, tool_callers
from benchmarks.environment import DEFAULT_PYTHON, WrongEnvironmentError, load_environment
from benchmarks.generator import generator_table
from benchmarks.load import mcp_connection, run_calls
from benchmarks.pictures import pictures_table
from benchmarks.processes import free_port, temporary_certificate, wait_for_port
from benchmarks.simulator import simulator_table


async def wait_for_tool_list(port: int, until: float) -> tuple[bytes, float]:
    """The response to the first successful `tools/list`, and the time when it arrived."""
    while True:
        try:
            async with mcp_connection(port) as connection:
                body = await connection.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
                return body, time.perf_counter()
        except OSError:
            if time.perf_counter() > until:
                raise
            await asyncio.sleep(0.01)


async def startup_table(python: Path, starts: int) -> list[str]:
    """Startup time: this server with the gateway up and down, and a FastMCP server with one tool."""
    rows = ["| | starts | median s | slowest s | CPU s |", "|---|---:|---:|---:|---:|"]
    commands = {
        "this-server, gateway up": ("mcp_server",),
        "this-server, gateway down": ("mcp_server",),
        "FastMCP with one tool": ("benchmarks.servers", NO_OP),
    }
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    with ExitStack() as environment:
        cert, key = environment.enter_context(temporary_certificate())
        backend_port = start_backend(environment, cert, key)
        for turn in range(starts + 1):
            for name, (module, *arguments) in commands.items():
                port = free_port() if name.endswith("down") else backend_port
                with ExitStack() as stack:
                    server = start_server(
                        python, module, *arguments, stack=stack, backend_port=port, ca_file=cert
                    )
                    _, ready_at = await wait_for_tool_list(server.port, time.perf_counter() + 60)
                    if turn:  # the first start compiles bytecode
                        measured[name].append((ready_at - server.started_at, server.cpu_seconds()))
    for name, results in measured.items():
        seconds, cpu = zip(*results, strict=True)
        rows.append(
            f"| {name} | {starts} | {statistics.median(seconds):.2f} | {max(seconds):.2f} "
            f"| {statistics.median(cpu):.2f} |"
        )
    return rows


async def lists_table(python: Path) -> list[str]:
    """Size of the tool list, by `MCP_SERVER_TOOLS` and `TRADING_MODE`."""
    rows = [
        "| MCP_SERVER_TOOLS | TRADING_MODE | tools | bytes on the wire | tokens | tokens a tool |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for surface in ("search", "all"):
        for mode in ("read", "paper", "live"):
            with ExitStack() as stack:
                cert, _ = stack.enter_context(temporary_certificate())
                settings = {"MCP_SERVER_TOOLS": surface, "TRADING_MODE": mode}
                server = start_server(
                    python, "mcp_server", stack=stack, backend_port=free_port(), ca_file=cert, **settings
                )
                listed, _ = await wait_for_tool_list(server.port, time.perf_counter() + 60)
            rows.append(f"| {surface} | {mode} | {format_list_size(listed)} |")
    return rows


def format_list_size(listed: bytes) -> str:
    """Tools, bytes and o200k tokens of a `tools/list` response, as table cells."""
    message = orjson.loads(listed[listed.index(b"{") : listed.rindex(b"}") + 1])
    tools = message["result"]["tools"]
    visible = b"".join(
        orjson.dumps({key: tool.get(key) for key in ("name", "description", "inputSchema")}) for tool in tools
    )
    tokens = len(bpe_openai.get_encoding("o200k_base").encode(visible.decode()))
    return f"{len(tools)} | {len(listed):,} | {tokens:,} | {tokens / len(tools):.0f}"


async def memory_table(python: Path, calls: int) -> list[str]:
    """Resident memory of the server after increasing numbers of calls of all sizes."""
    rows = ["| calls | resident MB |", "|---:|---:|"]
    with ExitStack() as stack:
        cert, key = stack.enter_context(temporary_certificate())
        backend_port = start_backend(stack, cert, key)
        server = start_server(
            python, "benchmarks.servers", THIS_SERVER, stack=stack, backend_port=backend_port, ca_file=cert
        )
        wait_for_port(server)
        done = 0
        conids = {size: count(FIRST_CONID[size]) for size in SIZES}
        for target in sorted({min(100, calls), calls // 10, calls // 4, calls // 2, calls}):
            async with tool_callers(server.port, 4) as callers:
                share = (target - done) // len(SIZES)
                for size in SIZES:
                    await run_calls(callers, conids[size], calls=share)
                done = target
            rows.append(f"| {target:,} | {server.resident_bytes() / 1e6:.0f} |")
    return rows


async def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=10, help="rounds of the calls table, in which the rows take turns"
    )
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one row in one round")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--calls", type=int, default=10_000, help="total calls of the memory table")
    parser.add_argument("--python", type=Path, default=DEFAULT_PYTHON, help="interpreter of the servers")
    parser.add_argument(
        "--tables",
        nargs="*",
        help="calls, start, lists, memory, pictures, simulator, generator; default: all",
    )
    arguments = parser.parse_args()
    python = arguments.python.absolute()
    try:
        print(load_environment(python).describe(), end="\n\n", flush=True)
    except WrongEnvironmentError as error:
        sys.exit(str(error))
    tables: Mapping[str, tuple[str, Callable[[], Awaitable[list[str]]]]] = {
        "calls": (
            "A tool call over streamable HTTP",
            lambda: calls_table(python, arguments.rounds, arguments.seconds),
        ),
        "start": (
            "Startup: from process start to the first `tools/list`",
            lambda: startup_table(python, arguments.starts),
        ),
        "lists": (
            "The list of tools: name, description and input schema as a model sees them",
            lambda: lists_table(python),
        ),
        "memory": ("Memory", lambda: memory_table(python, arguments.calls)),
        "pictures": (
            "Pictures: a process each, from its start to its end",
            lambda: pictures_table(python, arguments.starts),
        ),
        "simulator": ("The simulator", lambda: simulator_table(python)),
        "generator": ("The routers generator on IBKR's document", lambda: generator_table(python)),
    }
    for name, (title, measure) in tables.items():
        if name in (arguments.tables or tables):
            print(f"## {title}\n\n" + "\n".join(await measure()), end="\n\n", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
