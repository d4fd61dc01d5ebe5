"""What a client reads about a tool made from a route, and what a call returns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import fastmcp
import httpx
import orjson
import pytest
from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from api_gateway.causes import OUTCOME_SENTENCES, Outcome
from api_gateway.client.gateway import GatewayClient
from mcp_server.models.arguments import Arguments
from mcp_server.rest.argument_errors import INTERNAL_ERROR, NOTHING_SENT
from mcp_server.rest.effects import CHANGES, DESTROYS, READS
from mcp_server.rest.parameters import AccountId, Conid, OrderId
from mcp_server.rest.parameters import Gateway as Relayed
from mcp_server.rest.relay import Json
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.tools.argument_validation import TYPE_NAMES
from mcp_server.tools.operation_tool import tool_title
from tests.mcp_server.rejections import quoted


class Alert(BaseModel):
    """A price alert."""

    title: str = Field(description="Name.")
    side: Literal["above", "below"] | None = None


class Leg(Arguments):
    """One leg."""

    conid: Annotated[int, Field(description="Contract.")]
    limit_price: Annotated[float | None, Field(description="Limit.")] = None


class Order(Arguments):
    """An order."""

    side: Annotated[Literal["BUY", "SELL"], Field(description="Side.")]
    legs: Annotated[list[Leg], Field(description="Legs.")]


Fields = Annotated[list[str] | None, Query()]


def sample() -> APIRouter:
    router = APIRouter(tags=["Session"])

    @router.get("/portfolio/{account_id}/meta")
    async def get_account(
        gateway: Relayed, account_id: AccountId, fields: Fields = None, deep: bool = False
    ) -> Json:
        """Get one account.

        All of it.
        \f
        Source: a page that is not published.
        """
        return await gateway.get("/portfolio/{account}/meta", account_id, fields=fields, deep=deep)

    @router.post("/search", openapi_extra=READS)
    async def search(
        gateway: Relayed, alert: Annotated[Alert, Body(embed=True)], many: Annotated[int, Body()] = 1
    ) -> Json:
        """Search.
        \f
        For less: Search for a longer `title`.
        """
        return await gateway.post(
            "/iserver/secdef/search", body={"alert": alert.title, "many": many}, reads=True
        )

    @router.post("/orders/{conid}")
    async def place(conid: Conid) -> Json:  # noqa: ARG001 - a tool that fails
        """Place."""
        raise RuntimeError("password=hunter2")

    @router.post("/order/{account_id}", openapi_extra=CHANGES)
    async def order(gateway: Relayed, account_id: AccountId, ticket: Order) -> Json:  # noqa: ARG001 - validated
        """Order."""
        return await gateway.post("/iserver/secdef/search", body=ticket.sent(), reads=True)

    @router.delete("/orders/{order_id}", openapi_extra=DESTROYS)
    async def cancel(gateway: Relayed, order_id: OrderId) -> Json:  # noqa: ARG001 - only its validation is tested
        """Cancel."""
        return await gateway.delete("/iserver/account")

    return router


@pytest.fixture
async def client(gateway: GatewayClient) -> AsyncIterator[Any]:
    settings = ServerSettings(
        _env_file=None, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True
    )
    async with fastmcp.Client(create_server(gateway, settings, (sample(),))) as connected:
        yield connected


async def call(client: Any, tool: str, /, **arguments: Any) -> tuple[bool, str]:
    """Whether the call failed, and the one text of its result."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    assert result.structured_content is None
    [content] = result.content
    return result.is_error, content.text


async def test_a_tool_has_the_name_of_its_function_and_a_title_from_it(client: Any) -> None:
    tools = {tool.name: tool for tool in await client.list_tools()}
    assert {"cancel", "get_account", "order", "place", "search"} <= tools.keys()
    assert tools["get_account"].title == "Get account"
    assert tools["get_account"].annotations.title == "Get account"
    assert {tool.output_schema for tool in tools.values()} == {None}


@pytest.mark.parametrize(
    ("name", "title"), [("get_pnl", "Get P&L"), ("validate_sso", "Validate SSO"), ("tickle", "Tickle")]
)
def test_a_title_spells_out_abbreviations(name: str, title: str) -> None:
    assert tool_title(name) == title


