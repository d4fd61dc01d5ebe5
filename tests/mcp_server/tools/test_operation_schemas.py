"""The generated file of schemas, and routes that are not in it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import APIRoute

from mcp_server.app import routes_by_name
from mcp_server.rest.parameters import Conid, Gateway, Page
from mcp_server.rest.relay import Json
from mcp_server.routers import ROUTERS
from mcp_server.tools.operation_schemas import (
    SCHEMA_FILE,
    Target,
    build_schemas,
    operation_schemas,
    schema_file_text,
)


def test_the_schema_file_is_up_to_date() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_file_text(ROUTERS), (
        "mcp_server/tools/operation_schemas.json is out of date. Run: make schemas"
    )


def test_a_schema_read_from_the_file_is_the_one_that_would_be_built() -> None:
    routes = routes_by_name(ROUTERS).values()

    assert operation_schemas(routes) == build_schemas(routes)


def test_the_schema_of_a_route_outside_the_file_is_built_despite_an_equal_name() -> None:
    router = APIRouter()

    @router.get("/contract/{conid}")
    async def get_contract_info(gateway: Gateway, conid: Conid, page: Page = 0) -> Json:
        return await gateway.get("/x/{conid}", conid, page=page)

    [route] = [each for each in router.routes if isinstance(each, APIRoute)]
    schema = operation_schemas([route])["get_contract_info"]

    assert list(schema.parameters["properties"]) == ["conid", "page"]
    assert schema.targets == {"conid": Target("path", "conid"), "page": Target("query", "page")}
    assert not schema.has_body


def test_a_route_that_is_excluded_from_the_schema_has_none() -> None:
    router = APIRouter()

    @router.get("/hidden", include_in_schema=False)
    async def hidden(gateway: Gateway) -> Json:
        return await gateway.get("/hidden")

    assert operation_schemas(routes_by_name([router]).values()) == {}
