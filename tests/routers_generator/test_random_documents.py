"""Routers generated from random and hostile documents load and pass the linter and formatter."""

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
from tests.routers_generator.random_documents import draw_document

ROOT = Path(__file__).parents[2]
DRAWN = 8


@pytest.mark.parametrize("seed", range(3))
def test_routers_from_random_documents_load_and_pass_the_linter_and_formatter(
    seed: int, tmp_path: Path
) -> None:
    random = Random(seed)  # noqa: S311 - the same documents in every run
    found = 0
    for number in range(DRAWN):
        place = tmp_path / f"drawn_{number}"
        text = json.dumps(draw_document(random)).encode()
        status, messages = generate(repair(parse(text), gateway=True), GenerateOptions(place))
        assert status == 0, messages
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
def test_truncation_never_splits_an_escape_sequence(text: str, tmp_path: Path) -> None:
    fields = {"a": {"type": "string"}}
    body = {"description": f"A {text * 4}", "type": "object", "properties": fields}
    operation = {
        "tags": [text],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Done."}},
    }
    for version in (text, f"1{text}", f"12{text}"):  # the escape is at a different offset each time
        place = tmp_path / str(len(version))
        paths = {"/iserver/new": {"post": operation}}
        drawn = {"openapi": "3.0.3", "info": {"title": "t", "version": version}, "paths": paths}
        assert (
            generate(repair(parse(json.dumps(drawn).encode()), gateway=True), GenerateOptions(place))[0] == 0
        )
        for file in place.iterdir():
            ast.parse(
                file.read_text(encoding="utf-8")
            )  # an invalid escape is a warning, which pytest turns into an error
        assert len(list_routes(load_routers(place, f"cut_{ord(text[0])}_{len(version)}"))) == 1


def test_parameters_and_sections_named_like_python_keywords_and_builtins_work(tmp_path: Path) -> None:
    names = ("__debug__", "__class__", "a b " * 9, "c d " * 9, "e f " * 9)
    query = [{"name": each, "in": "query", "schema": {"type": "string"}} for each in names]
    responses = {"200": {"description": "Done."}}
    paths = {
        f"/iserver/{tag}": {"get": {"tags": [tag], "parameters": query, "responses": responses}}
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


def test_generated_code_with_non_ascii_names_passes_the_linter_and_formatter(tmp_path: Path) -> None:
    text = "\u6f22\u5b57" * 50
    values = {"type": "string", "enum": [f"{number}{text[:55]}" for number in range(4)]}
    query = [
        {"name": f"{text}{number}", "in": "query", "description": text, "schema": schema}
        for number, schema in enumerate([{"type": "string"}, values])
    ]
    body = {"type": "object", "description": text, "properties": {text: values, f"a {text} b": {}}}
    operation = {
        "tags": [f"{text} 1"],
        "summary": text,
        "description": text,
        "parameters": query,
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": text}},
    }
    drawn = {
        "openapi": "3.0.3",
        "info": {"title": text, "version": text},
        "paths": {"/iserver/new": {"post": operation}},
    }
    assert (
        generate(repair(parse(json.dumps(drawn).encode()), gateway=True), GenerateOptions(tmp_path))[0] == 0
    )
    assert len(list_routes(load_routers(tmp_path, "other_scripts"))) == 1
    for command in (["check"], ["format", "--check"]):
        _assert_clean(tmp_path, command)


def test_an_exploded_list_parameter_gets_a_longer_description(tmp_path: Path) -> None:
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
    route = list_routes(load_routers(tmp_path, "lists"))[0]
    descriptions = {each.name: each.field_info.description or "" for each in route.dependant.query_params}
    lengths = {name: len(text) - len(name) for name, text in descriptions.items()}
    assert lengths["plain"] < lengths["repeated"] == lengths["piped"]


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
