"""`take_over_session`: the user decides, and the ticker takes the session over."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequestFormParams, ElicitResult

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause, explain
from tests.mcp_server.connection.in_process_stack import PROTOCOLS, InProcessStack, call_json
from tests.virtual_loop import run_in_virtual_time
from ticker_service.settings import Compete


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_session_is_open_soon_after_the_call(era: str) -> None:
    async def scenario() -> tuple[dict[str, Any], dict[str, Any]]:
        stack = InProcessStack(compete=Compete.ASK)
        async with stack.client(era) as client:
            stack.simulation.session.displace()
            await asyncio.sleep(70)
            taking = await call_json(client, "call_writing_tool", name="take_over_session")
            return taking, await call_json(client, "wait_for_login", timeout_seconds=60)

    taking, after = run_in_virtual_time(scenario())
    assert taking["sentence"]
    assert "wait_for_login" in taking["next_step"]
    assert after["ready"]


@pytest.mark.parametrize("era", PROTOCOLS)
def test_it_works_as_soon_as_the_status_reports_the_other_program(era: str) -> None:
    async def scenario() -> tuple[dict[str, Any], dict[str, Any]]:
        stack = InProcessStack(compete=Compete.ASK)
        async with stack.client(era) as client:
            await asyncio.sleep(10)
            stack.simulation.session.displace()
            status = await call_json(
                client, "connection_status"
            )  # half a minute before the ticker's next heartbeat
            await call_json(client, "call_writing_tool", name="take_over_session")
            return status, await call_json(client, "wait_for_login", timeout_seconds=20)

    status, after = run_in_virtual_time(scenario())
    assert "take_over_session" in status["next_step"]
    assert after["ready"]


class User:
    """The user of a client that supports forms; `offered` are the forms."""

    def __init__(self, action: str = "accept", content: Any = None) -> None:
        self.answer = {"action": action, "content": content}
        self.offered: list[ElicitRequestFormParams] = []

    async def __call__(self, message: str, kind: Any, params: Any, context: Any) -> ElicitResult:  # noqa: ARG002
        assert isinstance(params, ElicitRequestFormParams)
        self.offered.append(params)
        return ElicitResult(**self.answer)


async def take_over(compete: Compete, era: str, user: User) -> tuple[Any, int]:
    """The result of the call, and how often the session was opened.

    The result is None if the client refuses to send what its user filled in.
    """
    stack = InProcessStack(compete=compete)
    async with stack.client(era, elicitation_handler=user) as client:
        await asyncio.sleep(10)
        stack.simulation.session.displace()
        stack.gateway_requests.clear()
        call = {"name": "take_over_session"}
        try:
            result = await client.call_tool("call_writing_tool", call, raise_on_error=False)
        except MCPError:
            result = None
        await asyncio.sleep(5)
        return result, stack.gateway_requests.count("POST /iserver/auth/ssodh/init")


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_client_with_forms_prompts_the_user_once(era: str) -> None:
    user = User(content={"take_over": True})
    result, openings = run_in_virtual_time(take_over(Compete.ASK, era, user))
    assert not result.is_error
    assert openings == 1
    [form] = user.offered
    assert form.message
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
def test_nothing_is_taken_over_without_the_users_consent(era: str, action: str, content: Any) -> None:
    user = User(action, content)
    result, openings = run_in_virtual_time(take_over(Compete.ASK, era, user))
    assert openings == 0
    if action == "accept" and content != {"take_over": False} and result is None:
        return  # fastmcp 4.2's client checks the form before it sends it
    assert result.is_error
    declined = explain(Cause.TAKEOVER_DECLINED)
    assert f"{declined.problem} {declined.next_step}" in result.content[0].text


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_user_is_not_prompted_if_the_policy_decides(era: str) -> None:
    user = User(content={"take_over": True})
    result, openings = run_in_virtual_time(take_over(Compete.YIELD, era, user))
    assert result.is_error
    assert explain(Cause.TAKEOVER_DISABLED).problem in result.content[0].text
    assert (user.offered, openings) == ([], 0)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_user_is_prompted_even_if_only_the_ticker_has_found_the_other_program(era: str) -> None:
    async def scenario() -> tuple[Any, int]:
        stack = InProcessStack(compete=Compete.ASK)
        serve_gateway = stack._serve_gateway

        async def slowly(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/auth/status"):
                await asyncio.sleep(3)
            return await serve_gateway(request)

        async with stack.client(era, elicitation_handler=user) as client:
            stack.simulation.session.displace()
            await stack.keeper.beat()
            stack.transport.handler = slowly
            stack.gateway_requests.clear()
            result = await client.call_tool("take_over_session", {}, raise_on_error=False)
            await asyncio.sleep(5)
        return result, stack.gateway_requests.count("POST /iserver/auth/ssodh/init")

    user = User("decline")
    result, openings = run_in_virtual_time(scenario())
    assert explain(Cause.TAKEOVER_DECLINED).problem in result.content[0].text
    assert (len(user.offered), openings) == (1, 0)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_nothing_is_taken_over_that_the_user_was_not_prompted_about(era: str) -> None:
    async def scenario() -> tuple[Any, int]:
        stack = InProcessStack(compete=Compete.ASK)
        async with stack.client(era, elicitation_handler=user) as client:
            await call_json(client, "connection_status")
            stack.simulation.session.displace()  # the last check is less than a second old
            result = await client.call_tool("take_over_session", {}, raise_on_error=False)
            await asyncio.sleep(5)
        return result, stack.gateway_requests.count("POST /iserver/auth/ssodh/init")

    user = User("decline")
    result, openings = run_in_virtual_time(scenario())
    assert explain(Cause.NOTHING_TO_TAKE_OVER).problem in result.content[0].text
    assert (user.offered, openings) == ([], 0)


@pytest.mark.parametrize(
    ("compete", "ticker", "text"),
    [
        (Compete.YIELD, True, explain(Cause.TAKEOVER_DISABLED).next_step),
        (Compete.ASK, True, explain(Cause.NOTHING_TO_TAKE_OVER).problem),
        (Compete.ASK, False, explain(Cause.TICKER_DOWN, where="TICKER_URL").next_step),
    ],
)
def test_a_rejection_has_its_cause(compete: Compete, ticker: bool, text: str) -> None:
    async def scenario() -> Any:
        async with InProcessStack(compete=compete, ticker=ticker).client() as client:
            return await client.call_tool("take_over_session", {}, raise_on_error=False)

    result = run_in_virtual_time(scenario())
    assert result.is_error
    assert text in result.content[0].text


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_read_only_server_does_not_have_the_tool(era: str) -> None:
    async def scenario() -> Any:
        async with InProcessStack(mode=TradingMode.READ).client(era) as client:
            return await client.call_tool("take_over_session", {}, raise_on_error=False)

    assert "Unknown tool" in str(_failure(scenario()))


def _failure(scenario: Any) -> Any:
    """The result of the call, or its exception."""
    try:
        return run_in_virtual_time(scenario).content
    except Exception as error:
        return error
