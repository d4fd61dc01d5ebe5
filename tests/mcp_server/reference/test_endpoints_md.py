from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter

from mcp_server.reference.endpoints_md import SOURCE_NOTE, list_operations, to_markdown
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

ENDPOINTS = Path(__file__).parents[3] / "ENDPOINTS.md"


def test_endpoints_md_is_up_to_date() -> None:
    assert ENDPOINTS.read_text(encoding="utf-8") == to_markdown(list_operations()), (
        "ENDPOINTS.md is out of date. Run: make endpoints"
    )


def test_a_row_has_the_path_that_is_sent_not_the_path_of_the_route() -> None:
    found = {each.tool: each for each in list_operations()}

    positions = found["list_positions"]
    assert positions.row.key == ("GET", "/portfolio/{account}/positions/{page}")
    assert positions.rate_limit == ""
    assert found["tickle"].row.path == "/tickle"


def test_the_session_and_the_rate_limit_match_the_operation() -> None:
    found = {each.tool: each for each in list_operations()}

    assert found["get_pnl"].row.session == "brokerage"
    assert found["get_pnl"].rate_limit == "1 in 5 s"
    assert found["validate_sso"].rate_limit == "1 in 1 min"
    assert found["open_brokerage_session"].row.session == "login"
    assert found["get_session_status"].row.session == "none"


def test_a_route_of_more_than_one_call_is_an_error_with_its_file() -> None:
    router = APIRouter(tags=["Session"])

    @router.get("/two")
    async def read_twice(gateway: Gateway) -> Json:
        await gateway.get("/sso/validate")
        return await gateway.get("/sso/validate")

    with pytest.raises(
        ValueError, match=r"^tests/mcp_server/reference/test_endpoints_md\.py, read_twice: .*Example: "
    ):
        list_operations([router])


def test_a_route_without_a_source_is_an_error_with_an_example() -> None:
    router = APIRouter(tags=["Session"])

    @router.get("/one")
    async def read(gateway: Gateway) -> Json:
        """Read."""
        return await gateway.get("/sso/validate")

    with pytest.raises(
        ValueError, match=r"^tests/mcp_server/reference/test_endpoints_md\.py, read: .*Example: Source: "
    ):
        list_operations([router])


@pytest.mark.parametrize(
    ("note", "accepted"),
    [
        ('Source: IBKR Web API reference, "All Conids by Exchange".', True),
        ("Source: not in IBKR's reference: IBKR's OpenAPI document 2.29.0.\nFound by: news.", True),
        ("Source: not in IBKR's reference.", False),
        ("Source: a forum.", False),
    ],
)
def test_a_source_is_a_page_of_ibkrs_reference_or_says_that_there_is_none(note: str, accepted: bool) -> None:
    assert bool(SOURCE_NOTE.fullmatch(note)) is accepted
