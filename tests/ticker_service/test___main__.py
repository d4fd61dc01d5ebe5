"""`python -m ticker_service` in its own process."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]


def unused_port() -> int:
    """Return a port that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(cwd: Path, **settings: str) -> subprocess.Popen[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "ticker_service"],
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(ROOT), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class Running:
    """A running ticker, once its URL is known."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0
        self._found = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._found.wait(20), self.lines

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(r"url=http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(match.group(1))
                self._found.set()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def stop(self, number: int) -> tuple[int, float]:
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(20)
        took = time.monotonic() - began
        self._reader.join(5)
        return status, took


@contextmanager
def running(cwd: Path, **settings: str) -> Iterator[Running]:
    process = command(cwd, TICKER_PORT="0", **settings)
    try:
        yield Running(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def wait_for_state(ticker: Running, state: str) -> dict[str, Any]:
    until = time.monotonic() + 30
    while True:
        _, report = ticker.get("/state")
        if report["state"] == state:
            return report
        assert time.monotonic() < until, report
        threading.Event().wait(0.02)


def test_the_ticker_starts_without_a_gateway_reports_it_and_stops_on_sigterm(tmp_path: Path) -> None:
    gateway = f"https://localhost:{unused_port()}"
    with running(tmp_path, GATEWAY_URL=gateway, GATEWAY_LOGIN_URL=gateway) as ticker:
        report = wait_for_state(ticker, "unreachable")
        assert ticker.get("/health") == (200, {"alive": True})
        status, took = ticker.stop(signal.SIGTERM)
    assert status == 0
    assert took < 10
    assert report["login_url"] == gateway
    output = "".join(ticker.lines)
    assert output.count("state=unreachable ") == 1
    assert "Traceback" not in output
    assert "ERROR" not in output


def test_the_ticker_stops_on_ctrl_c_while_the_gateway_hangs(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running(tmp_path, GATEWAY_URL=gateway) as ticker:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                status, took = ticker.stop(signal.SIGINT)
    assert status == 0
    assert took < 10
    assert "Traceback" not in "".join(ticker.lines)


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=20)
    return process.returncode, output


def test_a_port_in_use_is_reported_in_one_sentence_with_status_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, output = finished(command(tmp_path, TICKER_PORT=str(port)))
    assert status == 1
    assert len(output.splitlines()) == 1
    assert f"127.0.0.1:{port}: {os.strerror(errno.EADDRINUSE)}." in output
    assert "TICKER_PORT" in output


@pytest.mark.parametrize(
    ("name", "value"),
    [("TICKLE_INTERVAL", "900"), ("COMPETE", "perhaps"), ("GATEWAY_URL", "gateway"), ("TICKER_PORT", "x")],
)
def test_an_invalid_setting_is_reported_in_one_sentence_with_status_2(
    tmp_path: Path, name: str, value: str
) -> None:
    status, output = finished(command(tmp_path, **{name: value}))
    assert status == 2
    assert len(output.splitlines()) == 1
    assert name in output


def test_deprecated_settings_in_env_file_and_environment_work_and_are_reported_once_each_at_startup(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("GATEWAY_DEADLINE=7\n", encoding="utf-8")
    gateway = f"https://localhost:{unused_port()}"
    with running(tmp_path, GATEWAY_URL=gateway, TICKLE_INTERVAL_FOUL="1") as ticker:
        wait_for_state(ticker, "unreachable")
        ticker.stop(signal.SIGTERM)
    warnings = [line for line in ticker.lines if "0.3" in line]
    assert len(warnings) == 2
    for old, new in (
        ("TICKLE_INTERVAL_FOUL", "TICKLE_INTERVAL_UNHEALTHY"),
        ("GATEWAY_DEADLINE", "GATEWAY_TIMEOUT"),
    ):
        (warning,) = (line for line in warnings if old in line)
        assert new in warning
