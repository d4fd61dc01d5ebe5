"""Operations of a repaired document: sections, names and parameters."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.rest import sections
from routers_generator.document.loading import Document
from routers_generator.document.operations import operations, unserved_reason
from routers_generator.document.sections import SECTIONS, section_of
from routers_generator.known_operations import known_operations
from routers_generator.repair.repair import repair
from tests.routers_generator.ibkr_document import documented_operations
from tests.routers_generator.sample_document import ref, valid_document


def test_operations_returns_everything_that_a_route_needs() -> None:
    found, place = operations(repair(Document(valid_document())).content)
    assert (found.method, found.path, found.name) == ("GET", "/iserver/account/orders", "get_live_orders")
    assert (found.section, found.title) == ("Order Monitoring", "Live Orders")
    assert [(each.name, each.location, each.type, each.required) for each in found.parameters] == [
        ("force", "query", "boolean", False),
        ("page", "query", "integer", False),
    ]
    assert found.body is None
    assert (place.section, place.media_type, place.body_required) == ("Orders", "application/json", True)
    assert place.body == ref("schemas", "Orders")


def test_operations_strips_the_prefix_and_omits_what_the_gateway_does_not_serve() -> None:
    reply = {"responses": {"200": {"description": ""}}}
    paths = {"/v1/api/tickle": {"post": reply}, "/gw/api/v1/a": {"get": reply}, "/oauth2/b": {"get": reply}}
    document = {"openapi": "3.0.0", "info": {"title": "a", "version": "1"}, "paths": paths}
    (found,) = operations(repair(Document(document)).content)
    assert (found.path, found.name) == ("/tickle", "post_tickle")
    assert unserved_reason("/ws")
    assert unserved_reason("/v1/api/ws")
    assert unserved_reason("/gwen") is None


def test_operation_names_that_differ_only_in_spelling_are_made_unique() -> None:
    reply = {"200": {"description": ""}}
    paths = {
        f"/{path}": {"get": {"operationId": name, "responses": reply}}
        for path, name in (("a", "getOne"), ("b", "get_one"), ("c", "GetOne"), ("d", "class"), ("e", "1é"))
    }
    document = {"openapi": "3.0.0", "info": {"title": "a", "version": "1"}, "paths": paths}
    names = [each.name for each in operations(repair(Document(document)).content)]
    assert len(set(names)) == 5
    assert all(name.isidentifier() for name in names)
    assert names[0] == "get_one"


def test_the_generator_has_the_same_sections_as_the_mcp_server() -> None:
    assert SECTIONS == sections.NAMES


def test_ibkrs_operations_are_assigned_to_the_sections_of_the_hand_written_routes() -> None:
    known = known_operations()
    documented = documented_operations()
    assert len({each.request.name for each in documented}) == len(documented)
    for each in documented:
        section = section_of(each.request.method, each.path, each.tags)
        assert section == known[each.request.method, each.request.path].section


@pytest.mark.parametrize(
    ("tags", "section"),
    [
        (["Trading Market Data"], "Market Data"),
        (["market  data"], "Market Data"),
        (["tradingMarketData"], "Market Data"),
        (["subpackage_tradingFyIsAndNotifications"], "FYIs and Notifications"),
        (["subpackage_tradingRobotAdvice"], "Robot Advice"),
        (["new"], "new"),
        (["New"], "New"),
        ([], "Other"),
    ],
)
def test_section_of_accepts_known_and_unknown_tags(tags: list[str], section: str) -> None:
    assert section_of("GET", "/new", tags) == section


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ("tradingMarketData_getDepth", "get_depth"),
        ("tradingMarketData_depth", "trading_market_data_depth"),
        ("other_getDepth", "other_get_depth"),
        ("getDepth", "get_depth"),
    ],
)
def test_an_operation_name_does_not_include_its_tag(own: str, name: str) -> None:
    operation = {"tags": ["subpackage_tradingMarketData"], "operationId": own, "responses": {}}
    twice = {"/a": {"get": operation}, "/b": {"get": {**operation, "operationId": f"{own}Two"}}}
    assert operations({"paths": twice})[0].name == name


def test_operation_names_stay_unique_without_their_tags() -> None:
    paths = {
        f"/{tag}": {"get": {"tags": [tag], "operationId": f"{tag}_getAll", "responses": {}}} for tag in "ab"
    }
    assert [each.name for each in operations({"paths": paths})] == ["get_all", "b_get_all"]


def test_literal_paths_are_sorted_before_templates() -> None:
    paths = ("/{b}/list", "/{a}/{x}", "/{a}/{x}.csv", "/{a}/last", "/of/{z}")
    document: dict[str, Any] = {"paths": {path: {"get": {"responses": {}}} for path in paths}}
    assert [each.path for each in operations(document)] == [
        *("/of/{z}", "/{a}/last", "/{b}/list", "/{a}/{x}.csv", "/{a}/{x}")
    ]
