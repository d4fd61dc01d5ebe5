"""`take_over_session`: the user decides, and the ticker does it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestFormParams, ElicitResult

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause, explain
from tests.mcp_server.connection.house import PROTOCOLS, InProcessStack, call_json
from tests.virtual_loop import run_in_virtual_time
from ticker_service.settings import Compete


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_session_is_open_soon_after(era: str) -> None:
    async def tried() -> tuple[dict[str, Any], dict[str, Any]]:
        house = InProcessStack(compete=Compete.ASK)
        async with house.client(era) as client:
            house.simulation.session.displace()
            await asyncio.sleep(70)
            taking = await call_json(client, "call_writing_tool", name="take_over_session")
            return taking, await call_json(client, "wait_for_login", timeout_seconds=60)

    taking, after = run_in_virtual_time(tried())
    assert "takes the connection over" in taking["sentence"]
    assert after["ready"]


@pytest.mark.parametrize("era", PROTOCOLS)
def test_it_can_be_taken_as_soon_as_the_status_names_the_other_program(era: str) -> None:
    async def tried() -> tuple[dict[str, Any], dict[str, Any]]:
        house = InProcessStack(compete=Compete.ASK)
        async with house.client(era) as client:
            await asyncio.sleep(10)
            house.simulation.session.displace()
            status = await call_json(
                client, "connection_status"
            )  # half a minute before the ticker's next beat
            await call_json(client, "call_writing_tool", name="take_over_session")
            return status, await call_json(client, "wait_for_login", timeout_seconds=20)

    status, after = run_in_virtual_time(tried())
    assert "take_over_session" in status["next_step"]
    assert after["ready"]


class User:
    """Sits before a client that shows forms; `offered` is what was asked."""

    def __init__(self, action: str = "accept", content: Any = None) -> None:
        self.answer = {"action": action, "content": content}
        self.offered: list[ElicitRequestFormParams] = []

    async def __call__(self, message: str, kind: Any, params: Any, context: Any) -> ElicitResult:  # noqa: ARG002
        assert isinstance(params, ElicitRequestFormParams)
        self.offered.append(params)
        return ElicitResult(**self.answer)


async def asked_to_take(compete: Compete, era: str, user: User) -> tuple[Any, int]:
    """What the call came to, and how often the session was opened.

    The result is None where the client refuses to send what its user filled in.
    """
    house = InProcessStack(compete=compete)
    async with house.client(era, elicitation_handler=user) as client:
        await asyncio.sleep(10)
        house.simulation.session.displace()
        house.gateway_requests.clear()
        call = {"name": "take_over_session"}
        try:
            result = await client.call_tool("call_writing_tool", call, raise_on_error=False)
        except MCPError:
            result = None
        await asyncio.sleep(5)
        return result, house.gateway_requests.count("POST /iserver/auth/ssodh/init")


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_user_who_can_be_asked_is_asked_once_and_in_words(era: str) -> None:
    user = User(content={"take_over": True})
    result, openings = run_in_virtual_time(asked_to_take(Compete.ASK, era, user))
    assert not result.is_error
    assert openings == 1
    [form] = user.offered
    assert "Shall it lose the connection, at once?" in form.message
    assert form.requested_schema["required"] == ["take_over"]


@pytest.mark.parametrize(
    ("action", "content"),
    [
        ("decline", None),
        ("cancel", None),
        ("accept", {"take_over": False}),
        ("accept", {}),
        ("accept", None),
        ("accept", {"take_over": "true"}),
    ],
)
@pytest.mark.parametrize("era", PROTOCOLS)
def test_anything_but_a_yes_leaves_the_connection_to_the_other_program(
    era: str, action: str, content: Any
) -> None:
    user = User(action, content)
    result, openings = run_in_virtual_time(asked_to_take(Compete.ASK, era, user))
    assert openings == 0
    if action == "accept" and content != {"take_over": False} and result is None:
        return  # fastmcp 4.2's client checks the form before it sends it
    assert result.is_error
    assert "did not agree, so that program keeps the connection" in result.content[0].text


@pytest.mark.parametrize("era", PROTOCOLS)
def test_nobody_is_asked_where_nothing_is_to_be_decided(era: str) -> None:
    user = User(content={"take_over": True})
    result, openings = run_in_virtual_time(asked_to_take(Compete.YIELD, era, user))
    assert result.is_error
    assert "COMPETE=yield" in result.content[0].text
    assert (user.offered, openings) == ([], 0)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_user_is_asked_also_where_only_the_ticker_has_found_the_other_program(era: str) -> None:
    async def tried() -> tuple[Any, int]:
        house = InProcessStack(compete=Compete.ASK)
        at_once = house._serve_gateway

        async def slowly(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/auth/status"):
                await asyncio.sleep(3)
            return await at_once(request)

        async with house.client(era, elicitation_handler=user) as client:
            house.simulation.session.displace()
            await house.keeper.beat()
            house.transport.handler = slowly
            house.gateway_requests.clear()
            result = await client.call_tool("take_over_session", {}, raise_on_error=False)
            await asyncio.sleep(5)
        return result, house.gateway_requests.count("POST /iserver/auth/ssodh/init")

    user = User("decline")
    result, openings = run_in_virtual_time(tried())
    assert "did not agree" in result.content[0].text
    assert (len(user.offered), openings) == (1, 0)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_nothing_is_taken_that_the_user_has_not_been_told_of(era: str) -> None:
    async def tried() -> tuple[Any, int]:
        house = InProcessStack(compete=Compete.ASK)
        async with house.client(era, elicitation_handler=user) as client:
            await call_json(client, "connection_status")
            house.simulation.session.displace()  # the last look is less than a second old
            result = await client.call_tool("take_over_session", {}, raise_on_error=False)
            await asyncio.sleep(5)
        return result, house.gateway_requests.count("POST /iserver/auth/ssodh/init")

    user = User("decline")
    result, openings = run_in_virtual_time(tried())
    assert explain(Cause.NOTHING_TO_TAKE_OVER).sentence in result.content[0].text
    assert (user.offered, openings) == ([], 0)


@pytest.mark.parametrize(
    ("compete", "ticker", "words"),
    [
        (Compete.YIELD, True, "COMPETE=yield"),
        (Compete.ASK, True, explain(Cause.NOTHING_TO_TAKE_OVER).sentence),
        (Compete.ASK, False, explain(Cause.TICKER_DOWN, where="TICKER_URL").next_step),
    ],
)
def test_otherwise_it_says_why_not(compete: Compete, ticker: bool, words: str) -> None:
    async def tried() -> Any:
        async with InProcessStack(compete=compete, ticker=ticker).client() as client:
            return await client.call_tool("take_over_session", {}, raise_on_error=False)

    result = run_in_virtual_time(tried())
    assert result.is_error
    assert words in result.content[0].text


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_server_that_only_reads_has_no_such_tool(era: str) -> None:
    async def tried() -> Any:
        async with InProcessStack(mode=TradingMode.READ).client(era) as client:
            return await client.call_tool("take_over_session", {}, raise_on_error=False)

    assert "Unknown tool" in str(_failure(tried()))


def _failure(tried: Any) -> Any:
    """What the call came to, told or raised."""
    try:
        return run_in_virtual_time(tried).content
    except Exception as error:
        return error
