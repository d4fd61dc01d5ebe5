"""The compose file, the Dockerfiles and the gateway's settings, checked without an engine."""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from api_gateway.data_dir.settings import DataSettings
from api_gateway.settings import GatewaySettings, environment_names, former_names
from api_gateway.simulator.settings import SimulatorSettings
from mcp_server.settings import ServerSettings
from routers_generator.settings import GeneratorSettings
from ticker_service.settings import TickerSettings

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
GENERATOR = "routers-generator"
DOCKERFILES = (
    "api_gateway/Dockerfile",
    "mcp_server/Dockerfile",
    "routers_generator/Dockerfile",
    "ticker_service/Dockerfile",
)
SCRIPTS = ("api_gateway/container/run_gateway.sh", "api_gateway/container/healthcheck.sh", ".ci/containers")
CONF: dict[str, Any] = yaml.safe_load((ROOT / "api_gateway/container/conf.yaml").read_text())

# Every key that the gateway knows: it does not start with another.
CONF_KEYS = {
    "listenPort", "listenSsl", "sslCert", "sslPwd", "proxyRemoteHost", "proxyRemoteSsl", "portalBaseURL",
    "svcEnvironment", "ip2loc", "authDelay", "ssoPing", "ccp", "tst", "serverOptions", "cors", "webApps",
    "ips",
}  # fmt: skip


def instructions(path: str) -> list[str]:
    """The instructions of a Dockerfile: no comments, continued lines joined."""
    text = (ROOT / path).read_text()
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [line.strip() for line in joined.splitlines() if line.strip()]


