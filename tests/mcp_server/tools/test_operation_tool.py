"""What a client reads about a tool made from a route, and what it gets from calling it."""

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

from api_gateway.client.gateway import GatewayClient
from mcp_server.models.arguments import Arguments
from mcp_server.rest.effects import CHANGES, DESTROYS, READS
from mcp_server.rest.parameters import AccountId, Conid, OrderId
from mcp_server.rest.parameters import Gateway as Relayed
from mcp_server.rest.relay import Json
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.tools.operation_tool import tool_title


class Alert(BaseModel):
    """A price to wait for."""

    title: str = Field(description="What to call it.")
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
    async def look_at_account(
        gateway: Relayed, account_id: AccountId, fields: Fields = None, deep: bool = False
    ) -> Json:
        """Look at one account.

        All of it.
        \f
        Source: a page that a model need not read.
        """
        return await gateway.get("/portfolio/{account}/meta", account_id, fields=fields, deep=deep)

    @router.post("/search", openapi_extra=READS)
    async def search(
        gateway: Relayed, alert: Annotated[Alert, Body(embed=True)], many: Annotated[int, Body()] = 1
    ) -> Json:
        """Search.
        \f
        For less: Search for more letters.
        """
        return await gateway.post(
            "/iserver/secdef/search", body={"alert": alert.title, "many": many}, reads=True
        )

    @router.post("/orders/{conid}")
    async def place(conid: Conid) -> Json:  # noqa: ARG001 - a tool that breaks
        """Place."""
        raise RuntimeError("password=hunter2")

    @router.post("/order/{account_id}", openapi_extra=CHANGES)
    async def order(gateway: Relayed, account_id: AccountId, wanted: Order) -> Json:  # noqa: ARG001 - checked
        """Order."""
        return await gateway.post("/iserver/secdef/search", body=wanted.sent(), reads=True)

    @router.delete("/orders/{order_id}", openapi_extra=DESTROYS)
    async def cancel(gateway: Relayed, order_id: OrderId) -> Json:  # noqa: ARG001 - only its check counts
        """Cancel."""
        return await gateway.delete("/iserver/account")

    return router


@pytest.fixture
async def client(gateway: GatewayClient) -> AsyncIterator[Any]:
    settings = ServerSettings(_env_file=None, trading_mode="paper", mcp_server_tools="all")
    async with fastmcp.Client(create_server(gateway, settings, (sample(),))) as connected:
        yield connected


