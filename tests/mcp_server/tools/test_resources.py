"""The resources: tables of fields, bars and availability."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import fastmcp
import mcp
import pytest
from mcp import MCPError

from api_gateway.client.gateway import GatewayClient
from mcp_server.models.market_data import BARS, PriceHistoryQuery
from mcp_server.routers.market_data import QUOTE_FIELDS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.tools.resources import FIELDS_FILE, resources, snapshot_fields
from tests.ibkr_facts import snapshot_field_types

ERAS = ["legacy", "2026-07-28"]
URIS = ["ibkr://snapshot-fields", "ibkr://bars", "ibkr://availability"]


def content(uri: str) -> Any:
    [found] = [each for each in resources(["Market Data"]) if str(each.uri) == uri]
    return json.loads(found.text)


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("surface", ["search", "all"])
async def test_the_tables_can_be_listed_and_read(gateway: GatewayClient, mode: Any, surface: str) -> None:
    server = create_server(gateway, ServerSettings(_env_file=None, mcp_server_tools=surface))
    async with mcp.Client(server._mcp_server, mode=mode) as client:
        listed = (await client.list_resources()).resources
        read: list[Any] = [(await client.read_resource(each.uri)).contents for each in listed]
    assert [str(each.uri) for each in listed] == URIS
    assert all(each.description and each.title and each.mime_type == "application/json" for each in listed)
    for [text] in read:
        assert text.mime_type == "application/json"
        assert json.loads(text.text)["about"]


@pytest.mark.parametrize("mode", ERAS)
async def test_without_market_data_there_are_no_tables(gateway: GatewayClient, mode: Any) -> None:
    server = create_server(gateway, ServerSettings(_env_file=None, excluded_tags="Market Data"))
    async with fastmcp.Client(server, mode=mode) as client:
        for uri in URIS:
            with pytest.raises(MCPError):
                await client.read_resource(uri)
    assert await server.list_resources() == []


def test_the_fields_of_a_full_quote_are_among_the_fields() -> None:
    assert set(QUOTE_FIELDS) <= set(snapshot_fields())


def test_each_field_has_a_name_and_optionally_a_note() -> None:
    for number, field in snapshot_fields().items():
        assert re.fullmatch(r"[1-9][0-9]{1,4}", number)
        assert field["name"]
        assert set(field) <= {"name", "note"}


def test_the_fields_that_notes_name_exist() -> None:
    known = snapshot_fields()
    notes = " ".join(field.get("note", "") for field in known.values())
    assert set(re.findall(r"\b7\d{3}\b", notes)) <= set(known)


def test_the_fields_match_ibkrs() -> None:
    assert snapshot_fields().keys() == snapshot_field_types().keys()


def test_every_row_of_the_bars_is_accepted_by_the_tool() -> None:
    table = content("ibkr://bars")
    assert table["bars"] == list(BARS)
    for row in table["periods"]:
        for bar in row["bars"]:
            PriceHistoryQuery(conid=1, period=row["period"], bar=bar)
        assert row["default"] in row["bars"]
    for longest in table["longest_period"].values():
        PriceHistoryQuery(conid=1, period=longest)


def test_the_letters_of_common_availability_codes_are_explained() -> None:
    table = content("ibkr://availability")
    for code in ("RpB", "DPB", "Z", "N"):
        for position, letter in zip(("first", "second", "third"), code, strict=False):
            assert letter in table[position]


@pytest.mark.parametrize("uri", URIS)
def test_a_table_is_small(uri: str) -> None:
    assert len(json.dumps(content(uri))) < 9_000


def test_the_fields_are_in_the_package() -> None:
    assert files("mcp_server.tools").joinpath(FIELDS_FILE).is_file()
