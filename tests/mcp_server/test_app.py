"""Failures as replies, and routes found by name."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Path, Query
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict

from api_gateway import errors
from api_gateway.client.gateway import GatewayClient
from mcp_server.app import ROUTE_NAME_KEY, STATUS_CODES, create_app
from mcp_server.rest.relay import Json
from mcp_server.routers import ROUTERS

ASKED: dict[str, Any] = {"request": "GET /x", "problem": "It did not work.", "hint": "Try this."}
FAILURES = {kind.__name__: kind(**ASKED) for kind in STATUS_CODES if kind is not errors.RateLimited} | {
    "RateLimited": errors.RateLimited(**ASKED, seconds=7.5)
}


class Leg(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price: float


def only_this_one(text: str) -> str:
    raise ValueError(f"{text} is not U1234567")


def sample() -> APIRouter:
    router = APIRouter(tags=["Session"])

    @router.get("/fail/{kind}")
    async def fail(kind: str) -> Json:
        raise FAILURES[kind]

    @router.get("/accounts/{account_id}")
    async def look(
        account_id: Annotated[str, Path(pattern=r"^U[0-9]{7}$")],
        page: Annotated[int, Query(ge=0)] = 0,
    ) -> Json:
        return Json(f'["{account_id}", {page}]')

    @router.post("/legs")
    async def send_legs(legs: Annotated[list[Leg], Body(embed=True)]) -> Json:
        return Json(str(len(legs)))

    @router.get("/echo")
    async def echo(account_id: Annotated[str, AfterValidator(only_this_one)]) -> Json:
        return Json(account_id)

    @router.get("/count")
    async def count(many: Annotated[list[int], Query(max_length=2)], deep: bool = False) -> Json:
        return Json(f"[{len(many)}, {deep:d}]")

    return router


@pytest.fixture
async def web(gateway: GatewayClient) -> Any:
    app = create_app(gateway, (sample(),))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        yield client


@pytest.mark.parametrize("kind", sorted(FAILURES))
async def test_each_failure_is_a_reply_that_says_what_happened_and_what_to_do(web: Any, kind: str) -> None:
    reply = await web.get(f"/fail/{kind}")
    told = reply.json()
    assert reply.status_code >= 400
    assert reply.status_code != 429
    assert {"error": kind, **ASKED}.items() <= told.items()
    assert told.get("seconds") == (7.5 if kind == "RateLimited" else None)


def test_every_kind_of_failure_has_a_status() -> None:
    kinds = {
        each
        for each in vars(errors).values()
        if isinstance(each, type)
        and issubclass(each, errors.GatewayError)
        and each is not errors.GatewayError
    }
    assert {kind for kind in kinds if not any(base in STATUS_CODES for base in kind.__mro__)} == set()


async def test_a_wrong_argument_is_named_without_its_value(web: Any) -> None:
    reply = await web.get("/accounts/DU7654321", params={"page": "minus one"})
    assert reply.status_code == 422
    told = reply.json()
    assert told["error"] == "Invalid"
    assert told["request"] == "look"
    assert told["problem"] == (
        "`account_id` should match the pattern '^U[0-9]{7}$'; `page` should be a whole number."
    )
    assert "7654321" not in reply.text
    assert "minus one" not in reply.text


async def test_a_wrong_argument_is_told_in_words_of_every_day(web: Any) -> None:
    reply = await web.get("/count", params={"many": [1, 2, 3], "deep": "maybe"})
    assert (
        reply.json()["problem"]
        == "`many` should have at most 2 items, not 3; `deep` should be true or false."
    )


async def test_a_wrong_part_of_a_body_is_named_by_where_it_is(web: Any) -> None:
    reply = await web.post("/legs", json={"legs": [{"price": 1}, {"price": "x", "U1234567": 1}]})
    happened = reply.json()["problem"]
    assert "`legs[1].price` should be a valid number" in happened
    assert "U1234567" not in happened


async def test_a_value_that_a_check_repeats_is_not_shown(web: Any) -> None:
    reply = await web.get("/echo", params={"account_id": "DU7654321"})
    assert reply.json()["problem"] == "`account_id` is wrong: … is not U1234567."


async def test_an_account_id_in_the_place_of_a_name_is_masked(web: Any) -> None:
    reply = await web.post("/legs", json={"legs": [{"price": 1, "U7654321": 1}]})
    assert reply.json()["problem"] == "`legs[0].U***4321` is not an argument of it."


async def test_a_missing_body_is_a_sentence(web: Any) -> None:
    reply = await web.post("/legs", json={})
    assert reply.json()["problem"] == "`legs` is missing."


async def test_a_route_named_by_the_caller_gets_its_values_apart_from_any_path(
    gateway: GatewayClient,
) -> None:
    app = create_app(gateway, (sample(),))
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    for value in ("U1234567", "U1234567/../../legs"):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/anything",
            "root_path": "",
            "query_string": b"page=4",
            "headers": [],
            "path_params": {"account_id": value},
            ROUTE_NAME_KEY: "look",
        }
        await app(scope, receive, send)
    statuses = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert statuses == [200, 422]
    assert sent[1]["body"] == b'["U1234567", 4]'


def test_every_real_route_is_known_by_its_functions_name(gateway: GatewayClient) -> None:
    schema = create_app(gateway).openapi()
    operations = [each["operationId"] for path in schema["paths"].values() for each in path.values()]
    routes = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in routes)
    assert sorted(operations) == sorted(route.name for route in routes if isinstance(route, APIRoute))
    assert len(set(operations)) == len(operations)
