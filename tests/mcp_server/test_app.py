"""Errors as responses, and routes found by name."""

from __future__ import annotations

import re
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Path, Query
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict

from api_gateway import errors
from api_gateway.client.gateway import GatewayClient
from mcp_server.app import ROUTE_NAME_KEY, STATUS_CODES, create_app
from mcp_server.rest.argument_errors import NOTHING_SENT
from mcp_server.rest.relay import Json
from mcp_server.routers import ROUTERS
from tests.mcp_server.rejections import quoted

FAILURE: dict[str, Any] = {"request": "GET /x", "problem": "It did not work.", "hint": "Try this."}
FAILURES = {kind.__name__: kind(**FAILURE) for kind in STATUS_CODES if kind is not errors.RateLimited} | {
    "RateLimited": errors.RateLimited(**FAILURE, seconds=7.5)
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
    async def get_account(
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
async def test_each_failure_is_a_response_with_the_problem_and_a_hint(web: Any, kind: str) -> None:
    reply = await web.get(f"/fail/{kind}")
    body = reply.json()
    assert reply.status_code >= 400
    assert reply.status_code != 429
    assert {"error": kind, **FAILURE}.items() <= body.items()
    assert body.get("seconds") == (7.5 if kind == "RateLimited" else None)


def test_every_kind_of_failure_has_a_status() -> None:
    kinds = {
        each
        for each in vars(errors).values()
        if isinstance(each, type)
        and issubclass(each, errors.GatewayError)
        and each is not errors.GatewayError
    }
    assert {kind for kind in kinds if not any(base in STATUS_CODES for base in kind.__mro__)} == set()


async def test_an_invalid_argument_is_named_without_its_value(web: Any) -> None:
    reply = await web.get("/accounts/DU7654321", params={"page": "minus one"})
    assert reply.status_code == 422
    body = reply.json()
    assert body["error"] == "Invalid"
    assert body["request"] == "get_account"
    assert quoted(body["problem"]) == ["account_id", "page"]
    assert "'^U[0-9]{7}$'" in body["problem"]
    assert NOTHING_SENT in body["hint"]
    assert "7654321" not in reply.text
    assert "minus one" not in reply.text


async def test_an_invalid_argument_is_described_without_pydantics_terms(web: Any) -> None:
    reply = await web.get("/count", params={"many": [1, 2, 3], "deep": "maybe"})
    problem = reply.json()["problem"]
    assert quoted(problem) == ["many", "deep"]
    assert not re.search("Input|List|boolean|validation|parse", problem)


async def test_an_invalid_part_of_a_body_is_named_by_its_path(web: Any) -> None:
    reply = await web.post("/legs", json={"legs": [{"price": 1}, {"price": "x", "U1234567": 1}]})
    problem = reply.json()["problem"]
    assert quoted(problem)[0] == "legs[1].price"
    assert "U1234567" not in problem


async def test_a_value_that_an_error_repeats_is_redacted(web: Any) -> None:
    reply = await web.get("/echo", params={"account_id": "DU7654321"})
    assert quoted(reply.json()["problem"]) == ["account_id"]
    assert reply.json()["problem"].endswith(": … is not U1234567.")


async def test_an_account_id_that_is_passed_as_a_name_is_redacted(web: Any) -> None:
    reply = await web.post("/legs", json={"legs": [{"price": 1, "U7654321": 1}]})
    assert quoted(reply.json()["problem"]) == ["legs[0].U***4321"]


async def test_a_missing_body_is_reported_by_name(web: Any) -> None:
    reply = await web.post("/legs", json={})
    assert quoted(reply.json()["problem"]) == ["legs"]


async def test_a_route_that_is_called_by_name_gets_its_values_separately_from_the_path(
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
            ROUTE_NAME_KEY: "get_account",
        }
        await app(scope, receive, send)
    statuses = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert statuses == [200, 422]
    assert sent[1]["body"] == b'["U1234567", 4]'


def test_the_operation_id_of_every_route_is_its_functions_name(gateway: GatewayClient) -> None:
    schema = create_app(gateway).openapi()
    operations = [each["operationId"] for path in schema["paths"].values() for each in path.values()]
    routes = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in routes)
    assert sorted(operations) == sorted(route.name for route in routes if isinstance(route, APIRoute))
    assert len(set(operations)) == len(operations)
