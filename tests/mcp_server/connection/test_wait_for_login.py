"""`wait_for_login`: how it ends, its progress, and the login page in both protocol eras."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from mcp_types import ElicitRequestURLParams, ElicitResult

from api_gateway.causes import Cause, explain
from api_gateway.session.states import SessionState
from tests.mcp_server.connection.in_process_stack import LOGIN, PROTOCOLS, InProcessStack, call_json
from tests.virtual_loop import run_in_virtual_time


class User:
    """The client's user: opens the offered page or not, and logs in some seconds later."""

    def __init__(self, action: str = "accept", after: float = 7.0) -> None:
        self.action = action
        self.after = after
        self.offered: list[ElicitRequestURLParams] = []
        self.stack: InProcessStack | None = None

    async def __call__(self, message: str, kind: Any, params: Any, context: Any) -> ElicitResult:  # noqa: ARG002
        assert isinstance(params, ElicitRequestURLParams)
        self.offered.append(params)
        if self.action == "accept" and self.stack is not None:
            asyncio.get_running_loop().call_later(self.after, self.stack.log_in)
        return ElicitResult(action=self.action)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_it_returns_immediately_if_the_connection_is_open(era: str) -> None:
    async def scenario() -> dict[str, Any]:
        async with InProcessStack().client(era) as client:
            return await call_json(client, "wait_for_login")

    result = run_in_virtual_time(scenario())
    assert result["ready"]
    assert result["waited_seconds"] == 0


@pytest.mark.parametrize("era", PROTOCOLS)
def test_it_waits_with_progress_until_the_session_is_open(era: str) -> None:
    notifications: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        notifications.append((done, total, message))

    async def scenario() -> dict[str, Any]:
        stack = InProcessStack(login=False)
        async with stack.client(era, progress_handler=progress) as client:
            asyncio.get_running_loop().call_later(21, stack.log_in)
            return await call_json(client, "wait_for_login", timeout_seconds=100)

    result = run_in_virtual_time(scenario())
    assert result["ready"]
    assert 20 <= result["waited_seconds"] <= 25
    times = [done for done, _, _ in notifications]
    assert times[0] == 0
    assert all(4 <= later - earlier <= 8 for earlier, later in pairwise(times))
    assert {total for _, total, _ in notifications} == {100}
    assert explain(Cause.NOT_LOGGED_IN).sentence in (notifications[0][2] or "")


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_login_page_is_offered_to_a_client_that_can_open_urls(era: str) -> None:
    user = User()

    async def scenario() -> dict[str, Any]:
        user.stack = stack = InProcessStack(login=False)
        async with stack.client(era, elicitation_handler=user) as client:
            return await call_json(client, "wait_for_login")

    result = run_in_virtual_time(scenario())
    assert result["ready"]
    [page] = user.offered
    assert page.url == LOGIN
    assert explain(Cause.NOT_LOGGED_IN).sentence in page.message


@pytest.mark.parametrize("action", ["decline", "cancel"])
@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_user_who_declines_ends_the_wait(era: str, action: str) -> None:
    user = User(action)

    async def scenario() -> tuple[dict[str, Any], float]:
        loop = asyncio.get_running_loop()
        async with InProcessStack(login=False).client(era, elicitation_handler=user) as client:
            began = loop.time()
            return await call_json(client, "wait_for_login", timeout_seconds=1), loop.time() - began

    result, took = run_in_virtual_time(scenario())
    assert result["sentence"].endswith(f" {explain(Cause.NOT_LOGGED_IN).sentence}")
    assert result["state"] == SessionState.NOT_LOGGED_IN
    assert took < 1
    assert result["login_url"] == LOGIN


def test_an_unanswered_offer_does_not_delay_the_result() -> None:
    async def ignores(message: str, kind: Any, params: Any, context: Any) -> Any:  # noqa: ARG001
        await asyncio.Event().wait()

    async def scenario() -> dict[str, Any]:
        stack = InProcessStack(login=False)
        async with stack.client(elicitation_handler=ignores) as client, asyncio.timeout(60):
            asyncio.get_running_loop().call_later(21, stack.log_in)
            return await call_json(client, "wait_for_login")

    assert run_in_virtual_time(scenario())["ready"]


@pytest.mark.parametrize("era", PROTOCOLS)
def test_no_page_is_offered_unless_the_login_is_missing(era: str) -> None:
    user = User()

    async def scenario() -> dict[str, Any]:
        stack = InProcessStack(ticker=False)
        async with stack.client(era, elicitation_handler=user) as client:
            stack.gateway_down = True
            return await call_json(client, "wait_for_login", timeout_seconds=3)

    result = run_in_virtual_time(scenario())
    assert result["state"] == SessionState.UNREACHABLE
    assert user.offered == []


@pytest.mark.parametrize("era", PROTOCOLS)
def test_after_the_timeout_it_returns_the_status(era: str) -> None:
    async def scenario() -> tuple[dict[str, Any], float]:
        loop = asyncio.get_running_loop()
        async with InProcessStack(login=False).client(era) as client:
            began = loop.time()
            return await call_json(client, "wait_for_login", timeout_seconds=9), loop.time() - began

    result, took = run_in_virtual_time(scenario())
    assert took == pytest.approx(9, abs=2)
    assert not result["ready"]
    assert LOGIN in result["next_step"]
    assert result["login_url"] == LOGIN


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_cancelled_call_leaves_nothing_running(era: str) -> None:
    async def scenario() -> None:
        stack = InProcessStack(login=False)
        async with stack.client(era) as client:
            waiting = asyncio.create_task(client.call_tool("wait_for_login", {"timeout_seconds": 600}))
            await asyncio.sleep(20)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.sleep(10)
            stack.gateway_requests.clear()
            await asyncio.sleep(30)
            assert "POST /iserver/auth/status" not in stack.gateway_requests
            assert not [task for task in asyncio.all_tasks() if "SessionMonitor" in repr(task.get_coro())]

    run_in_virtual_time(scenario())


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [0, 601, -1, 1.5, "120", True, None])
def test_an_invalid_timeout_is_an_error(seconds: Any) -> None:
    async def scenario() -> Any:
        async with InProcessStack().client() as client:
            return await client.call_tool(
                "wait_for_login", {"timeout_seconds": seconds}, raise_on_error=False
            )

    result = run_in_virtual_time(scenario())
    assert result.is_error
    assert "timeout_seconds" in result.content[0].text
    assert "600" in result.content[0].text
