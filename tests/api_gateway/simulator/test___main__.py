from __future__ import annotations

import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api_gateway.simulator.__main__ import main
from api_gateway.simulator.settings import SimulatorSettings


@pytest.fixture(autouse=True)
def _only_the_tests_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in SimulatorSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The simulator as a process on any free port, and what it printed until it was ready."""
    command = [sys.executable, "-m", "api_gateway.simulator", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            printed = ""
            for line in process.stdout:
                printed += line
                if "/v1/api" in line:
                    break
            yield process, printed
        finally:
            process.kill()


def address(printed: str) -> str:
    found = re.search(r"https?://[^/]+", printed)
    assert found, printed
    return found[0]


def test_a_port_in_use_is_reported_in_one_line_with_the_fixes(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert all(each in said.err for each in (str(port), "127.0.0.1", "GATEWAY_PORT", "--port"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PORT", "99999"),
        ("SIMULATOR_PENALTY", "-1"),
        ("SIMULATOR_TLS", "perhaps"),
        ("SIMULATOR_AVAILABILITY", "everything"),
        ("SIMULATOR_PROFILE", "FA"),
        ("SIMULATOR_HOST", "nowhere.invalid"),
        ("SIMULATOR_TLS_DIR", "/dev/null/folder"),
        ("SIMULATOR_BEHIND_GATEWAY", "perhaps"),
        ("SIMULATOR_VARIANTS", "order_stream=some"),
        ("SIMULATOR_VARIANTS", "orders"),
    ],
)
def test_an_invalid_setting_is_reported_by_name_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "0")
    monkeypatch.setenv(name, value)
    assert main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith(name)
    assert said.count("\n") == 1


@pytest.mark.parametrize("flags", [["--port", "65536"], ["--port", "-1"], ["--seed", "x"], ["--nonsense"]])
def test_an_invalid_flag_exits_with_2(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(flags)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.processes
def test_startup_prints_the_address_and_the_certificate_that_verifies_it(tmp_path: Path) -> None:
    with running("--tls-dir", str(tmp_path / "tls"), "--logged-in", "--profile", "fa") as (_, printed):
        trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "gateway.pem")
        with httpx.Client(base_url=address(printed), verify=trusted, trust_env=False) as client:
            assert client.get("/").status_code == 302
            status = client.post("/v1/api/iserver/auth/status", json={}).json()
            accounts = client.get("/v1/api/iserver/accounts").json()["accounts"]
    assert status["established"] is True
    assert all(each in printed for each in ("logged in", "strict", "profile fa"))
    assert "All" in accounts
    assert re.search(r"SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\n", printed)


@pytest.mark.thorough
@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_shutdown_does_not_wait_for_a_hanging_request(number: signal.Signals) -> None:
    with running("--no-tls") as (process, printed):
        assert "log in at http://localhost:" in printed
        with httpx.Client(base_url=address(printed), timeout=40, trust_env=False) as client:
            client.post("/simulator/fault", json={"match": {"path": "/tickle"}, "do": {"hang": True}})
            failures: list[httpx.TransportError] = []
            hanging = threading.Thread(target=_send_request, args=(client, failures))
            hanging.start()
            while client.get("/simulator/state").json()["faults"][0]["fired"] == 0:
                continue
            before = time.monotonic()
            process.send_signal(number)
            said, _ = process.communicate(timeout=40)
            took = time.monotonic() - before
            hanging.join()
    assert process.returncode == 0
    # A third of a second on an idle machine; waiting for the request would take forty.
    assert took < 15
    assert said == ""
    assert len(failures) == 1


def _send_request(client: httpx.Client, failures: list[httpx.TransportError]) -> None:
    try:
        client.post("/v1/api/tickle", json={})
    except httpx.TransportError as failure:
        failures.append(failure)
