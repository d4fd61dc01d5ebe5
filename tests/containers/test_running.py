"""The compose file with an engine: both gateways built, called, killed, restarted and stopped."""

import asyncio
import hashlib
import http.client
import itertools
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fastmcp
import pytest
from fastmcp.client.auth import BearerAuth

from api_gateway.causes import Cause, explain

# These tests take as long as Docker takes; each wait ends as soon as its condition is true.
pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
STAND_IN = ROOT / "tests/containers/stand_in/GatewayStart.java"
SERVICES = ("gateway", "ticker", "mcp-server")
ACCOUNT = "DU1234567"
TIMEOUT = 45.0  # seconds within which the services find each other again
POLL_INTERVAL = 0.2  # seconds between two polls


@dataclass(frozen=True)
class Stack:
    """The three containers of one compose project in a copy of the repository."""

    folder: Path
    project: str
    gateway: str
    gateway_port: int
    server_port: int
    settings: Mapping[str, str] = field(default_factory=dict)

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
        chosen = {
            "GATEWAY": self.gateway,
            "GATEWAY_PORT": str(self.gateway_port),
            "MCP_SERVER_PORT": str(self.server_port),
            "PROJECT": self.project,
            # The shortest intervals that the settings allow.
            "TICKLE_INTERVAL": "5",
            "TICKLE_INTERVAL_UNHEALTHY": "1",
        }
        files = ("-f", "docker-compose.yml", "-f", "override.yml")
        done = subprocess.run(
            ["docker", "compose", "-p", self.project, *files, *arguments],
            cwd=self.folder,
            env=inherited | chosen | dict(self.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            logs = "" if "logs" in arguments else self.compose("logs", "--tail", "50", check=False).stdout
            pytest.fail(f"docker compose {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}\n{logs}")
        return done

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", "--wait", *arguments)

    def inside(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command).stdout

    def inspected(self, service: str) -> Any:
        container = self.compose("ps", "-a", "-q", service).stdout.strip()
        found = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True)
        return json.loads(found.stdout)[0]

    def forget_image(self) -> None:
        name = f"{self.project}-gateway:{self.gateway}"
        subprocess.run(["docker", "rmi", name], capture_output=True, check=False)

    def health(self) -> dict[str, str]:
        output = self.compose("ps", "--format", "json").stdout.strip()
        # A list before compose 2.21, one line each since.
        is_list = output.startswith("[")
        rows = json.loads(output) if is_list else [json.loads(line) for line in output.splitlines()]
        return {row["Service"]: row["Health"] for row in rows}

    def certificate(self) -> str:
        return self.inside("gateway", "cat", "/tls/gateway.pem")

    def server(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def browser(self, method: str, path: str, **headers: str) -> tuple[int, str]:
        """The response of the published port to a client on this machine that trusts the certificate."""
        trust = ssl.create_default_context(cadata=self.certificate())
        connection = http.client.HTTPSConnection("localhost", self.gateway_port, timeout=20, context=trust)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            response.read()
            return response.status, response.headers.get("Location", "")
        finally:
            connection.close()

    @asynccontextmanager
    async def client(self, token: str | None = None) -> AsyncIterator[fastmcp.Client[Any]]:
        address = f"http://localhost:{self.server_port}/mcp"
        async with fastmcp.Client(address, auth=BearerAuth(token) if token else None) as client:
            yield client

    async def call_accounts(self) -> tuple[bool, str]:
        """Whether a call for the accounts failed, and its text."""
        async with self.client() as client:
            result = await client.call_tool("list_brokerage_accounts", {}, raise_on_error=False)
            return result.is_error, " ".join(getattr(block, "text", "") for block in result.content)

    @property
    def session(self) -> str:
        """The ticker's state if everything works."""
        return "established" if self.gateway == "simulator" else "not_logged_in"

    async def noticed(self, wanted: str) -> None:
        """Wait until the ticker reports this state."""
        question = (
            "import urllib.request as r; print(r.urlopen('http://127.0.0.1:5056/state').read().decode())"
        )
        deadline = time.monotonic() + TIMEOUT
        state = ""
        while time.monotonic() < deadline:
            state = json.loads(self.inside("ticker", "python3", "-c", question))["state"]
            if state == wanted:
                return
            await asyncio.sleep(POLL_INTERVAL)
        pytest.fail(f"After {TIMEOUT:.0f} s the ticker says {state}, not {wanted}")

    async def settle(self) -> str:
        """Wait until an MCP client gets this gateway's response; returns it."""
        deadline = time.monotonic() + TIMEOUT
        last = ""
        while time.monotonic() < deadline:
            try:
                failed, last = await self.call_accounts()
            except (OSError, RuntimeError, fastmcp.exceptions.FastMCPError) as error:
                last = repr(error)
            else:
                if self.gateway == "simulator" and not failed and ACCOUNT in last:
                    return last
                if self.gateway == "live" and failed and f"https://localhost:{self.gateway_port}" in last:
                    return last
            await asyncio.sleep(POLL_INTERVAL)
        logs = self.compose("logs", "--tail", "30").stdout
        pytest.fail(f"After {TIMEOUT:.0f} s an MCP client still gets: {last}\n{logs}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        pass


@pytest.fixture(scope="session")
def checkout(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - asked for its skip
    """A copy of what git would clone, without `.env`."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    assert not (folder / ".env").exists()
    # Its own image names, so that no others are replaced, and a build that reaches the archive on this
    # machine.
    tags = {"gateway": "${GATEWAY:-}", "ticker": "latest", "mcp-server": "latest"}
    services = {
        service: {"image": f"${{PROJECT:-}}-{service}:{tag}", "build": {"network": "host"}}
        for service, tag in tags.items()
    }
    (folder / "override.yml").write_text(json.dumps({"services": services}))
    return folder


@pytest.fixture(scope="session")
def archive(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:  # noqa: ARG001
    """The build settings for an archive with IBKR's layout and a stand-in gateway, served on loopback."""
    folder = tmp_path_factory.mktemp("archive")
    classes = folder / "classes"
    classes.mkdir()
    compiler = ["javac", "-d", str(classes), "--release", "17", str(STAND_IN)]
    if shutil.which("javac") is None:
        mounts = ["-v", f"{STAND_IN.parent}:/source:ro", "-v", f"{classes}:/classes"]
        inside = ["javac", "-d", "/classes", "--release", "17", f"/source/{STAND_IN.name}"]
        compiler = ["docker", "run", "--rm", *mounts, "eclipse-temurin:21", *inside]
    compiled = subprocess.run(compiler, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, f"The stand-in needs a Java compiler (javac): {compiled.stderr}"
    with zipfile.ZipFile(folder / "gateway.jar", "w") as jar:
        for path in classes.rglob("*.class"):
            jar.write(path, path.relative_to(classes))
    with zipfile.ZipFile(folder / "clientportal.gw.zip", "w") as zipped:
        zipped.write(folder / "gateway.jar", "dist/ibgroup.web.core.iblink.router.clientportal.gw.jar")
        zipped.writestr("build/lib/runtime/README", "IBKR's libraries are here")
        zipped.writestr("root/conf.yaml", "listenPort: 5000\n")
        zipped.writestr("root/vertx.jks", "expired")
        zipped.writestr("bin/run.sh", "exit 1\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        yield {
            "GATEWAY_ARCHIVE_URL": f"http://127.0.0.1:{server.server_port}/clientportal.gw.zip",
            "GATEWAY_ARCHIVE_SHA256": hashlib.sha256(
                (folder / "clientportal.gw.zip").read_bytes()
            ).hexdigest(),
        }
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module", params=["live", "simulator"])
def stack(request: pytest.FixtureRequest, checkout: Path, archive: dict[str, str]) -> Iterator[Stack]:
    """The three containers, built and healthy; a test that stops some starts them again."""
    stack = Stack(
        folder=checkout,
        project=f"ib-mcp-test-{os.getpid()}-{request.param}",
        gateway=request.param,
        gateway_port=free_port(),
        server_port=free_port(),
        settings=archive if request.param == "live" else {},
    )
    try:
        stack.up("--build")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "1", "--rmi", "all", check=False)


live_only = pytest.mark.parametrize("stack", ["live"], indirect=True)
simulator_only = pytest.mark.parametrize("stack", ["simulator"], indirect=True)


# -- what is there --


def test_a_clean_clone_gives_three_healthy_containers(stack: Stack) -> None:
    stack.up()  # waits for those that an earlier test has just restarted
    assert stack.health() == dict.fromkeys(SERVICES, "healthy")


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_root_no_capabilities_and_no_writable_disk(stack: Stack, service: str) -> None:
    status = stack.inside(service, "cat", "/proc/1/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(facts["Uid"].split()) == {"10001" if service == "gateway" else "10002"}
    assert "0" not in facts["Gid"].split() + facts["Groups"].split()
    assert {int(facts[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
    assert facts["NoNewPrivs"] == "1"
    for folder in ("/", "/app", "/opt", "/usr/local/bin", "/etc", "/var"):
        refused = stack.compose("exec", "-T", service, "touch", f"{folder}/mark", check=False)
        assert refused.returncode != 0, folder
    stack.inside(service, "touch", "/tmp/mark")  # noqa: S108 - the one place that may be written to


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_its_limits(stack: Stack, service: str) -> None:
    host = stack.inspected(service)["HostConfig"]
    assert 0 < host["Memory"] <= 512 * 1024**2
    assert 0 < host["PidsLimit"] <= 128
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]


def test_only_the_server_can_read_the_data_folder_and_its_files(stack: Stack) -> None:
    listed = stack.inside("mcp-server", "stat", "-c", "%a %u %n", "/data", "/data/facts.sqlite3")
    assert listed.splitlines() == ["700 10002 /data", "600 10002 /data/facts.sqlite3"]


def test_ports_are_published_on_this_machine_only(stack: Stack) -> None:
    published = {
        service: {
            (inner, binding["HostIp"], int(binding["HostPort"]))
            for inner, bindings in stack.inspected(service)["NetworkSettings"]["Ports"].items()
            for binding in bindings or []
        }
        for service in SERVICES
    }
    assert published == {
        "gateway": {("5055/tcp", "127.0.0.1", stack.gateway_port)},
        "mcp-server": {("5002/tcp", "127.0.0.1", stack.server_port)},
        "ticker": set(),
    }


@pytest.mark.parametrize("service", ["ticker", "mcp-server"])
def test_a_client_verifies_the_gateway_and_cannot_read_its_key(stack: Stack, service: str) -> None:
    question = (
        "import http.client, pathlib, ssl\n"
        "trust = ssl.create_default_context(cafile='/tls/gateway.pem')\n"
        "connection = http.client.HTTPSConnection('gateway', 5055, timeout=10, context=trust)\n"
        "connection.request('GET', '/')\n"
        "print('status', connection.getresponse().status)\n"
        "for path in sorted(pathlib.Path('/tls').iterdir()):\n"
        "    try:\n"
        "        path.read_bytes()\n"
        "        print('read', path.name)\n"
        "    except PermissionError:\n"
        "        print('kept', path.name)\n"
    )
    output = stack.inside(service, "python3", "-c", question).splitlines()
    assert output[0] == "status 302"
    key = "gateway.p12" if stack.gateway == "live" else "gateway.key"
    assert f"kept {key}" in output
    assert [line for line in output if line.startswith("read")] == ["read gateway.pem"]
    assert stack.compose("exec", "-T", service, "touch", "/tls/mark", check=False).returncode != 0


def test_a_browser_on_this_machine_is_sent_to_the_login_page(stack: Stack) -> None:
    status, location = stack.browser("GET", "/")
    assert status == 302
    assert location.startswith("/sso/Login")


async def test_an_mcp_client_lists_the_tools(stack: Stack) -> None:
    async with stack.client() as client:
        names = {tool.name for tool in await client.list_tools()}
    assert {"search_tools", "call_tool", "get_portfolio"} <= names


async def test_a_call_about_the_account_returns_the_gateways_response(stack: Stack) -> None:
    output = await stack.settle()
    if stack.gateway == "live":
        assert explain(Cause.NOT_LOGGED_IN).sentence in output


async def test_health_and_ready_return_their_status(stack: Stack) -> None:
    await stack.settle()
    assert stack.server("/health")[0] == 200
    status, output = stack.server("/ready")
    assert status == (200 if stack.gateway == "simulator" else 503), output


def test_no_secret_is_in_the_logs(stack: Stack) -> None:
    logs = stack.compose("logs").stdout
    assert "changeit" not in logs
    assert "Traceback" not in logs
    assert "PRIVATE KEY" not in logs


# -- killed and started --


async def test_server_and_ticker_keep_running_without_a_gateway_and_find_it_again(stack: Stack) -> None:
    stack.compose("kill", "gateway")
    try:
        failed, output = await stack.call_accounts()
        assert failed, output
        assert stack.server("/health")[0] == 200
        async with stack.client() as client:
            assert await client.list_tools()
        await stack.noticed("unreachable")
    finally:
        stack.compose("start", "gateway")
    await stack.settle()
    await stack.noticed(stack.session)
    assert stack.inspected("mcp-server")["RestartCount"] == stack.inspected("ticker")["RestartCount"] == 0


@pytest.mark.parametrize("order", list(itertools.permutations(SERVICES)), ids=">".join)
async def test_the_services_find_each_other_in_any_start_order(stack: Stack, order: tuple[str, ...]) -> None:
    stack.compose("kill")
    for service in order:
        stack.compose("start", service)
    await stack.settle()


async def test_the_services_find_each_other_with_a_new_volume_and_the_gateway_last(stack: Stack) -> None:
    stack.compose("down", "--volumes", "--timeout", "1")
    stack.up("ticker", "mcp-server")
    failed, output = await stack.call_accounts()
    assert failed, output
    stack.up()
    await stack.settle()
    await stack.noticed(stack.session)


async def test_down_takes_less_than_three_seconds_with_a_client_connected(stack: Stack) -> None:
    async with stack.client() as client:
        await client.list_tools()
        started = time.monotonic()
        await asyncio.to_thread(stack.compose, "down")
        took = time.monotonic() - started
    stack.up()
    assert took < 3.0


def test_each_service_stops_on_sigterm(stack: Stack) -> None:
    stack.compose("stop")
    exits = {service: stack.inspected(service)["State"]["ExitCode"] for service in SERVICES}
    stack.up()
    java = 143 if stack.gateway == "live" else 0
    assert exits == {"gateway": java, "ticker": 0, "mcp-server": 0}


# -- settings --


@simulator_only
def test_an_invalid_value_stops_startup_and_lists_the_valid_ones(stack: Stack) -> None:
    wrong = replace(stack, settings={"TRADING_MODE": "sandbox"})
    try:
        assert wrong.compose("up", "--detach", "--wait", "mcp-server", check=False).returncode != 0
        logs = wrong.compose("logs", "mcp-server").stdout
        assert "TRADING_MODE" in logs
        assert "paper" in logs
        assert "Traceback" not in logs
    finally:
        stack.up()


@simulator_only
async def test_a_token_is_required_if_it_is_set(stack: Stack) -> None:
    guarded = replace(stack, settings={"MCP_SERVER_TOKEN": "a-token-that-opens-a-test"})
    guarded.up()
    try:
        async with guarded.client("a-token-that-opens-a-test") as client:
            assert await client.list_tools()
        assert guarded.server("/mcp")[0] == 401
        for service in ("gateway", "ticker"):
            assert "a-token-that-opens-a-test" not in json.dumps(guarded.inspected(service))
        assert "a-token-that-opens-a-test" not in guarded.compose("logs").stdout
    finally:
        stack.up()


# -- IBKR's gateway --


@live_only
def test_java_replaces_the_script_and_its_memory_is_limited(stack: Stack) -> None:
    processes = stack.inside("gateway", "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "-Xmx128m" in processes
    assert "-XX:+UseSerialGC" in processes
    assert "--conf conf.yaml" in processes
    parents = stack.inside("gateway", "sh", "-c", "grep -l java /proc/[0-9]*/comm | xargs -n1 dirname")
    (java,) = parents.split()
    assert "PPid:\t1\n" in stack.inside("gateway", "cat", f"{java}/status")


@live_only
def test_the_gateway_uses_our_settings_instead_of_the_archives(stack: Stack) -> None:
    found = stack.inside("gateway", "sh", "-c", "cd /opt/gateway && find . -type f | sort").split()
    assert found == [
        "./build/lib/runtime/README",
        "./dist/ibgroup.web.core.iblink.router.clientportal.gw.jar",
        "./root/conf.yaml",
        "./root/logback-container.xml",
    ]
    assert "listenPort: 5055" in stack.inside("gateway", "cat", "/opt/gateway/root/conf.yaml")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@live_only
def test_only_the_login_page_on_the_published_port_may_call_the_gateway(stack: Stack, host: str) -> None:
    assert stack.browser("POST", "/v1/api/x", Origin=f"https://{host}:{stack.gateway_port}")[0] == 401
    assert stack.browser("POST", "/v1/api/x", Origin="https://evil.example")[0] == 403
    assert stack.browser("POST", "/v1/api/x", Origin=f"https://{host}:5055")[0] == 403


@live_only
async def test_the_certificate_is_kept_and_renewed_if_it_is_old_or_damaged(stack: Stack) -> None:
    first = stack.certificate()
    stack.compose("restart", "gateway")
    stack.up()
    assert stack.certificate() == first

    stack.inside("gateway", "touch", "-d", "400 days ago", "/tls/gateway.p12")
    stack.compose("restart", "gateway")
    stack.up()
    second = stack.certificate()
    assert second != first
    await stack.settle()

    stack.inside("gateway", "sh", "-c", "echo damaged > /tls/gateway.p12")
    stack.compose("restart", "gateway")
    stack.up()
    assert stack.certificate() not in (first, second)
    await stack.settle()


@live_only
async def test_the_simulator_and_ibkrs_gateway_can_replace_each_other(stack: Stack) -> None:
    other = replace(stack, gateway="simulator")
    try:
        other.up("--build")
        await other.settle()
    finally:
        stack.up("--build")
        other.forget_image()
    await stack.settle()


# -- what cannot be built --


@live_only
def test_an_archive_with_another_checksum_is_not_built(stack: Stack) -> None:
    changed = replace(stack, settings={**stack.settings, "GATEWAY_ARCHIVE_SHA256": "00" * 32})
    refused = changed.compose("build", "gateway", check=False)
    assert refused.returncode != 0
    assert "GATEWAY_ARCHIVE_SHA256" in refused.stdout + refused.stderr
    assert stack.settings["GATEWAY_ARCHIVE_SHA256"] in refused.stdout + refused.stderr


def test_an_unknown_gateway_is_rejected_and_the_valid_ones_are_listed(stack: Stack) -> None:
    refused = replace(stack, gateway="sandbox").compose("build", "gateway", check=False)
    assert refused.returncode != 0
    assert "live-or-simulator.sandbox" in refused.stdout + refused.stderr
