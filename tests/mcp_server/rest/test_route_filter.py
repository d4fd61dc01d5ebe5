"""Which routes remain, by mode and section."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api_gateway.access_policy import TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.app import create_app
from mcp_server.rest.effects import CHANGES, DESTROYS, READS, TRADES
from mcp_server.rest.relay import Json
from mcp_server.rest.route_filter import filter_routes

SECTIONS = ("Birds", "Trees")


async def _nothing() -> Json:
    return Json(b"[]")


def _router(section: str, **routes: tuple[str, dict[str, Any] | None]) -> APIRouter:
    router = APIRouter(tags=[section])
    for name, (method, marks) in routes.items():
        router.add_api_route(f"/{name}", _nothing, methods=[method], name=name, openapi_extra=marks)
    return router


ROUTERS = (
    _router(
        "Birds",
        list_birds=("GET", None),
        find_birds=("POST", READS),
        count_birds=("GET", CHANGES),
        buy_bird=("POST", CHANGES | TRADES),
        free_bird=("DELETE", DESTROYS),
        unmarked=("POST", None),
    ),
    _router("Trees", list_trees=("GET", None)),
)


def _names(mode: TradingMode, sections: Collection[str] = SECTIONS) -> set[str]:
    routers = filter_routes(ROUTERS, mode, sections)
    return {route.name for router in routers for route in router.routes if isinstance(route, APIRoute)}


def test_read_mode_has_only_reads_of_any_method() -> None:
    assert _names(TradingMode.READ) == {"list_birds", "find_birds", "list_trees"}


def test_live_mode_has_everything_but_trades() -> None:
    assert _names(TradingMode.LIVE) == _names(TradingMode.PAPER) - {"buy_bird"}


def test_paper_mode_has_everything() -> None:
    assert _names(TradingMode.PAPER) == {route.name for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined] # all are API routes


def test_only_the_selected_sections_remain() -> None:
    assert _names(TradingMode.PAPER, ["Trees"]) == {"list_trees"}
    assert filter_routes(ROUTERS, TradingMode.PAPER, []) == ()


@pytest.mark.parametrize("mode", [TradingMode.READ, TradingMode.LIVE])
async def test_a_route_that_is_left_out_cannot_be_called_by_its_path_either(mode: TradingMode) -> None:
    gateway = GatewayClient(GatewaySettings(_env_file=None))
    app = httpx.ASGITransport(create_app(gateway, filter_routes(ROUTERS, mode, SECTIONS)))
    async with httpx.AsyncClient(transport=app, base_url="http://routes") as client:
        assert (await client.get("/list_birds")).status_code == 200
        assert (await client.post("/buy_bird")).status_code == 404


def test_the_routers_themselves_are_not_changed() -> None:
    before = [len(router.routes) for router in ROUTERS]
    filter_routes(ROUTERS, TradingMode.READ, ["Trees"])
    assert [len(router.routes) for router in ROUTERS] == before