async def call(client: Any, tool: str, /, **arguments: Any) -> tuple[bool, str]:
    """Whether the call failed, and the one text of its result."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    assert result.structured_content is None
    [content] = result.content
    return result.is_error, content.text


async def test_a_tool_is_named_after_its_function_and_titled_in_words(client: Any) -> None:
    tools = {tool.name: tool for tool in await client.list_tools()}
    assert {"cancel", "look_at_account", "order", "place", "search"} <= tools.keys()
    assert tools["look_at_account"].title == "Look at account"
    assert tools["look_at_account"].annotations.title == "Look at account"
    assert {tool.output_schema for tool in tools.values()} == {None}


@pytest.mark.parametrize(
    ("name", "title"), [("get_pnl", "Get P&L"), ("validate_sso", "Validate SSO"), ("tickle", "Tickle")]
)
def test_a_title_spells_short_forms_as_people_do(name: str, title: str) -> None:
    assert tool_title(name) == title


async def test_the_description_ends_where_the_source_note_begins(client: Any) -> None:
    tools = {tool.name: tool for tool in await client.list_tools()}
    assert tools["look_at_account"].description == "Look at one account.\n\nAll of it."


@pytest.mark.parametrize(
    ("tool", "reads", "destroys", "idempotent"),
    [
        ("look_at_account", True, False, True),
        ("search", True, False, True),
        ("place", False, False, False),
        ("order", False, False, False),
        ("cancel", False, True, True),
    ],
)
async def test_hints_say_what_a_call_does(
    client: Any, tool: str, reads: bool, destroys: bool, idempotent: bool
) -> None:
    [hints] = [each.annotations for each in await client.list_tools() if each.name == tool]
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint) == (
        reads,
        destroys,
        idempotent,
        True,
    )


async def test_an_answer_travels_once_as_the_text_that_came(client: Any, far_side: Any) -> None:
    body = b'{ "b": 1.50, "a": [] }'
    far_side.answers["/portfolio/U1234567/meta"] = httpx.Response(200, content=body)
    assert await call(client, "look_at_account", account_id="U1234567") == (False, body.decode())


async def test_values_of_every_kind_arrive_as_the_gateway_expects_them(client: Any, far_side: Any) -> None:
    await call(client, "look_at_account", account_id="U1234567", deep=True, fields=["a b", "c&d"])
    assert dict(far_side.asked[-1].url.params) == {"deep": "true", "fields": "a b,c&d"}
    far_side.answers["/iserver/secdef/search"] = httpx.Response(200, json=[1])
    await call(client, "search", alert={"title": "x"}, many=3)
    assert far_side.asked[-1].content == b'{"alert":"x","many":3}'


async def test_null_is_the_same_as_leaving_an_argument_out(client: Any, far_side: Any) -> None:
    failed, _ = await call(client, "look_at_account", account_id="U1234567", deep=None)
    assert not failed
    assert far_side.asked[-1].url.query == b"deep=false"


async def test_an_unknown_argument_is_refused_with_the_known_ones(client: Any, far_side: Any) -> None:
    failed, text = await call(client, "look_at_account", account_id="U1234567", acount="U1")
    assert failed
    assert text == (
        "look_at_account does not take `acount`. It takes `account_id`, `fields`, `deep`. "
        "Nothing was sent to IBKR."
    )
    assert far_side.asked == []


@pytest.mark.parametrize(
    "value",
    [
        "../tickle",
        "U1234567/orders?x=",
        "U1234567%2F",
        "U1234567#",
        "U1234567\r\n",
        "",
        "u1",
        7,
    ],
)
async def test_a_wrong_path_value_is_refused_before_anything_is_sent(
    client: Any, far_side: Any, value: Any
) -> None:
    failed, text = await call(client, "look_at_account", account_id=value)
    assert failed
    assert text.startswith("look_at_account: `account_id` should be an account id such as DU1234567.")
    assert far_side.asked == []


@pytest.mark.parametrize(
    ("argument", "value", "wanted"),
    [
        ("account_id", ["U1234567"], "a text"),
        ("account_id", [], "a text"),
        ("account_id", {"a": 1}, "a text"),
        ("account_id", True, "a text"),
        ("fields", [True], "a list, each a text"),
        ("fields", [float("nan")], "a list, each a text"),
        ("deep", [True, False], "true or false"),
    ],
)
async def test_a_value_of_a_wrong_type_is_refused_before_it_becomes_text(
    client: Any, far_side: Any, argument: str, value: Any, wanted: str
) -> None:
    failed, text = await call(client, "look_at_account", **{"account_id": "U1234567", argument: value})
    assert failed
    assert text.startswith(f"look_at_account: `{argument}` should be {wanted}. Nothing was sent to IBKR.")
    assert far_side.asked == []


async def test_a_missing_argument_is_named(client: Any) -> None:
    assert await call(client, "place") == (
        True,
        "place: `conid` is missing. Nothing was sent to IBKR. Correct the arguments and call again.",
    )


@pytest.mark.parametrize("value", [2**70, "\ud800"])
async def test_a_value_that_no_json_can_hold_is_refused(client: Any, far_side: Any, value: Any) -> None:
    server_side = client.transport.server
    result = await server_side.call_tool("search", {"alert": {"title": value}})
    assert result.is_error
    assert "cannot be written as JSON" in result.content[0].text
    assert far_side.asked == []


@pytest.mark.parametrize("order_id", [-1, 0, "-1", True, 1.5])
async def test_an_order_id_that_means_all_orders_never_gets_out(
    client: Any, far_side: Any, order_id: Any
) -> None:
    failed, text = await call(client, "cancel", order_id=order_id)
    assert failed
    assert "`order_id`" in text
    assert far_side.asked == []


async def test_a_gateway_failure_is_flagged_and_told_in_our_words(client: Any, far_side: Any) -> None:
    far_side.otherwise = httpx.Response(401)
    failed, text = await call(client, "look_at_account", account_id="U1234567")
    assert failed
    assert "https://login.example:5055" in text
    assert "HTTP error" not in text
    assert "U1234567" not in text


async def test_a_failure_is_one_line_of_the_log(
    client: Any, far_side: Any, caplog: pytest.LogCaptureFixture
) -> None:
    far_side.otherwise = httpx.ConnectError("refused")
    with caplog.at_level("INFO", logger="mcp_server"):
        await call(client, "look_at_account", account_id="U1234567")
    [line] = [
        record.getMessage() for record in caplog.records if record.name == "mcp_server.tools.operation_tool"
    ]
    assert line.startswith("look_at_account failed: GET /portfolio/accounts: ")
    assert "U1234567" not in line


async def test_what_breaks_inside_stays_in_the_log(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    failed, text = await call(client, "place", conid=265598)
    assert failed
    assert "hunter2" not in text
    assert "look before you repeat it" in text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("alert", [{"title": "x", "sidee": "above"}, {"title": "x", "U1234567": 1}])
async def test_an_unknown_name_deep_inside_is_refused_with_the_known_ones(
    client: Any, far_side: Any, alert: Any
) -> None:
    failed, text = await call(client, "search", alert=alert)
    assert failed
    assert text.startswith("search: `alert.")
    assert "is not known; `alert` takes `title`, `side`. Nothing was sent to IBKR." in text
    assert "U1234567" not in text
    assert far_side.asked == []


@pytest.mark.parametrize("title", [True, ["x"], {}])
async def test_a_wrong_value_deep_inside_is_refused_by_its_path(
    client: Any, far_side: Any, title: Any
) -> None:
    server_side = client.transport.server
    result = await server_side.call_tool("search", {"alert": {"title": title}})
    assert result.is_error
    assert "alert" in result.content[0].text
    assert far_side.asked == []


async def test_the_fields_of_a_body_of_one_model_are_the_arguments(client: Any, far_side: Any) -> None:
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
    far_side.otherwise = httpx.Response(200, json=[1])
    legs = [{"conid": 1, "limit_price": 2.5}, {"conid": 2, "limit_price": None}]
    failed, _ = await call(client, "order", account_id="U1234567", side="BUY", legs=legs)
    assert not failed
    assert orjson.loads(far_side.asked[-1].content) == {
        "side": "BUY",
        "legs": [{"conid": 1, "limitPrice": 2.5}, {"conid": 2}],
    }


@pytest.mark.parametrize(
    ("legs", "told"),
    [
        ([{"conid": 1, "limit": 2}], "`legs[0].limit` is not known; `legs[0]` takes `conid`, `limit_price`"),
        ([{"conid": 1, "limitPrice": 2}], "`legs[0].limitPrice` is not known"),
        ([{"conid": True}], "`legs[0].conid` should be a whole number"),
        ([{"conid": 1, "limit_price": float("nan")}], "`legs[0].limit_price` should be a number"),
        ([{"limit_price": 1}], "`legs[0].conid` is missing"),
        ([1], "`legs[0]` should be an object"),
    ],
)
async def test_a_list_of_objects_is_checked_to_its_leaves(
    client: Any, far_side: Any, legs: Any, told: str
) -> None:
    result = await client.transport.server.call_tool(
        "order", {"account_id": "U1234567", "side": "BUY", "legs": legs}
    )
    assert result.is_error
    assert result.content[0].text.startswith(f"order: {told}")
    assert far_side.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        {f"unknown{number}": 1 for number in range(1000)},
        {"account_id": "U1234567", "side": "BUY", "legs": [{"conid": True}] * 1000},
        {"account_id": "U1234567", "side": "BUY", "legs": [{"conid": 1, "x": 1}] * 1000},
        {"account_id": "U1234567", "side": "BUY", "legs": [{}] * 1000},
    ],
)
async def test_a_thousand_mistakes_are_told_by_a_few(client: Any, arguments: dict[str, Any]) -> None:
    failed, text = await call(client, "order", **arguments)
    assert failed
    assert "and 995 more" in text
    assert len(text) < 1000


@asynccontextmanager
async def with_at_most(size: int, gateway: GatewayClient, surface: str = "all") -> AsyncIterator[Any]:
    settings = ServerSettings(
        _env_file=None, trading_mode="paper", mcp_server_tools=surface, mcp_server_max_result=size
    )
    async with fastmcp.Client(create_server(gateway, settings, (sample(),))) as connected:
        yield connected


async def test_an_answer_up_to_the_limit_is_not_touched(gateway: GatewayClient, far_side: Any) -> None:
    body = b"[" + b" " * 2998 + b"]"
    far_side.otherwise = httpx.Response(200, content=body)
    async with with_at_most(3000, gateway) as client:
        assert await call(client, "look_at_account", account_id="U1234567") == (False, body.decode())


async def test_a_larger_answer_is_cut_and_says_so_first(gateway: GatewayClient, far_side: Any) -> None:
    rows = [{"row": number} for number in range(1000)]
    far_side.otherwise = httpx.Response(200, content=orjson.dumps(rows))
    async with with_at_most(3000, gateway) as client:
        result = await client.call_tool("look_at_account", {"account_id": "U1234567"})
    note, shown = [content.text for content in result.content]
    kept = orjson.loads(shown)
    assert kept == rows[: len(kept)]
    assert note.startswith(f"CUT: this shows the first {len(kept)} of 1,000 items of the list; ")
    assert note.endswith("For less, call again with other `fields`.")
    assert len(note.encode()) + len(shown.encode()) <= 3000
    assert not result.is_error


async def test_the_routes_own_words_on_how_to_get_less_come_before_ours(
    gateway: GatewayClient, far_side: Any
) -> None:
    far_side.otherwise = httpx.Response(200, content=orjson.dumps(["x" * 100] * 100))
    async with with_at_most(2000, gateway) as client:
        result = await client.call_tool("search", {"alert": {"title": "x"}})
    assert result.content[0].text.endswith("Search for more letters.")


@pytest.mark.parametrize(("surface", "told"), [("search", True), ("all", False)])
async def test_a_refusal_carries_the_schema_where_a_client_may_not_have_seen_it(
    gateway: GatewayClient, surface: str, told: bool
) -> None:
    async with with_at_most(3000, gateway, surface) as client:
        refused: list[dict[str, Any]] = [{"x": 1}, {"account_id": []}, {"account_id": "u"}, {}]
        for arguments in refused:
            failed, text = await call(client, "look_at_account", **arguments)
            assert failed
            assert ("\nThe schema of its arguments: {" in text) is told


async def test_an_unknown_tool_is_a_flagged_result(client: Any) -> None:
    failed, text = await call(client, "get_rich")
    assert failed
    assert "get_rich" in text
