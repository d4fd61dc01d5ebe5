"""The description of the requests matches what the routes send."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter

from mcp_server.reference.known_requests import describe_requests
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json
from tests.ibkr_facts import known_operations, unnamed

ROUTES = {each["name"]: each for each in describe_requests()}


def test_every_route_can_send_the_names_that_its_operation_has() -> None:
    for route in ROUTES.values():
        fact = known_operations().get(unnamed(f"{route['method']} {route['template']}"))
        if fact:
            assert sorted(route["query"]) == fact.query, route["name"]
            top = [name for name in route["body"] or {} if not re.search(r"[.\[]", name)]
            assert sorted(top) == fact.body, route["name"]


def test_names_and_types_match_the_wire() -> None:
    snapshot = ROUTES["get_market_snapshot"]["query"]
    assert snapshot["conids"] == {"type": "string", "list_of": None, "required": True}
    assert snapshot["fields"]["always"]
    assert ROUTES["list_contract_algos"]["query"]["addParams"]["enum"] == [0, 1]
    assert ROUTES["get_alert"]["query"]["type"]["constant"]
    alert = ROUTES["save_alert"]["body"]
    assert alert["conditions[].triggerMethod"]["constant"]
    assert alert["alertRepeatable"]["enum"] == [0, 1]
    assert ROUTES["place_orders"]["body"]["orders[].jsonPayload.allocation_profile.alloc_type"]
    assert ROUTES["list_models"]["body"]["reqID"]["constant"]
    assert "default_method" in ROUTES["create_allocation_group"]["body"]


def test_a_call_that_cannot_be_described_is_an_error_with_its_file_and_an_example() -> None:
    router = APIRouter()

    @router.get("/x")
    async def get_x(gateway: Gateway) -> Json:
        return await gateway.get("/x", time=max(1, 2))

    @router.post("/y")
    async def post_y(gateway: Gateway) -> Json:
        return await gateway.post("/y", body=dict(a=1))  # noqa: C408 - under test

    for route in router.routes:
        message = r"^tests/mcp_server/reference/test_known_requests\.py, \w+_[xy]: .*Example: "
        with pytest.raises(ValueError, match=message):
            describe_requests([APIRouter(routes=[route])])
