"""Whatever a document has for names and texts, what is generated from it loads and is clean."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from api_gateway.client import Gateway
from api_gateway.settings import GatewaySettings
from mcp_server.app import create_app
from mcp_server.route_tools import RouteTools, Telling
from routers_generator.documents import parse
from routers_generator.generating import Wanted, generate
from routers_generator.repair import repair
from tests.routers_generator.loading import loaded, routes
from tests.routers_generator.strange_documents import document

ROOT = Path(__file__).parents[2]
DRAWN = 8


@pytest.mark.parametrize("seed", range(3))
def test_a_package_of_a_strange_document_is_a_package_like_any_other(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311 - the same documents in every run
    found = 0
    for number in range(DRAWN):
        place = tmp_path / f"drawn_{number}"
        text = json.dumps(document(random)).encode()
        status, told = generate(repair(parse(text), gateway=True), Wanted(place))
        assert status == 0, told
        routers = loaded(place, f"strange_{seed}_{number}")
        app = create_app(Gateway(GatewaySettings(_env_file=None)), routers)
        tools = RouteTools(app, {}, Telling(48_000, False)).by_name
        assert sorted(tools) == sorted(route.name for route in routes(routers))
        for tool in tools.values():
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in tool.parameters["properties"])
        found += len(tools)
    assert found > 2 * DRAWN
    for command in (["check"], ["format", "--check"]):
        checked = subprocess.run(
            [
                *(sys.executable, "-m", "ruff"),
                *command,
                "--no-cache",
                "--config",
                "pyproject.toml",
                str(tmp_path),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout
