from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter

from mcp_server.reference.endpoints_md import list_operations, to_markdown
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

ENDPOINTS = Path(__file__).parents[3] / "ENDPOINTS.md"


def test_endpoints_md_is_what_the_routes_say() -> None:
    assert ENDPOINTS.read_text(encoding="utf-8") == to_markdown(list_operations()), "run `make endpoints`"


def test_a_row_says_what_is_sent_and_not_where_the_route_is_mounted() -> None:
    found = {each.tool: each for each in list_operations()}

    positions = found["list_positions"]
    assert positions.row.key == ("GET", "/portfolio/{account}/positions/{page}")
    assert positions.rate_limit == ""
    assert found["tickle"].row.path == "/tickle"


def test_the_session_and_the_pacing_come_from_the_path() -> None:
    found = {each.tool: each for each in list_operations()}

    assert found["get_pnl"].row.session == "brokerage"
    assert found["get_pnl"].rate_limit == "1 in 5 s"
    assert found["validate_sso"].rate_limit == "1 in 1 min"
    assert found["open_brokerage_session"].row.session == "login"
    assert found["get_session_status"].row.session == "none"


def test_a_route_that_is_more_than_one_call_has_no_row() -> None:
    router = APIRouter(tags=["Session"])

    @router.get("/two")
    async def ask_twice(gateway: Gateway) -> Json:
        await gateway.get("/sso/validate")
        return await gateway.get("/sso/validate")

    with pytest.raises(ValueError, match="ask_twice is not one call"):
        list_operations([router])


def test_a_route_without_a_source_has_no_row() -> None:
    router = APIRouter(tags=["Session"])

    @router.get("/one")
    async def ask(gateway: Gateway) -> Json:
        """Ask."""
        return await gateway.get("/sso/validate")

    with pytest.raises(ValueError, match="ask does not name its source"):
        list_operations([router])
