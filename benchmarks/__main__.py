"""`make bench`: run everything, print the tables of README.md."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import bpe_openai
import httpx
import orjson

from benchmarks.backend import FIRST_CONID, PATH, SIZES
from benchmarks.generator import generator_table
from benchmarks.load import Caller, LoadResult, McpConnection, mcp_connection, run_calls
from benchmarks.processes import (
    Process,
    free_port,
    run_process,
    temporary_certificate,
    tls_context,
    wait_for_port,
)

THIS_SERVER = "this-server"
RAW_HTTPX = "raw httpx"
SERVERS = (THIS_SERVER, "hand-written", "client-per-call")


def start_backend(stack: ExitStack, cert: Path, key: Path) -> int:
    """Start the instant gateway, wait for it, and say on which port it answers."""
    port = free_port()
    arguments = ("--port", str(port), "--certificate", str(cert), "--key", str(key))
    wait_for_port(
        stack.enter_context(run_process("benchmarks.backend", *arguments, port=port, environment={}))
    )
    return port


def start_server(
    module: str, *arguments: str, stack: ExitStack, backend_port: int, ca_file: Path, **settings: str
) -> Process:
    """Start a server that asks the instant gateway and cuts no answer."""
    port = free_port()
    environment = {
        "GATEWAY_URL": f"https://localhost:{backend_port}",
        "GATEWAY_CA_FILE": str(ca_file),
        "MCP_SERVER_PORT": str(port),
        "MCP_SERVER_MAX_RESULT": "10000000",
        **settings,
    }
    return stack.enter_context(run_process(module, *arguments, port=port, environment=environment))


def make_tool_caller(connection: McpConnection) -> Caller:
    """A caller that asks the tool for one contract and insists on getting it."""

    async def call(conid: int) -> None:
        body = await connection.post(
            {
                "jsonrpc": "2.0",
                "id": conid,
                "method": "tools/call",
                "params": {"name": "get_contract_info", "arguments": {"conid": conid}},
            }
        )
        if b'"isError":true' in body or b'"error":{' in body[:200] or b'"result"' not in body:
            raise RuntimeError(f"conid {conid}: {body[:300]!r}")

    return call


@asynccontextmanager
async def tool_callers(port: int, count: int) -> AsyncIterator[list[Caller]]:
    """`count` callers, each over an MCP connection of its own."""
    async with AsyncExitStack() as connections:
        yield [
            make_tool_caller(await connections.enter_async_context(mcp_connection(port)))
            for _ in range(count)
        ]


@asynccontextmanager
async def raw_httpx_callers(backend_port: int, ca_file: Path, count: int) -> AsyncIterator[list[Caller]]:
    """The same requests without any server: one pooled httpx client straight to the backend."""
    async with httpx.AsyncClient(verify=tls_context(ca_file), trust_env=False) as client:
        base = f"https://localhost:{backend_port}"

        async def call(conid: int) -> None:
            (await client.get(base + PATH.format(conid))).raise_for_status()

        yield [call] * count


async def calls_table(rounds: int, seconds: float) -> list[str]:
    """p50, p99 and calls per second for each server, size and concurrency; the rounds are interleaved."""
    rows = [
        "| body | callers | | p50 ms | p99 ms | calls/s | p50 against hand-written |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    with ExitStack() as stack:
        cert, key = stack.enter_context(temporary_certificate())
        backend_port = start_backend(stack, cert, key)
        servers = {
            name: start_server(
                "benchmarks.servers", name, stack=stack, backend_port=backend_port, ca_file=cert
            )
            for name in SERVERS
        }
        for process in servers.values():
            wait_for_port(process)
        serial = 0
        for size in SIZES:
            for concurrency in (1, 16):
                measured: dict[str, list[LoadResult]] = {name: [] for name in (RAW_HTTPX, *SERVERS)}
                for turn in range(rounds + 1):
                    for name, results in measured.items():
                        opened = (
                            raw_httpx_callers(backend_port, cert, concurrency)
                            if name == RAW_HTTPX
                            else tool_callers(servers[name].port, concurrency)
                        )
                        async with opened as callers:
                            probe = await run_calls(callers, 10 * concurrency, FIRST_CONID[size] + serial)
                            serial += 10 * concurrency
                            calls = max(20 * concurrency, int(seconds * probe.per_second))
                            result = await run_calls(callers, calls, FIRST_CONID[size] + serial)
                            serial = (serial + calls) % 900_000
                        if turn:  # the first round warms up
                            results.append(result)
                reference = median_percentile(measured["hand-written"], 0.5)
                rows += [
                    format_row(size, concurrency, name, results, reference)
                    for name, results in measured.items()
                ]
    return rows


def median_percentile(results: list[LoadResult], fraction: float) -> float:
    """The median over the rounds of a percentile within each."""
    return statistics.median(result.percentile(fraction) for result in results)


def format_row(size: str, concurrency: int, name: str, results: list[LoadResult], reference: float) -> str:
    """One line of the table."""
    p50 = median_percentile(results, 0.5)
    rate = statistics.median(result.per_second for result in results)
    return (
        f"| {size} KB | {concurrency} | {name} | {p50:.2f} | {median_percentile(results, 0.99):.1f} "
        f"| {rate:.0f} | {p50 / reference:.2f}x |"
    )


async def wait_for_tool_list(port: int, until: float) -> tuple[bytes, float]:
    """The first `tools/list` that a server answers, and when."""
    while True:
        try:
            async with mcp_connection(port) as connection:
                body = await connection.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
                return body, time.perf_counter()
        except OSError:
            if time.perf_counter() > until:
                raise
            await asyncio.sleep(0.01)


async def startup_table(starts: int) -> list[str]:
    """Seconds from process start to the first list, gateway up and down."""
    rows = ["| gateway | starts | median s | slowest s |", "|---|---:|---:|---:|"]
    for state in ("up", "down"):
        durations = []
        for _ in range(starts):
            with ExitStack() as stack:
                cert, key = stack.enter_context(temporary_certificate())
                backend_port = start_backend(stack, cert, key) if state == "up" else free_port()
                server = start_server("mcp_server", stack=stack, backend_port=backend_port, ca_file=cert)
                _, ready_at = await wait_for_tool_list(server.port, time.perf_counter() + 20)
                durations.append(ready_at - server.started_at)
        rows.append(f"| {state} | {starts} | {statistics.median(durations):.2f} | {max(durations):.2f} |")
    return rows


async def lists_table() -> list[str]:
    """What the list of tools weighs, by `MCP_SERVER_TOOLS` and `TRADING_MODE`."""
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
                    "mcp_server", stack=stack, backend_port=free_port(), ca_file=cert, **settings
                )
                listed, _ = await wait_for_tool_list(server.port, time.perf_counter() + 20)
            rows.append(f"| {surface} | {mode} | {format_list_size(listed)} |")
    return rows


def format_list_size(listed: bytes) -> str:
    """Tools, bytes and o200k tokens of one answer to `tools/list`, as cells."""
    message = orjson.loads(listed[listed.index(b"{") : listed.rindex(b"}") + 1])
    tools = message["result"]["tools"]
    visible = b"".join(
        orjson.dumps({key: tool.get(key) for key in ("name", "description", "inputSchema")}) for tool in tools
    )
    tokens = len(bpe_openai.get_encoding("o200k_base").encode(visible.decode()))
    return f"{len(tools)} | {len(listed):,} | {tokens:,} | {tokens / len(tools):.0f}"


async def memory_table(calls: int) -> list[str]:
    """Resident memory of the server after so many calls, sizes mixed."""
    rows = ["| calls | resident MB |", "|---:|---:|"]
    with ExitStack() as stack:
        cert, key = stack.enter_context(temporary_certificate())
        backend_port = start_backend(stack, cert, key)
        server = start_server(
            "benchmarks.servers", THIS_SERVER, stack=stack, backend_port=backend_port, ca_file=cert
        )
        wait_for_port(server)
        done = 0
        for target in (100, calls // 10, calls // 4, calls // 2, calls):
            async with tool_callers(server.port, 4) as callers:
                share = (target - done) // len(SIZES)
                for size in SIZES:
                    await run_calls(callers, share, FIRST_CONID[size] + done)
                done = target
            rows.append(f"| {target:,} | {server.resident_bytes() / 1e6:.0f} |")
    return rows


def describe_machine() -> str:
    """What the figures were taken on."""
    packages: Mapping[str, str] = {
        name: version(name) for name in ("fastmcp", "mcp", "fastapi", "httpx", "uvicorn")
    }
    return (
        f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
        + ", "
        + ", ".join(f"{name} {number}" for name, number in packages.items())
        + f"; load before the run {os.getloadavg()[0]:.1f}"
    )


async def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="interleaved rounds of each row of the calls table"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one row in one round")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--calls", type=int, default=10_000, help="calls before the last look at memory")
    arguments = parser.parse_args()
    print(describe_machine(), end="\n\n", flush=True)
    for title, table in (
        ("A tool call over streamable HTTP", calls_table(arguments.rounds, arguments.seconds)),
        ("From the start of the process to the first `tools/list`", startup_table(arguments.starts)),
        ("The list of tools: name, description and input schema as a model sees them", lists_table()),
        ("Memory", memory_table(arguments.calls)),
        ("The routers generator on IBKR's document 2.28.0", generator_table()),
    ):
        print(f"## {title}\n\n" + "\n".join(await table), end="\n\n", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
