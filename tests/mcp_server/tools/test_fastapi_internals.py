"""Direct route calls return what a request to the whole app returns; FastAPI's private API is as expected."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import pytest
from fastapi import APIRouter, BackgroundTasks, Body, Depends, FastAPI, Form, Header, HTTPException, Response
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request

from api_gateway import errors
from mcp_server.app import create_app
from mcp_server.rest.parameters import AccountId, Conid, Gateway
from mcp_server.rest.relay import Json, get_relay
from mcp_server.routers import ROUTERS
from mcp_server.tools.fastapi_internals import direct_call
from mcp_server.tools.operation_tool import OperationTool, OperationToolProvider, ToolOptions
from tests.mcp_server.contract.test_wire import FIRST_ROWS, ROUTES

INVALID_VALUES: tuple[Any, ...] = (
    "",
    "x" * 200,
    "-1",
    -1,
    10**17,
    1.5,
    True,
    [],
    ["x"],
    {},
    {"x": 1},
    "\ud800",
)
# A route without a row is reported by test_wire.py.
ARGUMENTS = {tool: FIRST_ROWS[tool].arguments for tool in ROUTES if tool in FIRST_ROWS}


class RecordingRelay:
    """A fake relay: every method returns its arguments."""

    def __getattr__(self, verb: str) -> Any:
        async def respond(*values: Any, **options: Any) -> Json:
            return Json(orjson.dumps([verb, values, options], default=str))

        return respond


def make_app(routers: Any) -> FastAPI:
    app = create_app(None, routers)  # type: ignore[arg-type]  # the relay is replaced
    app.state.relay = RecordingRelay()
    return app


def variants(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """These arguments, then without each of them, and with values for each that are mostly invalid."""
    yield arguments
    for name in arguments:
        yield {key: value for key, value in arguments.items() if key != name}
        for value in INVALID_VALUES:
            yield arguments | {name: value}


async def outcomes(tool: OperationTool, arguments: dict[str, Any]) -> tuple[Any, Any] | None:
    """The responses of the direct call and of the whole app; None if the arguments cannot be sent."""
    try:
        path, query, content = tool._encode_arguments(arguments)
    except (TypeError, UnicodeError):
        return None
    direct = await tool._call_route(path, query, content)
    return direct, await tool._call_app(tool._build_scope(path, query, content), content)


@pytest.fixture(scope="module")
def tools() -> dict[str, OperationTool]:
    return dict(OperationToolProvider(make_app(ROUTERS), {}, ToolOptions(48_000, True)).by_name)


@pytest.mark.parametrize("name", ARGUMENTS)
async def test_a_direct_call_returns_the_response_of_the_whole_app(
    tools: dict[str, OperationTool], name: str
) -> None:
    for arguments in variants(dict(ARGUMENTS[name])):
        found = await outcomes(tools[name], arguments)
        if found is not None:
            direct, whole = found
            assert direct == whole, arguments


def test_every_hand_written_route_is_called_directly() -> None:
    assert [name for name, route in ROUTES.items() if direct_call(route, get_relay) is None] == []


def test_fastapis_private_functions_have_the_expected_parameters() -> None:
    assert list(inspect.signature(request_params_to_args).parameters) == ["fields", "received_params"]
    assert list(inspect.signature(request_body_to_args).parameters) == [
        "body_fields",
        "received_body",
        "embed_body_fields",
    ]
    assert inspect.iscoroutinefunction(request_body_to_args)
    assert not inspect.iscoroutinefunction(request_params_to_args)


async def _another_dependency(request: Request) -> str:
    return request.url.path


class _CustomRoute(APIRoute):
    """A third-party route class, which may wrap a call in anything."""


class _Answer(BaseModel):
    value: int


async def _with_dependency(gateway: Gateway, path: Annotated[str, Depends(_another_dependency)]) -> Json:
    return await gateway.get(path)


async def _with_request(request: Request) -> Json:
    return Json(request.url.path.encode())


async def _with_header(x_name: Annotated[str, Header()] = "") -> Json:
    return Json(x_name.encode())


async def _with_response(response: Response) -> Json:
    return Json(str(response.status_code).encode())


async def _with_tasks(tasks: BackgroundTasks) -> Json:
    return Json(str(tasks.tasks).encode())


async def _with_form(name: Annotated[str, Form()]) -> Json:
    return Json(name.encode())


async def _with_model() -> _Answer:
    return _Answer(value=1)


async def _without_annotation():  # type: ignore[no-untyped-def]  # noqa: ANN202 - under test
    return {"value": 1}


def _in_a_thread() -> Json:
    return Json(b"1")


async def _plain(gateway: Gateway, conid: Annotated[int, Body(embed=True)]) -> Json:
    return await gateway.post("/plain", body={"conid": conid})


@pytest.mark.parametrize(
    "endpoint",
    [
        _with_dependency,
        _with_request,
        _with_header,
        _with_response,
        _with_tasks,
        _with_form,
        _with_model,
        _without_annotation,
        _in_a_thread,
    ],
)
def test_a_route_that_needs_more_than_arguments_and_relay_has_no_direct_call(endpoint: Any) -> None:
    assert direct_call(APIRoute("/x", endpoint, methods=["POST"]), get_relay) is None


def test_a_custom_route_class_has_no_direct_call() -> None:
    assert direct_call(_CustomRoute("/x", _plain, methods=["POST"]), get_relay) is None
    assert direct_call(APIRoute("/x", _plain, methods=["POST"]), get_relay) is not None


def _only_tool(endpoint: Any, path: str = "/x", **options: Any) -> OperationTool:
    router = APIRouter(tags=["Session"])
    router.add_api_route(path, endpoint, methods=["POST"], name="only", **options)
    return OperationToolProvider(make_app([router]), {}, ToolOptions(48_000, False)).by_name["only"]


async def test_a_route_with_another_dependency_is_called_through_the_whole_app() -> None:
    result = await _only_tool(_with_dependency, "/there").run({})

    assert result.content[0].text == '["get",["/there"],{}]'  # type: ignore[union-attr]


async def test_dependencies_of_a_router_run_before_the_route() -> None:
    async def refuse() -> None:
        raise errors.Forbidden(request="POST /x", problem="forbidden.", hint="Do not.")

    tool = _only_tool(_plain, dependencies=[Depends(refuse)])

    assert tool._direct_call is None
    assert (await tool.run({"conid": 1})).is_error


async def test_middleware_of_the_app_wraps_every_route() -> None:
    app = make_app(ROUTERS)

    @app.middleware("http")
    async def refuse(_: Request, __: Any) -> Response:
        return Json(b"[]")

    tool = OperationToolProvider(app, {}, ToolOptions(48_000, False)).by_name["tickle"]

    assert (await tool.run({})).content[0].text == "[]"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "error",
    [
        errors.Invalid(request="POST /x", problem="wrong.", hint="Correct it."),
        errors.Forbidden(request="POST /x", problem="forbidden.", hint="Do not."),
        HTTPException(418, "teapot"),
    ],
)
async def test_an_error_of_a_route_is_the_same_response_either_way(error: Exception) -> None:
    async def fail(conid: Conid) -> Json:  # noqa: ARG001 - only its failure counts
        raise error

    tool = _only_tool(fail, "/x/{conid}")
    found = await outcomes(tool, {"conid": 1})

    assert tool._direct_call is not None
    assert found is not None
    assert found[0] == found[1]


async def test_an_error_without_a_handler_is_raised_either_way() -> None:
    async def fail(account_id: AccountId) -> Json:  # noqa: ARG001 - only its failure counts
        raise RuntimeError

    tool = _only_tool(fail, "/x/{account_id}")
    path, query, content = tool._encode_arguments({"account_id": "U1234567"})

    with pytest.raises(RuntimeError):
        await tool._call_route(path, query, content)
    with pytest.raises(RuntimeError):
        await tool._call_app(tool._build_scope(path, query, content), content)
