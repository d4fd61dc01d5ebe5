"""The gateway's operations of a repaired document: their sections, names and parameters."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mcp_server.rest import sections
from routers_generator.document.loading import Document, load
from routers_generator.document.operations import operations, unserved_reason
from routers_generator.document.sections import SECTIONS, section_of
from routers_generator.repair.repair import repair
from tests.routers_generator.a_document import ref, valid_document
from tests.routers_generator.repair.test_repair import IBKR

FACTS = Path(__file__).parents[2] / "mcp_server" / "contract" / "operations.json"


def test_an_operation_is_told_with_all_that_a_route_needs() -> None:
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


def test_the_prefix_is_taken_away_and_other_back_ends_are_left_out() -> None:
    reply = {"responses": {"200": {"description": ""}}}
    paths = {"/v1/api/tickle": {"post": reply}, "/gw/api/v1/a": {"get": reply}, "/oauth2/b": {"get": reply}}
    document = {"openapi": "3.0.0", "info": {"title": "a", "version": "1"}, "paths": paths}
    (found,) = operations(repair(Document(document)).content)
    assert (found.path, found.name) == ("/tickle", "post_tickle")
    assert unserved_reason("/ws")
    assert unserved_reason("/v1/api/ws")
    assert unserved_reason("/gwen") is None


def test_names_that_differ_in_spelling_only_become_different_names() -> None:
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


def test_the_sections_are_those_of_the_tools() -> None:
    assert SECTIONS == sections.NAMES


def test_ibkrs_operations_are_in_the_sections_of_the_hand_written_ones() -> None:
    if not IBKR.exists():
        pytest.skip("IBKR's document is not beside this checkout")
    sections = {
        re.sub(r"\{\w+\}", "{}", each["operation"]): each["section"]
        for each in json.loads(FACTS.read_text(encoding="utf-8"))
    }
    found = operations(repair(load(str(IBKR)), gateway=True).content)
    assert len({each.name for each in found}) == 107
    for each in found:
        assert each.section == sections[f"{each.method} {re.sub(r'{[^}]*}', '{}', each.path)}"]


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
def test_a_tag_is_a_section_whether_it_is_known_or_not(tags: list[str], section: str) -> None:
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
def test_the_tag_before_a_name_is_no_part_of_it(own: str, name: str) -> None:
    operation = {"tags": ["subpackage_tradingMarketData"], "operationId": own, "responses": {}}
    twice = {"/a": {"get": operation}, "/b": {"get": {**operation, "operationId": f"{own}Two"}}}
    assert operations({"paths": twice})[0].name == name


def test_two_tags_that_have_a_name_in_common_keep_both_apart() -> None:
    paths = {
        f"/{tag}": {"get": {"tags": [tag], "operationId": f"{tag}_getAll", "responses": {}}} for tag in "ab"
    }
    assert [each.name for each in operations({"paths": paths})] == ["get_all", "b_get_all"]


def test_words_come_before_variables_whatever_these_are_called() -> None:
    paths = ("/{b}/list", "/{a}/{x}", "/{a}/{x}.csv", "/{a}/last", "/of/{z}")
    document: dict[str, Any] = {"paths": {path: {"get": {"responses": {}}} for path in paths}}
    assert [each.path for each in operations(document)] == [
        *("/of/{z}", "/{a}/last", "/{b}/list", "/{a}/{x}.csv", "/{a}/{x}")
    ]
