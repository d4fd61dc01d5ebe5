"""Generated packages of whole documents: deterministic, marked as the known operations, and well-formed."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi import APIRouter
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import compile_path

from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.app import create_app
from mcp_server.rest import effects
from mcp_server.rest.route_call import single_call
from routers_generator.document.loading import load
from routers_generator.document.operations import operations
from routers_generator.generate.generate import GenerateOptions, generate, make_package
from routers_generator.generate.package import build_package
from routers_generator.known_operations import known_operations
from routers_generator.repair.repair import RepairResult, repair
from tests.routers_generator.loading import list_routes, load_routers
from tests.routers_generator.sources import SOURCES


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def repaired(source: Path) -> RepairResult:
    return repair(load(str(source)), gateway=True)


@pytest.fixture(scope="module")
def routers(
    source: Path, repaired: RepairResult, tmp_path_factory: pytest.TempPathFactory
) -> Sequence[APIRouter]:
    directory = tmp_path_factory.mktemp("generated") / "routers"
    status, messages = generate(repaired, GenerateOptions(directory))
    assert status == 0, messages
    return load_routers(directory, f"generated_{re.sub(r'[^a-z0-9]', '_', source.stem)}")


def test_generation_is_deterministic(source: Path, repaired: RepairResult) -> None:
    again = repair(load(str(source)), gateway=True)
    options = GenerateOptions(Path())
    assert make_package(again, options).files == make_package(repaired, options).files


def test_the_openapi_schema_of_the_generated_app_is_valid(routers: Sequence[APIRouter]) -> None:
    schema = create_app(GatewayClient(GatewaySettings(_env_file=None)), routers).openapi()
    assert list(OpenAPIV31SpecValidator(schema).iter_errors()) == []
    ids = [each["operationId"] for item in schema["paths"].values() for each in item.values()]
    assert len(set(ids)) == len(list_routes(routers))


def test_a_generated_route_has_the_marks_of_the_known_operation(routers: Sequence[APIRouter]) -> None:
    known = {each.name: each.marks for each in known_operations().values()}
    for route in list_routes(routers):
        method = "".join(route.methods or ())
        unknown = {"GET": (), "DELETE": ("DESTROYS", "TRADES")}.get(method, ("CHANGES", "TRADES"))
        marks = known.get(route.name, unknown)
        expected = {name: value for mark in marks for name, value in getattr(effects, mark).items()}
        assert (route.openapi_extra or {}) == expected, route.name


def test_without_known_operations_only_get_is_marked_as_reading(repaired: RepairResult) -> None:
    package = build_package(repaired.content, operations(repaired.content), {})
    text = "\n".join(package.files.values())
    assert text.count("@router.") == package.route_count > 0
    assert "READS" not in text
    assert text.count("TRADES)\n") == text.count("@router.") - text.count("@router.get(")


def test_generated_names_are_short_and_unique(routers: Sequence[APIRouter]) -> None:
    names = [route.name for route in list_routes(routers)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]{1,31}", name)] == []


def test_a_generated_route_has_a_docstring_and_a_single_call(routers: Sequence[APIRouter]) -> None:
    for route in list_routes(routers):
        first, _, rest = (route.endpoint.__doc__ or "").partition("\n")
        assert re.fullmatch(r"[A-Z\"'`].{5,109}[.!?]", first), route.name
        assert "\f\n    Source: " in rest
        assert isinstance(single_call(route)[2], ast.Call)


def test_no_generated_template_shadows_a_literal_path(routers: Sequence[APIRouter]) -> None:
    all_routes = list_routes(routers)
    for index, later in enumerate(all_routes):
        literal = re.sub(r"\{\w+\}", "x", later.path)
        for earlier in all_routes[:index]:
            if earlier.methods == later.methods:
                pattern, _, _ = compile_path(earlier.path)
                assert not pattern.match(literal), f"{earlier.path} shadows {later.path}"