async def test_the_description_ends_where_the_source_note_begins(client: Any) -> None:
    tools = {tool.name: tool for tool in await client.list_tools()}
    assert tools["get_account"].description == "Get one account.\n\nAll of it."


@pytest.mark.parametrize(
    ("tool", "reads", "destroys", "idempotent"),
    [
        ("get_account", True, False, True),
        ("search", True, False, True),
        ("place", False, False, False),
        ("order", False, False, False),
        ("cancel", False, True, True),
    ],
)
async def test_annotations_match_the_effect(
    client: Any, tool: str, reads: bool, destroys: bool, idempotent: bool
) -> None:
    [hints] = [each.annotations for each in await client.list_tools() if each.name == tool]
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint) == (
        reads,
        destroys,
        idempotent,
        True,
    )


async def test_a_response_is_returned_once_and_unchanged(client: Any, stub_gateway: Any) -> None:
    body = b'{ "b": 1.50, "a": [] }'
    stub_gateway.answers["/portfolio/U1234567/meta"] = httpx.Response(200, content=body)
    assert await call(client, "get_account", account_id="U1234567") == (False, body.decode())


async def test_values_of_every_type_are_sent_as_the_gateway_expects_them(
    client: Any, stub_gateway: Any
) -> None:
    await call(client, "get_account", account_id="U1234567", deep=True, fields=["a b", "c&d"])
    assert dict(stub_gateway.requests[-1].url.params) == {"deep": "true", "fields": "a b,c&d"}
    stub_gateway.answers["/iserver/secdef/search"] = httpx.Response(200, json=[1])
    await call(client, "search", alert={"title": "x"}, many=3)
    assert stub_gateway.requests[-1].content == b'{"alert":"x","many":3}'


async def test_null_is_the_same_as_omitting_an_argument(client: Any, stub_gateway: Any) -> None:
    failed, _ = await call(client, "get_account", account_id="U1234567", deep=None)
    assert not failed
    assert stub_gateway.requests[-1].url.query == b"deep=false"


async def test_an_unknown_argument_is_rejected_with_the_valid_ones(client: Any, stub_gateway: Any) -> None:
    failed, text = await call(client, "get_account", account_id="U1234567", acount="U1")
    assert failed
    assert text.startswith("get_account ")
    assert quoted(text) == ["acount", "account_id", "fields", "deep"]
    assert NOTHING_SENT in text
    assert stub_gateway.requests == []


@pytest.mark.parametrize(
    "value",
    [
        "../tickle",
        "U1234567/orders?x=",
        "U1234567%2F",
        "U1234567#",
        "U1234567\r\nX: y",
        "",
        "u1",
        7,
    ],
)
async def test_an_invalid_path_value_is_rejected_before_anything_is_sent(
    client: Any, stub_gateway: Any, value: Any
) -> None:
    failed, text = await call(client, "get_account", account_id=value)
    assert failed
    assert text.startswith("get_account: `account_id` ")
    assert quoted(text) == ["account_id"]
    assert NOTHING_SENT in text
    assert stub_gateway.requests == []


@pytest.mark.parametrize(
    ("argument", "value", "types"),
    [
        ("account_id", ["U1234567"], ["string"]),
        ("account_id", [], ["string"]),
        ("account_id", {"a": 1}, ["string"]),
        ("account_id", True, ["string"]),
        ("fields", [True], ["array", "string"]),
        ("fields", [float("nan")], ["array", "string"]),
        ("deep", [True, False], ["boolean"]),
    ],
)
async def test_a_value_of_another_type_is_rejected_before_it_becomes_text(
    client: Any, stub_gateway: Any, argument: str, value: Any, types: list[str]
) -> None:
    failed, text = await call(client, "get_account", **{"account_id": "U1234567", argument: value})
    assert failed
    assert text.startswith(f"get_account: `{argument}` ")
    assert all(TYPE_NAMES[each] in text for each in types)
    assert NOTHING_SENT in text
    assert stub_gateway.requests == []


async def test_a_missing_argument_is_named(client: Any) -> None:
    failed, text = await call(client, "place")
    assert failed
    assert text.startswith("place: `conid` ")
    assert NOTHING_SENT in text


