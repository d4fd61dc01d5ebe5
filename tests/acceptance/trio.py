"""The demo's three processes, each of which can be killed, started, frozen and called."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import mcp

from ib_mcp.demo import demo_processes
from ib_mcp.supervisor import ManagedProcess
from tests.acceptance.conftest import free_ports

PROCESS_NAMES = ("simulator", "ticker", "server")
INIT = "/iserver/auth/ssodh/init"
STATUS = "/iserver/auth/status"
NEVER = 1_000_000_000
"""A fault scheduled after so many requests counts them and never fires."""


class DemoProcesses:
    """The demo's processes; `ticker` is added to the ticker's environment."""

    def __init__(
        self,
        folder: Path,
        *,
        login: bool = False,
        compete: str = "yield",
        ticker: dict[str, str] | None = None,
    ) -> None:
        gateway, server, port = free_ports(3)
        ports = {"GATEWAY_PORT": gateway, "MCP_SERVER_PORT": server, "TICKER_PORT": port}
        parts = demo_processes(ports, folder, login=login, compete=compete)
        self.processes: dict[str, ManagedProcess] = {part.name: part for part in parts}
        self.processes["ticker"].environment = {**self.processes["ticker"].environment, **(ticker or {})}
        self.url = f"http://localhost:{server}/mcp"
        self.login_url = f"https://localhost:{gateway}"
        self.ticker_url = f"http://localhost:{port}"
        self.folder = folder
        self._frozen_names: set[str] = set()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def start(self, name: str) -> None:
        part = self.processes[name]
        with self.log(name).open("a") as log:
            part.popen = subprocess.Popen(
                [sys.executable, "-m", part.module],
                cwd=self.folder,
                env=dict(part.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def kill(self, name: str) -> None:
        process = self.processes[name].popen
        if process is not None:
            process.kill()
            process.wait()

    def restart(self, name: str) -> None:
        """Kill it and start it again; returns once it responds."""
        self.kill(name)
        self.start(name)
        assert wait_until(self.processes[name].is_ready, 30), self.log(name).read_text()

    @contextmanager
    def freeze(self, name: str) -> Iterator[None]:
        """Stop the process with SIGSTOP until the block ends."""
        process = self.processes[name].popen
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    async def quote_failure(self) -> str:
        """A bid through all three processes, or the text of the error."""
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

    def seconds_to_quote(self, limit: float) -> tuple[float, str]:
        """How long it took, and the last error if it took longer than `limit`."""
        began = time.monotonic()
        while True:
            failure = asyncio.run(self.quote_failure())
            elapsed = time.monotonic() - began
            if elapsed > limit:
                return elapsed, failure or "only now is there a quote"
            if not failure:
                return elapsed, ""
            time.sleep(0.1)

    def control(self, command: str, **body: Any) -> dict[str, Any]:
        """Control the simulator; returns its state after that."""
        return self._send_to_gateway("POST", f"/simulator/{command}", body)

    def log_in(self) -> None:
        """Log in as the login page's button does."""
        url = f"{self.login_url}/sso/Dispatcher"
        assert httpx.post(url, verify=self._ssl_context(), trust_env=False).status_code == 302

    def start_counting(self, *paths: str) -> None:
        """Clear all faults, and count the requests to these paths from now."""
        self.control("faults/clear")
        for path in paths:
            self.control("fault", match={"path": path}, when={"after": NEVER}, do={})

    def request_count(self, path: str) -> int:
        """The number of requests since `start_counting`."""
        faults = self._send_to_gateway("GET", "/simulator/state")["faults"]
        return next(int(fault["seen"]) for fault in faults if fault["match"] == {"path": path})

    def call_tool(
        self, tool: str, arguments: dict[str, Any] | None = None, *, era: str = "2026-07-28"
    ) -> tuple[bool, str]:
        """Whether the tool call failed, and its text."""
        return call_tool(self.url, tool, arguments, era=era)

    def connection_status(self) -> dict[str, Any]:
        """The result of `connection_status`, within its two seconds."""
        began = time.monotonic()
        failed, text = self.call_tool("connection_status")
        took = time.monotonic() - began
        assert not failed, text
        assert took < 2.5, f"{took:.1f} s, half a second of them for connecting"
        report: dict[str, Any] = json.loads(text)
        return report

    def ticker_state(self) -> str:
        """The ticker's state."""
        return str(httpx.get(f"{self.ticker_url}/state", trust_env=False, timeout=5).json()["state"])

    def event_lines(self, event: str) -> list[str]:
        """The ticker's log lines of this event."""
        return [line for line in self.log("ticker").read_text().splitlines() if f"event={event} " in line]

    def log_tails(self) -> str:
        """The last lines of all three logs."""
        return "\n".join(self.log(name).read_text()[-2000:] for name in PROCESS_NAMES)

    def _send_to_gateway(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        response = httpx.request(
            method, f"{self.login_url}{path}", json=body, verify=self._ssl_context(), trust_env=False
        )
        assert response.status_code == 200, response.text
        content: dict[str, Any] = response.json()
        return content

    def _ssl_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.processes["simulator"].certificate)


def call_tool(
    url: str, tool: str, arguments: dict[str, Any] | None = None, *, era: str = "2026-07-28"
) -> tuple[bool, str]:
    """Whether a tool call with the SDK's client failed, and its text."""

    async def run_call() -> tuple[bool, str]:
        async with asyncio.timeout(20), mcp.Client(url, mode=era) as client:
            result = await client.call_tool(tool, arguments or {})
        (content,) = result.content
        assert content.type == "text"
        return bool(result.is_error), content.text

    return asyncio.run(run_call())


@contextmanager
def running_processes(folder: Path, **options: Any) -> Iterator[DemoProcesses]:
    """All three processes, from when each responds until the block ends."""
    running = DemoProcesses(folder, **options)
    try:
        for name in PROCESS_NAMES:
            running.start(name)
            if name == "simulator":  # otherwise the ticker would first report that it is down
                assert wait_until(running.processes[name].is_ready, 60), running.log_tails()
        for name in PROCESS_NAMES:
            assert wait_until(running.processes[name].is_ready, 60), running.log_tails()
        yield running
    finally:
        for name in PROCESS_NAMES:
            running.kill(name)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it becomes true within that many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
