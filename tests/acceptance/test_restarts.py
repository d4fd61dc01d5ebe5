"""The three parts as real processes, killed and started again in every order: soon there are quotes again."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import httpx
import mcp
import pytest

from api_gateway.simulator.processes import Part
from ib_mcp import demo_parts
from tests.acceptance.conftest import free_ports

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

NAMES = ("simulator", "ticker", "server")
ROUNDS = [order for count in (1, 2, 3) for order in permutations(NAMES, count)]
ROUNDS += list(permutations(NAMES))[:5]
CONVERGED = 10.0
"""Seconds after the last start within which a quote must come again."""


class Trio:
    """The parts of the demo, each of which can be killed and started."""

    def __init__(self, folder: Path) -> None:
        gateway, server, ticker = free_ports(3)
        ports = {"GATEWAY_PORT": gateway, "MCP_SERVER_PORT": server, "TICKER_PORT": ticker}
        self.parts: dict[str, Part] = {part.name: part for part in demo_parts(ports, folder, login=False)}
        self.url = f"http://localhost:{server}/mcp"
        self.folder = folder

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def start(self, name: str) -> None:
        part = self.parts[name]
        with self.log(name).open("a") as log:
            part.process = subprocess.Popen(
                [sys.executable, "-m", part.module],
                cwd=self.folder,
                env=dict(part.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def kill(self, name: str) -> None:
        process = self.parts[name].process
        if process is not None:
            process.kill()
            process.wait()

    async def quote(self) -> str:
        """A bid through the whole chain, or the failure in words."""
        try:
            async with asyncio.timeout(5), mcp.Client(self.url, mode="2026-07-28") as client:
                result = await client.call_tool("get_market_snapshot", {"conids": [265598]})
        except (Exception, asyncio.CancelledError) as error:
            return f"{type(error).__name__}: {error}"
        (content,) = result.content
        assert content.type == "text"
        if result.is_error:
            return content.text
        (row,) = json.loads(content.text)
        return "" if float(row.get("84", "0").replace(",", "")) > 0 else f"no bid in {content.text}"

    def lose_the_session(self) -> None:
        """Close the brokerage session; only the ticker opens it again."""
        trusting = ssl.create_default_context(cafile=self.parts["simulator"].certificate)
        address = f"{self.parts['simulator'].address}simulator/drop"
        httpx.post(address, json={}, verify=trusting, trust_env=False).raise_for_status()

    def seconds_to_a_quote(self, limit: float) -> tuple[float, str]:
        """How long it took, and what was said last if it took longer than `limit`."""
        began = time.monotonic()
        while True:
            said = asyncio.run(self.quote())
            took = time.monotonic() - began
            if took > limit:
                return took, said or "only now is there a quote"
            if not said:
                return took, ""
            time.sleep(0.1)


@pytest.fixture
def trio(tmp_path: Path) -> Iterator[Trio]:
    running = Trio(tmp_path)
    try:
        for name in NAMES:
            running.start(name)
        _, said = running.seconds_to_a_quote(60)
        assert not said
        yield running
    finally:
        for name in NAMES:
            running.kill(name)


def test_whatever_is_killed_and_in_whatever_order_it_comes_back_quotes_come_back(trio: Trio) -> None:
    for number, order in enumerate(ROUNDS):
        for name in order if number % 2 else reversed(order):
            trio.kill(name)
        if "ticker" in order and "simulator" not in order:
            trio.lose_the_session()  # while nobody looks after it
        for name in order:
            trio.start(name)
        took, said = trio.seconds_to_a_quote(CONVERGED)
        logs = "\n".join(trio.log(name).read_text()[-2000:] for name in NAMES)
        assert not said, f"{order}, after {took:.1f} s: {said}\n{logs}"
    for name in NAMES:
        log = trio.log(name).read_text()
        assert "Traceback" not in log, log
        assert "DU1234567" not in log
