"""The command line `ib-mcp`, and its demo with real processes and a real MCP client."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import fastmcp
import pytest

from api_gateway.causes import Cause
from api_gateway.settings import environment_names
from api_gateway.simulator.profiles import PROFILES
from ib_mcp import cli, demo
from ib_mcp.demo import EXAMPLE_TOOL
from ib_mcp.settings_example import settings_groups
from mcp_server.settings import ToolListing
from ticker_service.settings import Compete

ROOT = Path(__file__).resolve().parents[2]
AAPL = 265598


def environment(**settings: str) -> dict[str, str]:
    """The environment without the settings of this project."""
    own_settings = {name for _, each in settings_groups() for name in environment_names(each)}
    return {**{name: value for name, value in os.environ.items() if name not in own_settings}, **settings}


def command(*arguments: str, cwd: Path = ROOT, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ib_mcp", *arguments],
        cwd=cwd,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def processes() -> Iterator[tuple[int, int, str]]:
    """Process ID, parent and command line of every running process."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        for line in listing.stdout.splitlines():
            pid, parent, arguments = line.split(None, 2)
            yield int(pid), int(parent), arguments
        return
    # Slim containers have no `ps`.
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            arguments = (folder / "cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has just exited
        yield (
            int(folder.name),
            int(stat.rpartition(")")[2].split()[1]),
            " ".join(arguments.split("\0")).strip(),
        )


class Demo:
    """A running demo on free ports; `output` is everything it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or re.search(pattern, self.output), timeout=50)
            found = re.search(pattern, self.output)
        assert found, self.output
        return found

    @property
    def mcp_url(self) -> str:
        return self.wait_for(r"http://localhost:\d+/mcp").group()

    @property
    def ports(self) -> dict[str, int]:
        return {
            "gateway": int(self.wait_for(r"Login page   https://localhost:(\d+)").group(1)),
            "server": int(self.wait_for(r"MCP server   http://localhost:(\d+)").group(1)),
            "ticker": int(self.wait_for(r"http://127\.0\.0\.1:(\d+)/state").group(1)),
        }

    def children(self) -> dict[int, str]:
        """The process IDs of the demo's processes, with their command lines."""
        return {pid: line for pid, parent, line in processes() if parent == self.process.pid}

    def wait_until_ready(self) -> None:
        self.wait_for(f" {EXAMPLE_TOOL}")

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        status = self.process.wait(30)
        self._reader.join(5)
        return status


@contextmanager
def running(cwd: Path, *arguments: str, **settings: str) -> Iterator[Demo]:
    free = ["--port", "0", "--gateway-port", "0", "--ticker-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ib_mcp", "demo", *free, *arguments],
        cwd=cwd,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    demo = Demo(process)
    try:
        yield demo
    finally:
        if process.poll() is None:
            demo.stop()
        if process.stdout:
            process.stdout.close()


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ticker_state(port: int) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/state")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found
    finally:
        connection.close()


def wait_for_ticker(port: int, state: str) -> None:
    until = time.monotonic() + 40
    while ticker_state(port)["state"] != state:
        assert time.monotonic() < until, ticker_state(port)
        threading.Event().wait(0.04)


# Settings for a live account, as they may exist in the directory in which the demo is started.
STRAY_ENV = """
GATEWAY_URL=https://gateway.invalid:5055
GATEWAY_VERIFY_TLS=false
GATEWAY_FINGERPRINT=0000000000000000000000000000000000000000000000000000000000000000
MCP_TRANSPORT_PROTOCOL=stdio
MCP_SERVER_HOST=0.0.0.0
MCP_SERVER_TOKEN=a-token-of-the-live-server
MCP_SERVER_PATH=/elsewhere
TRADING_MODE=live
INCLUDED_TAGS=Accounts
COMPETE=true
SIMULATOR_TLS=false
SIMULATOR_LOGIN=false
"""


@pytest.mark.processes
async def test_the_demo_serves_an_mcp_client_stops_on_ctrl_c_and_ignores_a_stray_env_file(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text(STRAY_ENV, encoding="utf-8")
    with running(tmp_path, TRADING_MODE="live", GATEWAY_CA_FILE="/nowhere.pem") as demo:
        demo.wait_until_ready()
        ports, children = demo.ports, demo.children()
        assert len(children) == 3
        async with fastmcp.Client(demo.mcp_url) as client:
            names = {tool.name for tool in await client.list_tools()}
            assert {"search_tools", EXAMPLE_TOOL} <= names
            accounts = await client.call_tool_mcp("list_brokerage_accounts", {})
            assert not accounts.is_error
            assert "DU1234567" in accounts.content[0].text
            quote = await client.call_tool_mcp("get_market_snapshot", {"conids": [AAPL]})
            assert not quote.is_error, quote.content
            assert json.loads(quote.content[0].text)[0]["conid"] == AAPL
        wait_for_ticker(ports["ticker"], "established")
        began = time.monotonic()
        status = demo.stop()
        took = time.monotonic() - began
    assert status == 0
    assert took < 20
    assert "Traceback" not in demo.output
    assert "\x1b" not in demo.output
    assert [port for port in ports.values() if not is_free(port)] == []
    assert [pid for pid in children if is_running(pid)] == []
    assert os.listdir(tmp_path) == [".env"]


@pytest.mark.thorough
@pytest.mark.processes
def test_the_demo_with_login_waits_for_a_person_and_prints_a_valid_snippet(tmp_path: Path) -> None:
    with running(tmp_path, "--login") as demo:
        demo.wait_until_ready()
        wait_for_ticker(demo.ports["ticker"], "not_logged_in")
        snippet = demo.output[demo.output.index("{") : demo.output.rindex("}") + 1]
        assert json.loads(snippet) == {"servers": {"ibkr": {"type": "http", "url": demo.mcp_url}}}
        certificate = demo.wait_for(r"Certificate (\S+gateway\.pem)").group(1)
        trusting = ssl.create_default_context(cafile=certificate)
        page = HTTPSConnection("localhost", demo.ports["gateway"], context=trusting, timeout=20)
        page.request("POST", "/simulator/login", body="{}")
        assert page.getresponse().status == 200
        page.close()
        wait_for_ticker(demo.ports["ticker"], "established")
        assert demo.stop(signal.SIGTERM) == 0


@pytest.mark.thorough
@pytest.mark.processes
def test_the_demo_names_a_process_that_died_and_leaves_nothing_running(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        demo.wait_for(r"The ticker .+\.")
        children = demo.children()
        (ticker,) = (pid for pid, line in children.items() if line.endswith("-m ticker_service"))
        os.kill(ticker, signal.SIGKILL)
        assert demo.process.wait(30) == 1
        demo.wait_for(r"The ticker .* signal 9")
    assert [pid for pid in children if is_running(pid)] == []


@pytest.mark.thorough
@pytest.mark.processes
@pytest.mark.parametrize("moment", [r"…", r"The simulator .+\.", r"simulator \|"])
def test_ctrl_c_during_startup_leaves_nothing_running(tmp_path: Path, moment: str) -> None:
    with running(tmp_path) as demo:
        demo.wait_for(moment)
        children = demo.children()
        assert demo.stop() == 0
    assert "Traceback" not in demo.output
    assert [pid for pid in children if is_running(pid)] == []


@pytest.mark.processes
def test_a_port_in_use_is_reported_before_anything_is_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        outcome = command("demo", "--port", port, "--gateway-port", "0", GATEWAY_PORT="0", TICKER_PORT=port)
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    server, ticker = outcome.stderr.splitlines()
    assert all(part in server for part in (port, "MCP_SERVER_PORT=", "--port "))
    assert all(part in ticker for part in (port, "TICKER_PORT=", "--ticker-port "))


@pytest.mark.processes
def test_the_same_port_for_two_processes_is_reported() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    outcome = command("demo", "--port", port, "--ticker-port", port, GATEWAY_PORT="0")
    assert outcome.returncode == 1
    assert port in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.thorough
@pytest.mark.processes
@pytest.mark.parametrize(
    ("arguments", "settings", "named"),
    [
        (["demo"], {"TICKER_PORT": "x"}, "TICKER_PORT"),
        (["demo", "--port", "99999"], {}, "99999"),
        (["demo", "--prot", "1"], {}, "--prot"),
        (["ticker"], {"TICKLE_INTERVAL": "0"}, "TICKLE_INTERVAL"),
        (["serve"], {"TRADING_MODE": "yolo"}, "TRADING_MODE"),
        (["simulator", "--seed", "x"], {}, "--seed"),
        (["simulate"], {}, "simulate"),
        ([], {}, "COMMAND"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_an_invalid_argument_or_setting_is_named_with_status_2(
    arguments: list[str], settings: dict[str, str], named: str, tmp_path: Path
) -> None:
    outcome = command(*arguments, cwd=tmp_path, **settings)
    assert outcome.returncode == 2
    assert named in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.processes
def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom ib_mcp import cli\n"
        "try: cli.main(['--help'])\n"
        "finally: print(sorted({'fastmcp', 'fastapi', 'httpx', 'pydantic'} & set(sys.modules)))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0
    assert outcome.stdout.splitlines()[-1] == "[]"
    for each in ("demo", "serve", "ticker", "simulator", "openapi", "settings", "doctor", "--version"):
        assert each in outcome.stdout
    assert "    generate" not in outcome.stdout


def test_the_cli_module_imports_almost_nothing_before_main() -> None:
    program = (
        "import sys, argparse, collections.abc\n"
        f"sys.path.insert(0, {str(ROOT)!r}); had = set(sys.modules); import ib_mcp.cli\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program + "print(sorted(set(sys.modules) - had))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert outcome.stdout == "['__future__', 'ib_mcp', 'ib_mcp.cli']\n"


def test_the_demo_process_never_imports_the_mcp_server(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom ib_mcp.demo import demo_processes\n"
        "from pathlib import Path\n"
        "ports = {'GATEWAY_PORT': 1, 'MCP_SERVER_PORT': 2, 'TICKER_PORT': 3}\n"
        "processes = demo_processes(ports, Path('.'), login=False)\n"
        "assert len(processes) == 3\n"
        "print(sorted({'fastmcp', 'fastapi', 'httpx'} & set(sys.modules)))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.stdout, outcome.stderr) == ("[]\n", "")


def test_version_is_the_version_of_the_package() -> None:
    assert re.fullmatch(r"ib-mcp \d+\.\d+\.\d+\n", command("--version").stdout)


def test_each_command_has_its_own_options() -> None:
    assert "--strict" in command("simulator", "--help").stdout
    assert "ib-mcp openapi repair" in command("openapi", "repair", "--help").stdout
    assert "--stdio" in command("serve", "--help").stdout


@pytest.mark.thorough
@pytest.mark.parametrize("verb", ["repair", "generate", "compare"])
def test_the_former_command_generate_still_works(verb: str) -> None:
    current = {"generate": "routers"}.get(verb, verb)
    former_help = command("generate", verb, "--help")
    assert former_help.returncode == 0
    assert former_help.stdout == command("openapi", current, "--help").stdout


def test_the_demos_processes_get_its_settings_and_none_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_FINGERPRINT", "0" * 64)
    monkeypatch.setenv("MCP_SERVER_TOKEN", "secret")
    monkeypatch.setenv("GATEWAY_DEADLINE", "1")
    monkeypatch.setenv("MINE", "kept")
    ports = {"GATEWAY_PORT": 1, "MCP_SERVER_PORT": 2, "TICKER_PORT": 3}
    simulator, ticker, server = demo.demo_processes(ports, tmp_path, login=False)
    for process in (simulator, ticker, server):
        assert process.environment["MINE"] == "kept"
        assert not {"GATEWAY_FINGERPRINT", "MCP_SERVER_TOKEN", "GATEWAY_DEADLINE"} & set(process.environment)
    for process in (ticker, server):
        assert process.environment["GATEWAY_URL"] == "https://localhost:1"
        assert process.environment["GATEWAY_CA_FILE"] == str(tmp_path / "tls" / "gateway.pem")
        assert "GATEWAY_VERIFY_TLS" not in process.environment
    assert simulator.environment["SIMULATOR_LOGIN"] == "true"
    assert simulator.environment["SIMULATOR_PROFILE"] == "retail"
    assert server.environment["TRADING_MODE"] == "paper"
    assert server.environment["MCP_SERVER_TOOLS"] == "search"
    assert server.environment["IB_MCP_DATA_DIR"] == str(tmp_path / "data")


def test_the_demo_can_simulate_an_advisor_and_list_every_tool(tmp_path: Path) -> None:
    ports = {"GATEWAY_PORT": 1, "MCP_SERVER_PORT": 2, "TICKER_PORT": 3}
    simulator, _, server = demo.demo_processes(ports, tmp_path, login=False, profile="fa", tools="all")
    assert simulator.environment["SIMULATOR_PROFILE"] == "fa"
    assert server.environment["MCP_SERVER_TOOLS"] == "all"


@pytest.mark.parametrize(
    ("arguments", "settings", "policy"),
    [
        ((), {}, "yield"),
        ((), {"COMPETE": "ask"}, "ask"),
        ((), {"COMPETE": "true"}, "take"),
        (("--compete", "take"), {"COMPETE": "ask"}, "take"),
    ],
)
def test_the_demo_takes_the_compete_policy_from_option_or_setting(
    arguments: tuple[str, ...],
    settings: dict[str, str],
    policy: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMPETE", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    given: list[str] = []

    class Started(Exception):
        pass

    def record(*_: Any, compete: str, **__: Any) -> None:
        given.append(compete)
        raise Started

    monkeypatch.setattr(demo, "demo_processes", record)
    free = ("--port", "0", "--gateway-port", "0", "--ticker-port", "0")
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(Started):
            cli.main(["demo", *free, *arguments])
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert given == [policy]


def test_the_compete_policy_is_passed_to_the_ticker_only(tmp_path: Path) -> None:
    ports = {"GATEWAY_PORT": 1, "MCP_SERVER_PORT": 2, "TICKER_PORT": 3}
    simulator, ticker, server = demo.demo_processes(ports, tmp_path, login=False, compete="ask")
    assert ticker.environment["COMPETE"] == "ask"
    assert not {"COMPETE"} & {*simulator.environment, *server.environment}


def test_an_invalid_compete_policy_stops_the_demo(tmp_path: Path) -> None:
    done = command("demo", cwd=tmp_path, COMPETE="fight")
    assert done.returncode == 2
    assert "COMPETE" in done.stderr


def test_the_demos_help_lists_every_profile_tool_listing_and_policy() -> None:
    text = command("demo", "--help").stdout
    assert f"--compete {{{','.join(Compete)}}}" in text
    assert f"--profile {{{','.join(PROFILES)}}}" in text
    assert f"--tools {{{','.join(ToolListing)}}}" in text


@pytest.mark.thorough
@pytest.mark.processes
def test_the_doctor_reports_a_missing_login_and_nothing_after_the_login(tmp_path: Path) -> None:
    with running(tmp_path, "--login") as demo:
        demo.wait_until_ready()
        ports = demo.ports
        certificate = demo.wait_for(r"Certificate (\S+gateway\.pem)").group(1)
        page = f"https://localhost:{ports['gateway']}"
        settings = {
            "GATEWAY_URL": page,
            "GATEWAY_LOGIN_URL": page,
            "GATEWAY_CA_FILE": certificate,
            "MCP_SERVER_PORT": str(ports["server"]),
            "TICKER_URL": f"http://localhost:{ports['ticker']}",
            "TICKER_PORT": str(ports["ticker"]),
        }
        wait_for_ticker(ports["ticker"], "not_logged_in")
        missing = command("doctor", "--json", cwd=tmp_path, **settings)
        report = json.loads(missing.stdout)
        assert (missing.returncode, report["first_broken"]) == (1, "login"), missing.stdout
        assert page in report["fix"]

        trusting = ssl.create_default_context(cafile=certificate)
        login = HTTPSConnection("localhost", ports["gateway"], context=trusting, timeout=20)
        login.request("POST", "/simulator/login", body="{}")
        assert login.getresponse().status == 200
        login.close()
        wait_for_ticker(ports["ticker"], "established")
        well = command("doctor", "--bundle", "support.zip", cwd=tmp_path, **settings)
        assert well.returncode == 0, well.stdout + well.stderr
        with zipfile.ZipFile(tmp_path / "support.zip") as bundle:
            texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"report.txt", "report.json", "settings.json", "versions.json", "ticker.json"}
    assert not any("DU1234567" in text or str(Path.home()) in text for text in texts.values())


@pytest.mark.processes
def test_the_doctor_reports_an_invalid_setting_and_checks_the_rest(tmp_path: Path) -> None:
    outcome = command(
        "doctor", "--json", cwd=tmp_path, GATEWAY_URL="https://ib_gateway:5055", MCP_SERVER_PORT="0"
    )
    report = json.loads(outcome.stdout)
    assert (outcome.returncode, report["first_broken"]) == (2, "settings")
    assert "GATEWAY_URL" in report["sentence"]
    assert {each["layer"]: each["outcome"] for each in report["layers"]}["ticker"] != "skipped"


@pytest.mark.processes
def test_the_doctor_reports_deprecated_settings_in_its_report_too(tmp_path: Path) -> None:
    outcome = command(
        "doctor", "--json", cwd=tmp_path, GATEWAY_DEADLINE="15", TICKLE_INTERVAL_FOUL="5", MCP_SERVER_PORT="0"
    )
    [settings] = [each for each in json.loads(outcome.stdout)["layers"] if each["layer"] == "settings"]
    assert (settings["outcome"], settings["cause"]) == ("warning", Cause.DEPRECATED_SETTING.key)
    for name in ("GATEWAY_TIMEOUT", "TICKLE_INTERVAL_UNHEALTHY"):
        assert name in settings["fix"]
        assert name in outcome.stderr


@pytest.mark.processes
def test_the_doctor_never_prints_a_token(tmp_path: Path) -> None:
    secret = "a-token-that-nobody-else-may-read"
    outcome = command("doctor", cwd=tmp_path, MCP_SERVER_TOKEN=secret, MCP_SERVER_PORT="0", GATEWAY_URL="x")
    assert outcome.returncode == 2
    assert secret not in outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.processes
def test_the_doctor_reports_a_support_file_that_cannot_be_written(tmp_path: Path) -> None:
    outcome = command(
        "doctor", "--bundle", "nowhere/a.zip", cwd=tmp_path, GATEWAY_URL="x", MCP_SERVER_PORT="0"
    )
    assert outcome.returncode == 2
    assert "nowhere/a.zip" in outcome.stderr
    assert "Traceback" not in outcome.stderr