@pytest.mark.parametrize("values", [{"alert": {"title": "\ud800"}}, {"alert": {"title": "x"}, "many": 2**70}])
async def test_a_value_that_json_cannot_encode_is_rejected(
    client: Any, stub_gateway: Any, values: dict[str, Any]
) -> None:
    server_side = client.transport.server
    result = await server_side.call_tool("search", values)
    assert result.is_error
    assert "JSON" in result.content[0].text
    assert NOTHING_SENT in result.content[0].text
    assert stub_gateway.requests == []


@pytest.mark.parametrize("order_id", [-1, 0, "-1", True, 1.5])
async def test_an_order_id_that_means_all_orders_is_never_sent(
    client: Any, stub_gateway: Any, order_id: Any
) -> None:
    failed, text = await call(client, "cancel", order_id=order_id)
    assert failed
    assert "`order_id`" in text
    assert stub_gateway.requests == []


async def test_a_gateway_failure_is_flagged_and_reported_in_our_words(client: Any, stub_gateway: Any) -> None:
    stub_gateway.otherwise = httpx.Response(401)
    failed, text = await call(client, "get_account", account_id="U1234567")
    assert failed
    assert "https://login.example:5055" in text
    assert "HTTP error" not in text
    assert "U1234567" not in text


async def test_a_failure_is_logged_on_one_line(
    client: Any, stub_gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    stub_gateway.otherwise = httpx.ConnectError("refused")
    with caplog.at_level("INFO", logger="mcp_server"):
        await call(client, "get_account", account_id="U1234567")
    [line] = [
        record.getMessage() for record in caplog.records if record.name == "mcp_server.tools.operation_tool"
    ]
    assert line.startswith("get_account failed: GET /portfolio/accounts: ")
    assert "U1234567" not in line


async def test_the_details_of_an_internal_error_are_only_in_the_log(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failed, text = await call(client, "place", conid=265598)
    assert failed
    assert "hunter2" not in text
    assert INTERNAL_ERROR in text
    assert OUTCOME_SENTENCES[Outcome.UNKNOWN] in text
    assert NOTHING_SENT not in text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("alert", [{"title": "x", "sidee": "above"}, {"title": "x", "U1234567": 1}])
async def test_an_unknown_nested_name_is_rejected_with_the_valid_ones(
    client: Any, stub_gateway: Any, alert: Any
) -> None:
    failed, text = await call(client, "search", alert=alert)
    assert failed
    assert text.startswith("search: `alert.")
    assert quoted(text)[1:] == ["alert", "title", "side"]
    assert NOTHING_SENT in text
    assert "U1234567" not in text
    assert stub_gateway.requests == []


@pytest.mark.parametrize("title", [True, ["x"], {}])
async def test_a_nested_value_of_another_type_is_rejected_by_its_path(
    client: Any, stub_gateway: Any, title: Any
) -> None:
    server_side = client.transport.server
    result = await server_side.call_tool("search", {"alert": {"title": title}})
    assert result.is_error
    assert "alert" in result.content[0].text
    assert stub_gateway.requests == []


async def test_the_fields_of_a_body_of_one_model_are_the_arguments(client: Any, stub_gateway: Any) -> None:
    [tool] = [tool for tool in await client.list_tools() if tool.name == "order"]
    assert list(tool.input_schema["properties"]) == ["account_id", "side", "legs"]
    assert tool.input_schema["properties"]["legs"]["items"] == {
        "type": "object",
        "properties": {
            "conid": {"type": "integer", "description": "Contract."},
            "limit_price": {"type": "number", "description": "Limit."},
        },
        "required": ["conid"],
    }
    assert "$defs" not in tool.input_schema
    stub_gateway.otherwise = httpx.Response(200, json=[1])
    legs = [{"conid": 1, "limit_price": 2.5}, {"conid": 2, "limit_price": None}]
    failed, _ = await call(client, "order", account_id="U1234567", side="BUY", legs=legs)
    assert not failed
    assert orjson.loads(stub_gateway.requests[-1].content) == {
        "side": "BUY",
        "legs": [{"conid": 1, "limitPrice": 2.5}, {"conid": 2}],
    }


@pytest.mark.parametrize(
    ("legs", "named"),
    [
        ([{"conid": 1, "limit": 2}], ["legs[0].limit", "legs[0]", "conid", "limit_price"]),
        (
            [{"conid": 1, "limit_price": 2, "limitPrice": 3}],
            ["legs[0].limitPrice", "legs[0]", "conid", "limit_price"],
        ),
        ([{"conid": True}], ["legs[0].conid"]),
        ([{"conid": 1, "limit_price": float("nan")}], ["legs[0].limit_price"]),
        ([{"limit_price": 1}], ["legs[0].conid"]),
        ([1], ["legs[0]"]),
    ],
)
async def test_a_list_of_objects_is_validated_to_its_leaves(
    client: Any, stub_gateway: Any, legs: Any, named: list[str]
) -> None:
    result = await client.transport.server.call_tool(
        "order", {"account_id": "U1234567", "side": "BUY", "legs": legs}
    )
    assert result.is_error
    assert result.content[0].text.startswith("order: ")
    assert quoted(result.content[0].text) == named
    assert stub_gateway.requests == []


@pytest.mark.parametrize(
    "arguments",
    [
        {f"unknown{number}": 1 for number in range(1000)},
        {"account_id": "U1234567", "side": "BUY", "legs": [{"conid": True}] * 1000},
        {"account_id": "U1234567", "side": "BUY", "legs": [{"conid": 1, "x": 1}] * 1000},
        {"account_id": "U1234567", "side": "BUY", "legs": [{}] * 1000},
    ],
)
async def test_of_a_thousand_errors_only_the_first_few_are_listed(
    client: Any, arguments: dict[str, Any]
) -> None:
    failed, text = await call(client, "order", **arguments)
    assert failed
    assert " 995 more" in text
    assert len(text) < 1000


@asynccontextmanager
async def with_at_most(size: int, gateway: GatewayClient, surface: str = "all") -> AsyncIterator[Any]:
    settings = ServerSettings(
        _env_file=None, trading_mode="paper", mcp_server_tools=surface, mcp_server_max_result=size
    )
    async with fastmcp.Client(create_server(gateway, settings, (sample(),))) as connected:
        yield connected


async def test_a_result_up_to_the_limit_is_not_truncated(gateway: GatewayClient, stub_gateway: Any) -> None:
    body = b"[" + b" " * 2998 + b"]"
    stub_gateway.otherwise = httpx.Response(200, content=body)
    async with with_at_most(3000, gateway) as client:
        assert await call(client, "get_account", account_id="U1234567") == (False, body.decode())


async def test_a_larger_result_is_truncated_and_begins_with_a_note(
    gateway: GatewayClient, stub_gateway: Any
) -> None:
    rows = [{"row": number} for number in range(1000)]
    stub_gateway.otherwise = httpx.Response(200, content=orjson.dumps(rows))
    async with with_at_most(3000, gateway) as client:
        result = await client.call_tool("get_account", {"account_id": "U1234567"})
    note, shown = [content.text for content in result.content]
    included = orjson.loads(shown)
    assert included == rows[: len(included)]
    assert f" {len(included)} of 1,000 items" in note
    assert quoted(note) == ["read_more", "fields"]
    assert len(note.encode()) + len(shown.encode()) <= 3000
    assert not result.is_error


async def test_a_routes_own_hint_on_a_smaller_result_replaces_ours(
    gateway: GatewayClient, stub_gateway: Any
) -> None:
    stub_gateway.otherwise = httpx.Response(200, content=orjson.dumps(["x" * 100] * 100))
    async with with_at_most(2000, gateway) as client:
        result = await client.call_tool("search", {"alert": {"title": "x"}})
    assert result.content[0].text.endswith("Search for a longer `title`.")


@pytest.mark.parametrize(("surface", "included"), [("search", True), ("all", False)])
async def test_an_argument_error_includes_the_schema_if_the_client_may_not_have_seen_it(
    gateway: GatewayClient, surface: str, included: bool
) -> None:
    async with with_at_most(3000, gateway, surface) as client:
        invalid: list[dict[str, Any]] = [{"x": 1}, {"account_id": []}, {"account_id": "u"}, {}]
        for arguments in invalid:
            failed, text = await call(client, "get_account", **arguments)
            assert failed
            assert ("\nThe schema of its arguments: {" in text) is included


async def test_an_unknown_tool_is_a_flagged_result(client: Any) -> None:
    failed, text = await call(client, "get_rich")
    assert failed
    assert "get_rich" in text
