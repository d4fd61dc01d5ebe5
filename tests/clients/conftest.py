"""A simulator in its own process, for third-party clients.

The clients run with their default settings and the simulator with its rate limits. Its clock is stopped and
moved between calls, so that no test waits for a rate limit in real time.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("SIMULATOR_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
TICKLE_SECONDS = 240


class SimulatorProcess:
    """A running simulator: its port, and its control endpoints."""

    def __init__(self, port: str) -> None:
        self.port = port
        self._trust = ssl._create_unverified_context()

    @property
    def url(self) -> str:
        """The gateway's address, without the path of its API."""
        return f"https://localhost:{self.port}"

    def control(self, command: str, **body: Any) -> dict[str, Any]:
        """Run one of the simulator's control commands and return the state after it."""
        return self.request(f"/simulator/{command}", body)

    def advance(self, seconds: float) -> None:
        """Move the clock; during longer times tickle as a session keeper does, or the session would end."""
        while seconds > 0:
            step = min(seconds, TICKLE_SECONDS)
            self.control("advance", seconds=step)
            seconds -= step
            if seconds:
                self.request("/v1/api/tickle", {})

    def request(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a GET, or a POST if there is a body, and return the reply."""
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "tests"},
        )
        with urllib.request.urlopen(request, context=self._trust, timeout=30) as response:
            reply: dict[str, Any] = json.load(response)
        return reply


@contextmanager
def run_simulator(*flags: str) -> Iterator[SimulatorProcess]:
    """Start a simulator that is logged in and whose clock is stopped; stop it at the end."""
    command = [PYTHON, "-m", "api_gateway.simulator", "--port", "0", "--logged-in", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            announced = (re.search(r"localhost:(\d+)/v1/api", line) for line in process.stdout)
            found = next((match for match in announced if match), None)
            assert found, "the simulator did not start"
            simulator = SimulatorProcess(found[1])
            simulator.control("hold")
            yield simulator
        finally:
            process.terminate()


@pytest.fixture(scope="session", autouse=True)
def _no_certificate_bundles() -> Iterator[None]:
    """A bundle named by the environment makes `requests` verify, although the client's session does not."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def retail() -> Iterator[SimulatorProcess]:
    """A retail login with one paper account."""
    with run_simulator() as simulator:
        yield simulator
