"""`make demo`, started and stopped as a new user would."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"http://localhost:\d+/mcp")


def free_ports(count: int) -> list[int]:
    """Different free ports on loopback."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@dataclass
class Demo:
    """A running `make demo`: its ports and its output so far."""

    child: subprocess.Popen[str]
    gateway_port: int
    server_port: int
    ticker_port: int
    lines: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """The output so far."""
        return "".join(self.lines)

    @property
    def mcp_url(self) -> str:
        """Where MCP clients connect."""
        return f"http://localhost:{self.server_port}/mcp"

    def certificate(self) -> ssl.SSLContext:
        """A TLS context that trusts the simulator's certificate."""
        found = re.search(r"Certificate (\S+gateway\.pem)", self.output)
        assert found, self.output
        return ssl.create_default_context(cafile=found.group(1))

    def read(self, stream: IO[str]) -> None:
        """Collect the output until it ends."""
        for line in stream:
            self.lines.append(line)

    def wait_until(self, condition: Callable[[str], bool], seconds: float = 60) -> None:
        """Wait until the output satisfies `said`."""
        deadline = time.monotonic() + seconds
        while not condition(self.output):
            if self.child.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"make demo (exit {self.child.poll()}) printed only:\n{self.output}")
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Press Ctrl-C: the terminal signals the whole process group."""
        os.killpg(self.child.pid, signal.SIGINT)
        return self.child.wait(30)


@contextmanager
def running_demo(*arguments: str) -> Iterator[Demo]:
    """`make demo` on free ports until the block ends."""
    gateway, server, ticker = free_ports(3)
    environment = {
        **os.environ,
        "GATEWAY_PORT": str(gateway),
        "MCP_SERVER_PORT": str(server),
        "TICKER_PORT": str(ticker),
    }
    child = subprocess.Popen(
        ["make", "--silent", "demo", *([f"ARGS={' '.join(arguments)}"] if arguments else [])],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    demo = Demo(child, gateway, server, ticker)
    assert child.stdout is not None
    reader = threading.Thread(target=demo.read, args=(child.stdout,), daemon=True)
    reader.start()
    try:
        demo.wait_until(lambda output: READY.search(output) is not None)
        yield demo
    finally:
        if child.poll() is None:
            demo.interrupt()
        reader.join(5)
        child.stdout.close()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """One demo with a logged-in paper account, shared by the tests of a module."""
    with running_demo() as running:
        yield running
