"""Filters routes by trading mode and section; a route that is left out cannot be reached in any way."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api_gateway.access_policy import TradingMode
from api_gateway.operations import Effect
from mcp_server.rest.effects import route_effect


def filter_routes(
    routers: Iterable[APIRouter], mode: TradingMode, sections: Collection[str]
) -> tuple[APIRouter, ...]:
    """The routers with only the routes that belong to one of `sections` and are allowed in this mode.

    `read` allows only reads, `live` everything that cannot lead to a trade, `paper` everything.
    """
    filtered = []
    for router in routers:
        routes = [route for route in router.routes if isinstance(route, APIRoute)]
        remaining = APIRouter()
        remaining.routes.extend(
            route
            for route in routes
            if _is_permitted(route, mode) and not set(sections).isdisjoint(route.tags)
        )
        if remaining.routes:
            filtered.append(remaining)
    return tuple(filtered)


def _is_permitted(route: APIRoute, mode: TradingMode) -> bool:
    if mode is TradingMode.READ:
        return route_effect(route) is Effect.READS
    return mode is TradingMode.PAPER or route_effect(route) is not Effect.TRADES
