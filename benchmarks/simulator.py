"""The simulator: startup, memory, a year of virtual time, and requests over HTTPS (Linux only)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks.processes import (
    Process,
    free_port,
    run_process,
    temporary_certificate,
    tls_context,
    wait_for_port,
)

YEAR_SECONDS = 365 * 86_400
CONNECTIONS = 4
REQUESTS = 2_000
PROFILES = ("retail", "fa")


async def simulator_table(python: Path) -> list[str]:
    """One row for each profile that is measured."""
    head = [
        "| profile | start s | resident MB | the same after a year | a year in one step, s | requests/s |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    return head + [f"| {profile} | {' | '.join(await _measure(python, profile))} |" for profile in PROFILES]


async def _measure(python: Path, profile: str) -> list[str]:
    port = free_port()
    with ExitStack() as stack:
        certificate, _ = stack.enter_context(temporary_certificate())
        arguments = ["--port", str(port), "--tls-dir", str(certificate.parent), "--profile", profile]
        arguments += ["--logged-in", "--no-rate-limits"]
        process = stack.enter_context(
            run_process(python, "api_gateway.simulator", *arguments, port=port, environment={})
        )
        wait_for_port(process)
        started = time.perf_counter() - process.started_at
        async with httpx.AsyncClient(
            base_url=f"https://localhost:{port}",
            verify=tls_context(certificate),
            timeout=120,
            limits=httpx.Limits(max_connections=CONNECTIONS),
        ) as client:
            await _open(client)
            rate = await _requests_per_second(client)
            before = _megabytes(process)
            year = await _seconds(lambda: _advance(client, YEAR_SECONDS))
        return [f"{started:.2f}", before, _megabytes(process), f"{year:.2f}", f"{rate:,.0f}"]


async def _open(client: httpx.AsyncClient) -> None:
    for path in ("/portfolio/accounts", "/iserver/accounts"):
        (await client.get(f"/v1/api{path}")).raise_for_status()


async def _requests_per_second(client: httpx.AsyncClient) -> float:
    """Snapshots of one instrument, from as many callers as there are connections."""
    path = "/v1/api/iserver/marketdata/snapshot?conids=265598&fields=31,84,86"

    async def call() -> None:
        for _ in range(REQUESTS // CONNECTIONS):
            (await client.get(path)).raise_for_status()

    await client.get(path)
    return REQUESTS / await _seconds(lambda: asyncio.gather(*(call() for _ in range(CONNECTIONS))))


async def _advance(client: httpx.AsyncClient, seconds: float) -> None:
    (await client.post("/simulator/advance", json={"seconds": seconds})).raise_for_status()
    # Advancing the clock is immediate; the year's events are processed when the account is read.
    (await client.post("/simulator/login", json={})).raise_for_status()


async def _seconds(run: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await run()
    return time.perf_counter() - started


def _megabytes(process: Process) -> str:
    return f"{process.resident_bytes() / 1e6:.0f}"
