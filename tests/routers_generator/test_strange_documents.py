"""Whatever a document has for names and texts, what is generated from it loads and is clean."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.app import create_app
from mcp_server.tools.operation_tool import OperationToolProvider, ToolOptions
from routers_generator.document.loading import parse
from routers_generator.generate.generate import GenerateOptions, generate
from routers_generator.repair.repair import repair
from tests.routers_generator.loading import list_routes, load_routers
from tests.routers_generator.strange_documents import draw_document

ROOT = Path(__file__).parents[2]
DRAWN = 8


@pytest.mark.parametrize("seed", range(3))
def test_a_package_of_a_strange_document_is_a_package_like_any_other(seed: int, tmp_path: Path) -> None:
    random = Random(seed)  # noqa: S311 - the same documents in every run
    found = 0
    for number in range(DRAWN):
        place = tmp_path / f"drawn_{number}"
        text = json.dumps(draw_document(random)).encode()
        status, told = generate(repair(parse(text), gateway=True), GenerateOptions(place))
        assert status == 0, told
        routers = load_routers(place, f"strange_{seed}_{number}")
        app = create_app(GatewayClient(GatewaySettings(_env_file=None)), routers)
        tools = OperationToolProvider(app, {}, ToolOptions(48_000, False)).by_name
        assert sorted(tools) == sorted(route.name for route in list_routes(routers))
        for tool in tools.values():
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in tool.parameters["properties"])
        found += len(tools)
    assert found > 2 * DRAWN
    for command in (["check"], ["format", "--check"]):
        _assert_clean(tmp_path, command)


@pytest.mark.parametrize("text", ["日本語" * 6, "é" * 25, "😀" * 15, "\\" * 60])
def test_no_text_is_cut_in_the_middle_of_an_escape(text: str, tmp_path: Path) -> None:
    fields = {"a": {"type": "string"}}
    body = {"description": f"A {text * 4}", "type": "object", "properties": fields}
    operation = {
        "tags": [text],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Done."}},
    }
    for version in (text, f"1{text}", f"12{text}"):  # whatever the length of what stands before it
        place = tmp_path / str(len(version))
        paths = {"/iserver/new": {"post": operation}}
        drawn = {"openapi": "3.0.3", "info": {"title": "t", "version": version}, "paths": paths}
        assert (
            generate(repair(parse(json.dumps(drawn).encode()), gateway=True), GenerateOptions(place))[0] == 0
        )
        for file in place.iterdir():
            ast.parse(file.read_text(encoding="utf-8"))  # a strange escape is a warning, which is an error
        assert len(list_routes(load_routers(place, f"cut_{ord(text[0])}_{len(version)}"))) == 1


def test_names_that_python_keeps_for_itself_are_sent_and_lie_in_files(tmp_path: Path) -> None:
    names = ("__debug__", "__class__", "a b " * 9, "c d " * 9, "e f " * 9)
    query = [{"name": each, "in": "query", "schema": {"type": "string"}} for each in names]
    replies = {"200": {"description": "Done."}}
    paths = {
        f"/iserver/{tag}": {"get": {"tags": [tag], "parameters": query, "responses": replies}}
        for tag in ("print", "filter", "import")
    }
    drawn = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}
    generate(repair(parse(json.dumps(drawn).encode()), gateway=True), GenerateOptions(tmp_path))
    assert len(list_routes(load_routers(tmp_path, "kept_names"))) == len(paths)
    assert {each.name for each in tmp_path.glob("*.py")} == {
        *("__init__.py", "print_.py", "filter_.py", "import_.py")
    }
    for command in (["check"], ["format", "--check"]):
        _assert_clean(tmp_path, command)


def test_names_in_other_scripts_are_as_wide_as_their_escapes_and_still_clean(tmp_path: Path) -> None:
    said = "\u6f22\u5b57" * 50
    values = {"type": "string", "enum": [f"{number}{said[:55]}" for number in range(4)]}
    query = [
        {"name": f"{said}{number}", "in": "query", "description": said, "schema": schema}
        for number, schema in enumerate([{"type": "string"}, values])
    ]
    body = {"type": "object", "description": said, "properties": {said: values, f"a {said} b": {}}}
    operation = {
        "tags": [f"{said} 1"],
        "summary": said,
        "description": said,
        "parameters": query,
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": said}},
    }
    drawn = {
        "openapi": "3.0.3",
        "info": {"title": said, "version": said},
        "paths": {"/iserver/new": {"post": operation}},
    }
    assert (
        generate(repair(parse(json.dumps(drawn).encode()), gateway=True), GenerateOptions(tmp_path))[0] == 0
    )
    assert len(list_routes(load_routers(tmp_path, "other_scripts"))) == 1
    for command in (["check"], ["format", "--check"]):
        _assert_clean(tmp_path, command)


def test_a_list_that_the_document_wants_repeated_is_said_to_be_sent_with_commas(tmp_path: Path) -> None:
    array = {"in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    query: list[dict[str, object]] = [
        {**array, "name": "plain"},
        {**array, "name": "repeated", "explode": True},
        {**array, "name": "piped", "style": "pipeDelimited"},
    ]
    operation = {"tags": ["Lists"], "parameters": query, "responses": {"200": {"description": "Done."}}}
    drawn = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/iserver/new": {"get": operation}},
    }
    generate(repair(parse(json.dumps(drawn).encode()), gateway=True), GenerateOptions(tmp_path))
    lines = [line for line in (tmp_path / "lists.py").read_text().splitlines() if "with commas" in line]
    assert [line.partition("`")[2].partition("`")[0] for line in lines] == ["repeated", "piped"]


def _assert_clean(directory: Path, command: list[str]) -> None:
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "ruff"),
            *command,
            "--no-cache",
            "--config",
            "pyproject.toml",
            str(directory),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