def stages(path: str) -> dict[str, list[str]]:
    """The instructions of each stage, by its name (`""` if it has none)."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in instructions(path):
        if line.startswith("FROM "):
            name = line.partition(" AS ")[2]
            current = found.setdefault(name, [])
        current.append(line)
    return {name: lines for name, lines in found.items() if lines[0].startswith("FROM ")}


RUNNING_STAGES = {
    "live": stages("api_gateway/Dockerfile")["live"],
    "simulator": stages("api_gateway/Dockerfile")["simulator"],
    "mcp-server": stages("mcp_server/Dockerfile")[""],
    "ticker": stages("ticker_service/Dockerfile")[""],
}

GENERATING = stages("routers_generator/Dockerfile")[""]


# -- the compose file --


def test_three_services_start_and_no_name_has_an_underscore() -> None:
    started = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert started == {"gateway", "ticker", "mcp-server"}
    assert set(SERVICES) == started | {GENERATOR}
    hosts = re.findall(r"https?://([^:/\s]+)", COMPOSE_TEXT)
    assert "gateway" in hosts
    assert not [host for host in hosts if "_" in host]


def test_every_variable_has_a_default() -> None:
    used = re.findall(r"\$\{?(\w+)(:-)?", COMPOSE_TEXT)
    assert used
    assert [name for name, default in used if not default] == []


def test_ports_are_published_on_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 2
    assert all(isinstance(port, str) and port.startswith("127.0.0.1:") for port in published)
    assert "ports" not in SERVICES["ticker"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_minimal_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - the one place a container may write to
    assert service["init"] is True
    assert re.fullmatch(r"\d+m", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 128
    assert re.fullmatch(r"[12]s", service["stop_grace_period"])
    given_away = {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices", "user", "env_file"}
    assert given_away & set(service) == set()


def test_no_service_depends_on_the_gateway() -> None:
    assert [name for name, service in SERVICES.items() if "depends_on" in service] == []


def test_each_volume_has_one_writer() -> None:
    assert list(COMPOSE["volumes"]) == ["tls", "routers", "data"]
    certificate, universe = SERVICES["gateway"]["volumes"]
    assert certificate == "tls:/tls"
    assert (universe["type"], universe["target"], universe["read_only"]) == ("bind", "/universe.toml", True)
    assert SERVICES["gateway"]["environment"]["SIMULATOR_UNIVERSE"] == universe["target"]
    assert SERVICES[GENERATOR]["volumes"] == ["routers:/routers"]
    assert SERVICES["ticker"]["volumes"] == ["tls:/tls:ro,nocopy"]
    read_only = ["tls:/tls:ro,nocopy", "routers:/routers:ro,nocopy"]
    assert SERVICES["mcp-server"]["volumes"] == [*read_only, "data:/data"]


def test_the_data_folder_is_a_volume_that_only_the_servers_user_can_read() -> None:
    assert SERVICES["mcp-server"]["environment"]["IB_MCP_DATA_DIR"] == "/data"
    # A new volume gets the owner and mode of the directory in the image, which must be made as root.
    lines = RUNNING_STAGES["mcp-server"]
    (user,) = (line.removeprefix("USER ") for line in lines if line.startswith("USER "))
    uid, gid = user.split(":")
    made = next(i for i, line in enumerate(lines) if f"install -d -m 0700 -o {uid} -g {gid} /data" in line)
    assert made < lines.index(f"USER {user}")


def test_the_generator_runs_only_on_demand_and_reaches_no_session() -> None:
    generator = SERVICES[GENERATOR]
    assert generator["profiles"] == ["generator"]
    assert generator["restart"] == "no"
    assert set(generator["environment"]) == {"OPEN_API_SPEC_URL"}
    assert "ports" not in generator


def test_only_the_server_gets_the_token() -> None:
    holders = [name for name, service in SERVICES.items() if "MCP_SERVER_TOKEN" in service["environment"]]
    assert holders == ["mcp-server"]


@pytest.mark.parametrize(
    ("service", "settings", "left_out"),
    [
        # Containers always have the gateway's certificate, so nothing turns its verification off.
        ("ticker", GatewaySettings, {"GATEWAY_VERIFY_TLS", "GATEWAY_FINGERPRINT"}),
        ("mcp-server", GatewaySettings, {"GATEWAY_VERIFY_TLS", "GATEWAY_FINGERPRINT"}),
        ("ticker", TickerSettings, set()),
        ("mcp-server", ServerSettings, set()),
        ("mcp-server", DataSettings, set()),
        (GENERATOR, GeneratorSettings, set()),
        # The port inside the container is fixed.
        ("gateway", SimulatorSettings, {"GATEWAY_PORT"}),
    ],
)
def test_every_setting_reaches_its_container_under_its_deprecated_names_too(
    service: str, settings: type[BaseSettings], left_out: set[str]
) -> None:
    missing = environment_names(settings) - set(SERVICES[service]["environment"]) - left_out
    lines = "\n".join(f"      {name}: ${{{name}:-}}" for name in sorted(missing))
    assert not missing, f"docker-compose.yml, service {service}, environment: add\n{lines}"
    unneeded = left_out - environment_names(settings) | left_out & set(SERVICES[service]["environment"])
    assert not unneeded, f"tests/containers/test_compose.py: remove {sorted(unneeded)} from left_out"


@pytest.mark.parametrize("settings", [GatewaySettings, ServerSettings, TickerSettings])
def test_compose_passes_a_deprecated_name_on_unchanged_so_that_its_service_can_warn(
    settings: type[BaseSettings],
) -> None:
    names = {former.name: former.removed_in for _, former in former_names(settings)}
    assert names
    passed = [service["environment"] for service in SERVICES.values()]
    for name, removed_in in names.items():
        values = {each[name] for each in passed if name in each}
        assert values == {f"${{{name}:-}}"}, (
            f"docker-compose.yml: each service that passes {name} needs\n"
            f"      {name}: ${{{name}:-}} # old name, until {removed_in}"
        )


def test_one_variable_chooses_the_gateway_and_live_is_the_default() -> None:
    gateway = SERVICES["gateway"]
    assert gateway["build"]["target"].endswith(".${GATEWAY:-live}")
    assert gateway["image"].endswith(":${GATEWAY:-live}")
    prefix = gateway["build"]["target"].removesuffix("${GATEWAY:-live}")
    choices = {name for name in stages("api_gateway/Dockerfile") if name.startswith(prefix)}
    assert choices == {f"{prefix}live", f"{prefix}simulator"}


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command here")
@pytest.mark.parametrize("settings", [{}, {"GATEWAY": "simulator", "MCP_SERVER_PORT": "15002"}])
def test_compose_accepts_the_file_with_no_settings_at_all(settings: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | settings
    version = subprocess.run(
        ["docker", "compose", "version"], env=environment, capture_output=True, check=False
    )
    if version.returncode:
        pytest.skip("docker has no compose plugin here")
    checked = subprocess.run(
        ["docker", "compose", "config"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stderr == ""
    resolved = yaml.safe_load(checked.stdout)
    assert set(resolved["services"]) == {"gateway", "ticker", "mcp-server"}
    assert {
        port["host_ip"] for name in ("gateway", "mcp-server") for port in resolved["services"][name]["ports"]
    } == {"127.0.0.1"}


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker command here")
def test_the_generators_profile_changes_nothing_about_the_others(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    found = []
    for options in ([], ["--profile", "generator"]):
        checked = subprocess.run(
            ["docker", "compose", *options, "config"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if "is not a docker command" in checked.stderr or "unknown" in checked.stderr:
            pytest.skip("docker has no compose plugin here")
        assert checked.returncode == 0, checked.stderr
        found.append(yaml.safe_load(checked.stdout)["services"])
    without, with_it = found
    assert set(with_it) - set(without) == {GENERATOR}
    assert {name: with_it[name] for name in without} == without


# -- the Dockerfiles --


@pytest.mark.parametrize("path", DOCKERFILES)
def test_a_dockerfile_needs_no_newer_builder_and_no_pinned_digest(path: str) -> None:
    text = (ROOT / path).read_text()
    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE)
    for line in instructions(path):
        assert "<<" not in line, line
        assert "--link" not in line, line
        assert "@sha256:" not in line, line
        assert not re.match(r"(COPY|ADD)\s+(--\S+\s+)*\.\s", line), line


@pytest.mark.parametrize("path", DOCKERFILES)
def test_a_base_image_can_be_replaced_by_an_argument(path: str) -> None:
    lines = instructions(path)
    arguments = dict(re.findall(r"ARG (\w+_BASE)=(\S+)", "\n".join(lines)))
    own = set(stages(path))
    for line in lines:
        if line.startswith("FROM "):
            base = line.split()[1]
            assert base in own or base.strip("${}") in arguments, line
    assert arguments["PYTHON_BASE"] == "ghcr.io/astral-sh/uv:python3.11-bookworm-slim"
    assert arguments.get("JAVA_BASE", "eclipse-temurin:21-jre") == "eclipse-temurin:21-jre"


@pytest.mark.parametrize("name", sorted(RUNNING_STAGES))
def test_a_running_image_has_a_numbered_user_a_health_check_and_no_shell_in_front(name: str) -> None:
    lines = RUNNING_STAGES[name]
    users = [line for line in lines if line.startswith("USER ")]
    assert len(users) == 1
    assert re.fullmatch(r"USER (1000[12]):\1", users[0])
    assert len([line for line in lines if line.startswith("HEALTHCHECK ") and 'CMD ["' in line]) == 1
    assert len([line for line in lines if line.startswith('ENTRYPOINT ["')]) == 1
    assert not [line for line in lines[lines.index(users[0]) :] if line.startswith(("RUN ", "COPY "))]


def test_the_clients_have_another_user_than_the_gateway_whose_key_they_must_not_read() -> None:
    user = {
        name: next(line for line in lines if line.startswith("USER "))
        for name, lines in RUNNING_STAGES.items()
    }
    assert user["live"] == user["simulator"]
    assert user["ticker"] == user["mcp-server"] != user["live"]


def test_the_python_images_share_one_layer_of_locked_dependencies() -> None:
    shared = []
    for lines in (*(RUNNING_STAGES[name] for name in ("simulator", "mcp-server", "ticker")), GENERATING):
        installed = next(i for i, line in enumerate(lines) if "pip install" in line)
        assert "--no-deps --require-hashes --only-binary :all:" in lines[installed]
        assert lines[installed].endswith("-r /requirements.lock && uv pip check --system")
        shared.append(lines[1 : installed + 1])
    assert all(lines == shared[0] for lines in shared)
    others = [
        line
        for path in DOCKERFILES
        for line in instructions(path)
        if " install " in line and "-r /" not in line
    ]
    assert len(others) == 4
    assert all("--no-deps --no-build-isolation --editable ." in line for line in others)


def test_an_image_contains_the_packages_that_its_process_imports_and_no_tests() -> None:
    copied = {
        name: sorted(
            line.split()[-1] for line in lines if line.startswith("COPY --chmod") and line[-1] != "/"
        )
        for name, lines in RUNNING_STAGES.items()
    }
    assert copied["simulator"] == ["api_gateway", "ib_mcp"]
    assert copied["ticker"] == ["api_gateway", "ib_mcp", "ticker_service"]
    assert copied["mcp-server"] == ["api_gateway", "ib_mcp", "mcp_server"]
    assert [line for line in GENERATING if line.startswith("COPY --chmod=0755")] == [
        "COPY --chmod=0755 ib_mcp ib_mcp",
        "COPY --chmod=0755 api_gateway api_gateway",
        "COPY --chmod=0755 routers_generator routers_generator",
    ]


def test_the_generators_image_writes_as_the_user_that_the_server_reads_as() -> None:
    users = [line for line in GENERATING if line.startswith("USER ")]
    assert users == [line for line in RUNNING_STAGES["mcp-server"] if line.startswith("USER ")]
    assert any("install -d -o 10002 -g 10002 /routers" in line for line in GENERATING)
    assert GENERATING[-2:] == ['ENTRYPOINT ["python3", "-m", "routers_generator"]', 'CMD ["--help"]']


def test_a_build_context_has_only_what_the_build_needs() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    packages = {"api_gateway", "ib_mcp", "mcp_server", "routers_generator", "ticker_service"}
    assert sent == packages | {"requirements.lock", "pyproject.toml", "README.md", "LICENSE"}


def test_no_file_of_ibkrs_is_in_the_repository() -> None:
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    theirs = re.compile(r"\.(jar|zip|jks|p12|class|pem|key)$")
    assert [name for name in listed.stdout.splitlines() if theirs.search(name)] == []


# -- the gateway's own settings --


def test_the_gateways_settings_have_only_keys_that_it_knows() -> None:
    assert set(CONF) <= CONF_KEYS
    assert CONF["portalBaseURL"] == ""
    assert CONF["listenPort"] == 5055
    assert CONF["listenSsl"] is True
    assert CONF["proxyRemoteHost"] == "https://api.ibkr.com"
    assert CONF["sslCert"] == "/tls/gateway.p12"
    assert CONF["webApps"] == []


@pytest.mark.parametrize(
    "peer",
    ["127.0.0.1", "127.0.1.1", "10.0.0.7", "172.16.0.1", "172.17.0.1", "172.31.255.254", "192.168.48.3"],
)  # fmt: skip
def test_the_address_list_permits_loopback_and_docker_networks(peer: str) -> None:
    assert any(re.fullmatch(pattern, peer) for pattern in CONF["ips"]["allow"])
    assert not any(re.search(pattern, peer) for pattern in CONF["ips"]["deny"])


@pytest.mark.parametrize(
    "peer",
    [
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "192.169.0.1",
        "192.0.2.1",
        "100.64.0.1",
        "11.0.0.1",
        "128.0.0.1",
    ],
)
def test_the_address_list_rejects_all_other_addresses(peer: str) -> None:
    assert not any(re.fullmatch(pattern, peer) for pattern in CONF["ips"]["allow"])


def test_the_address_list_has_the_gateways_format() -> None:
    assert CONF["ips"]["deny"], "an empty or missing deny admits everybody"
    for pattern in CONF["ips"]["allow"] + CONF["ips"]["deny"]:
        # Each part is a regular expression; a netmask matches nothing and a lone star breaks every request.
        assert len(pattern.split(".")) == 4, pattern
        assert "/" not in pattern
        assert "*" not in pattern


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        ("https://localhost:5055", True),
        ("https://127.0.0.1:5055", True),
        ("http://localhost:5055", False),
        ("https://localhost:3000", False),
        ("https://localhost", False),
        ("https://localhost:5055.evil.example", False),
        ("https://evil.example", False),
        ("https://127x0x0x1:5055", False),
        ("null", False),
    ],
)
def test_only_the_login_page_may_call_the_gateway_from_a_browser(origin: str, admitted: bool) -> None:
    assert bool(re.fullmatch(CONF["cors"]["origin.allowed"], origin)) is admitted
    assert CONF["cors"]["allowCredentials"] is False


def test_the_gateways_log_has_no_file_and_no_cookies() -> None:
    log = ElementTree.parse(ROOT / "api_gateway/container/logback.xml").getroot()  # noqa: S314 - our own file
    assert [appender.get("class") for appender in log.iter("appender")] == [
        "ch.qos.logback.core.ConsoleAppender"
    ]
    root = log.find("root")
    assert root is not None
    assert root.get("level") == "WARN"
    levels = {
        (logger.get("name") or "").rpartition(".")[2]: logger.get("level") for logger in log.iter("logger")
    }
    assert levels == {"GatewayHttpProxy": "INFO", "HttpMessageLogger": "ERROR", "CookieManager": "OFF"}


# -- the scripts --


def test_shellcheck_reports_no_problems() -> None:
    shellcheck = shutil.which("shellcheck", path=f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}")
    assert shellcheck is not None
    checked = subprocess.run([shellcheck, *SCRIPTS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.stdout == ""
    assert checked.returncode == 0


@pytest.mark.parametrize("path", SCRIPTS)
def test_every_script_is_executable(path: str) -> None:
    assert os.access(ROOT / path, os.X_OK)


def test_the_gateway_script_replaces_itself_with_java_and_limits_its_memory() -> None:
    _, becomes, command = (
        (ROOT / "api_gateway/container/run_gateway.sh").read_text().rpartition("\nexec java ")
    )
    assert becomes
    assert command.rstrip().endswith("--conf conf.yaml"), "nothing runs after it"
    for option in (
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dvertx.cacheDirBase=/tmp/vertx",
    ):
        assert option in command.split()


def test_the_health_check_follows_no_redirect() -> None:
    text = (ROOT / "api_gateway/container/healthcheck.sh").read_text()
    assert "--location" not in text
    assert not re.search(r"curl.* -\w*L", text)
