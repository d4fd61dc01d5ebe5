"""Everything that the README names exists: files, commands, settings, ports and error texts."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from ib_mcp import cli
from ib_mcp.settings_example import settings_groups, settings_text
from mcp_server.reference.endpoints_md import list_operations

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = set(re.findall(r"^#([A-Z_]+)=", settings_text(), re.MULTILINE))
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", TEXT, flags=re.MULTILINE | re.DOTALL))
PACKAGES = ("api_gateway", "mcp_server", "ticker_service")
URL = "http://localhost:5002/mcp"


def commands() -> list[str]:
    """Every shell command: the lines of shell blocks, and the spans that begin as one."""
    lines = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
    return [*lines, *(span for span in SPANS if re.match(r"(make|docker|claude|ib-mcp|[A-Z_]+=\S+ )", span))]


def configurations() -> list[Any]:
    """Every piece of JSON."""
    blocks = [json.loads(block) for kind, block in BLOCKS if kind == "json"]
    return [*blocks, *(json.loads(span) for span in SPANS if span.startswith("{"))]


def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def words() -> str:
    """All string literals of the product's code, concatenated."""
    return "\n".join(
        node.value
        for path in [*(each for name in (*PACKAGES, "ib_mcp") for each in (ROOT / name).rglob("*.py"))]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_exists() -> None:
    named = {shlex.split(command)[1] for command in commands() if command.startswith("make ")}
    assert {"demo", "test", "help"} <= named
    assert named <= targets()


def test_every_setting_exists() -> None:
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", TEXT)) | set(re.findall(r"`([A-Z]+)=", TEXT))
    assert {"GATEWAY", "COMPETE", "MCP_SERVER_TOKEN"} <= named
    assert named <= SETTINGS


def test_every_configuration_names_the_one_server_as_it_is() -> None:
    servers = [server for each in configurations() for group in each.values() for server in group.values()]
    assert len(servers) == 3
    assert {server["url"] for server in servers if "url" in server} == {URL}
    (stdio,) = (server for server in servers if "command" in server)
    assert Path(stdio["command"]).name == "ib-mcp"
    assert set(stdio["env"]) <= SETTINGS
    arguments = cli._build_parser().parse_args(stdio["args"])
    assert (arguments.command, arguments.stdio) == ("serve", True)


def test_every_command_line_of_a_client_names_the_server_as_it_is() -> None:
    (added,) = (command for command in commands() if command.startswith("claude "))
    assert shlex.split(added)[-1] == URL


def test_the_ports_match_the_settings_and_compose() -> None:
    defaults = {
        name.upper(): str(field.default)
        for _, settings in settings_groups()
        for name, field in settings.model_fields.items()
        if name.endswith("_port")
    }
    assert set(re.findall(r"localhost:(\d+)", TEXT)) == {
        defaults["GATEWAY_PORT"],
        defaults["MCP_SERVER_PORT"],
    }
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    published = {
        port.rpartition(":")[0] for service in services.values() for port in service.get("ports", [])
    }
    assert published == {
        f"127.0.0.1:${{{name}:-{defaults[name]}}}" for name in ("GATEWAY_PORT", "MCP_SERVER_PORT")
    }


def test_every_folder_file_and_tool_that_is_named_exists() -> None:
    named = {span for span in SPANS if re.fullmatch(r"[a-z_]+(/[a-z_.]+)*", span) and "_" in span}
    named -= {"claude_desktop_config.json"}
    named -= {path.stem for path in (ROOT / "tests" / "mcp_server" / "contract" / "snapshots").glob("*.json")}
    assert set(PACKAGES) <= named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "seen", re.findall(r'^\| ("[^|]+) \|', TEXT, re.MULTILINE), ids=lambda seen: re.sub(r"\W+", "-", seen)
)
def test_a_symptom_is_in_the_words_that_the_product_uses(seen: str, words: str) -> None:
    for quoted in re.findall(r'"([^"]+)"', seen):
        for part in quoted.split("…"):
            assert part.strip().casefold() in words.casefold()


def test_the_lowest_python_is_the_projects() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lowest = re.search(r'requires-python = ">=(3\.\d+)"', project)
    assert lowest
    assert f"Python {lowest.group(1)} or newer" in TEXT


def test_it_counts_no_operations() -> None:
    operations = len(list_operations())
    assert not re.search(rf"\b{operations}\b", TEXT), (
        "the count changes with each endpoint: ENDPOINTS.md has it"
    )
