"""Cost of a tool call by result size and number of callers, compared with the baselines."""

from __future__ import annotations

import statistics
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import httpx

from benchmarks.backend import FIRST_CONID, PATH, SIZES
from benchmarks.load import Caller, LoadResult, McpConnection, mcp_connection, run_calls
from benchmarks.processes import (
    Process,
    free_port,
    run_process,
    separate_cores,
    temporary_certificate,
    tls_context,
    wait_for_port,
)

THIS_SERVER = "this-server"
BY_CALL_TOOL = "this-server, by call_tool"
HAND_WRITTEN = "hand-written"
RAW_HTTPX = "raw httpx"
NO_OP = "no-op"
TOOL = "get_contract_info"
SERVERS = (THIS_SERVER, HAND_WRITTEN, "plain-httpx", "plain-aiohttp", NO_OP, "client-per-call")
ROWS = (THIS_SERVER, BY_CALL_TOOL, *SERVERS[1:], RAW_HTTPX)
CONCURRENCIES = (1, 16)

_MAX_CONIDS = 1_000_000  # the millions digit of a conid selects the size


def start_backend(stack: ExitStack, cert: Path, key: Path) -> int:
    """Start the instant gateway, wait for it, and return its port."""
    port = free_port()
    arguments = ("--port", str(port), "--certificate", str(cert), "--key", str(key))
    process = run_process(sys.executable, "benchmarks.backend", *arguments, port=port, environment={})
    wait_for_port(stack.enter_context(process))
    return port


def start_server(
    python: Path,
    module: str,
    *arguments: str,
    stack: ExitStack,
    backend_port: int,
    ca_file: Path,
    **settings: str,
) -> Process:
    """Start a server that calls the instant gateway and truncates no result."""
    port = free_port()
    environment = {
        "GATEWAY_URL": f"https://localhost:{backend_port}",
        "GATEWAY_CA_FILE": str(ca_file),
        "MCP_SERVER_PORT": str(port),
        "MCP_SERVER_MAX_RESULT": "10000000",
        "IB_MCP_DATA_DIR": str(ca_file.parent / "data"),
        **settings,
    }
    return stack.enter_context(run_process(python, module, *arguments, port=port, environment=environment))


def make_tool_caller(connection: McpConnection, *, by_call_tool: bool = False) -> Caller:
    """Make a function that calls the tool for one contract and raises an error unless it succeeds."""

    async def call(conid: int) -> None:
        params = {"name": TOOL, "arguments": {"conid": conid}}
        if by_call_tool:
            params = {"name": "call_tool", "arguments": params}
        body = await connection.post(
            {"jsonrpc": "2.0", "id": conid, "method": "tools/call", "params": params}
        )
        if b'"isError":true' in body or b'"error":{' in body[:200] or b'"result"' not in body:
            raise RuntimeError(f"conid {conid}: {body[:300]!r}")

    return call


@asynccontextmanager
async def tool_callers(port: int, count: int, *, by_call_tool: bool = False) -> AsyncIterator[list[Caller]]:
    """`count` callers, each with its own MCP connection."""
    async with AsyncExitStack() as connections:
        yield [
            make_tool_caller(
                await connections.enter_async_context(mcp_connection(port)), by_call_tool=by_call_tool
            )
            for _ in range(count)
        ]


@asynccontextmanager
async def raw_httpx_callers(backend_port: int, ca_file: Path, count: int) -> AsyncIterator[list[Caller]]:
    """The same requests without a server: one pooled httpx client that calls the backend directly."""
    async with httpx.AsyncClient(verify=tls_context(ca_file), trust_env=False) as client:
        base = f"https://localhost:{backend_port}"

        async def call(conid: int) -> None:
            (await client.get(base + PATH.format(conid))).raise_for_status()

        yield [call] * count


async def calls_table(python: Path, rounds: int, seconds: float) -> list[str]:
    """One row per size, concurrency and server, with the ratio to the hand-written tool."""
    rows = [
        "| body | callers | | p50 ms | p99 ms | calls/s | CPU µs a call | p50 against hand-written |",
        "|---|---:|---|---:|---:|---:|---:|---:|",
    ]
    with ExitStack() as stack:
        cert, key = stack.enter_context(temporary_certificate())
        with separate_cores():  # what is started here stays there
            backend_port = start_backend(stack, cert, key)
        servers = {
            name: start_server(
                python, "benchmarks.servers", name, stack=stack, backend_port=backend_port, ca_file=cert
            )
            for name in SERVERS
        }
        for process in servers.values():
            wait_for_port(process)
        core = stack.enter_context(separate_cores())
        for process in servers.values():
            process.move_to(core)
        for size in SIZES:
            conids = (FIRST_CONID[size] + number % _MAX_CONIDS for number in count())
            for concurrency in CONCURRENCIES:
                measured = await _measure_cell(
                    servers, backend_port, cert, concurrency, conids, rounds, seconds
                )
                rows += [
                    format_row(size, concurrency, name, results, measured[HAND_WRITTEN])
                    for name, results in measured.items()
                ]
    return rows


async def _measure_cell(
    servers: Mapping[str, Process],
    backend_port: int,
    ca_file: Path,
    concurrency: int,
    conids: Iterator[int],
    rounds: int,
    seconds: float,
) -> dict[str, list[LoadResult]]:
    """The results of each row; in each round the rows take turns, so that a round is a comparison."""
    measured: dict[str, list[LoadResult]] = {name: [] for name in ROWS}
    processes = {name: servers.get(THIS_SERVER if name == BY_CALL_TOOL else name) for name in ROWS}
    for turn in range(rounds + 1):
        for name, process in processes.items():
            opened = (
                raw_httpx_callers(backend_port, ca_file, concurrency)
                if process is None
                else tool_callers(process.port, concurrency, by_call_tool=name == BY_CALL_TOOL)
            )
            async with opened as callers:
                await run_calls(callers, conids, calls=2 * concurrency)
                before = process.cpu_seconds() if process else 0.0
                result = await run_calls(callers, conids, seconds=seconds)
                result.server_cpu_seconds = process.cpu_seconds() - before if process else None
            if turn:  # the first round warms up
                measured[name].append(result)
    return measured


def format_row(
    size: str,
    concurrency: int,
    name: str,
    results: Sequence[LoadResult],
    reference: Sequence[LoadResult],
) -> str:
    """One line of the table: medians over the rounds, and for the ratio the middle half of them as well."""
    p50, p99 = (statistics.median(each.percentile(share) for each in results) for share in (0.5, 0.99))
    rate = statistics.median(each.per_second for each in results)
    cpu = [each.cpu_per_call for each in results if each.cpu_per_call is not None]
    ratios = [
        each.percentile(0.5) / other.percentile(0.5) for each, other in zip(results, reference, strict=True)
    ]
    return (
        f"| {size} KB | {concurrency} | {name} | {p50:.2f} | {p99:.1f} | {rate:.0f} "
        f"| {f'{statistics.median(cpu):.0f}' if cpu else ''} | {format_spread(ratios)} |"
    )


def format_spread(ratios: Sequence[float]) -> str:
    """The median, with the middle half of the values in brackets."""
    if len(ratios) == 1:
        return f"{ratios[0]:.2f}x"
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{median:.2f}x ({low:.2f} to {high:.2f})"
