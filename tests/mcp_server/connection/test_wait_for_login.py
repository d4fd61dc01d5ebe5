"""`wait_for_login`: how it ends, what it tells meanwhile, and the login page in both protocol families."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from mcp_types import ElicitRequestURLParams, ElicitResult

from api_gateway.session.states import SessionState
from tests.mcp_server.connection.house import LOGIN, PROTOCOLS, InProcessStack, call_json
from tests.virtual_loop import run_in_virtual_time


class User:
    """Sits before the client: is offered pages, opens them or not, and logs in some seconds later."""

    def __init__(self, action: str = "accept", after: float = 7.0) -> None:
        self.action = action
        self.after = after
        self.offered: list[ElicitRequestURLParams] = []
        self.house: InProcessStack | None = None

    async def __call__(self, message: str, kind: Any, params: Any, context: Any) -> ElicitResult:  # noqa: ARG002
        assert isinstance(params, ElicitRequestURLParams)
        self.offered.append(params)
        if self.action == "accept" and self.house is not None:
            asyncio.get_running_loop().call_later(self.after, self.house.log_in)
        return ElicitResult(action=self.action)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_it_ends_at_once_where_everything_is_open(era: str) -> None:
    async def tried() -> dict[str, Any]:
        async with InProcessStack().client(era) as client:
            return await call_json(client, "wait_for_login")

    told_ = run_in_virtual_time(tried())
    assert told_["ready"]
    assert told_["waited_seconds"] == 0


@pytest.mark.parametrize("era", PROTOCOLS)
def test_without_a_way_to_open_pages_it_waits_with_progress_until_the_session_is_open(era: str) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total, message))

    async def tried() -> dict[str, Any]:
        house = InProcessStack(login=False)
        async with house.client(era, progress_handler=progress) as client:
            asyncio.get_running_loop().call_later(21, house.log_in)
            return await call_json(client, "wait_for_login", timeout_seconds=100)

    told_ = run_in_virtual_time(tried())
    assert told_["ready"]
    assert 20 <= told_["waited_seconds"] <= 25
    times = [done for done, _, _ in heard]
    assert times[0] == 0
    assert all(4 <= later - earlier <= 8 for earlier, later in pairwise(times))
    assert {total for _, total, _ in heard} == {100}
    assert "Nobody is logged in" in (heard[0][2] or "")


@pytest.mark.parametrize("era", PROTOCOLS)
def test_the_login_page_is_offered_to_a_client_that_opens_pages(era: str) -> None:
    user = User()

    async def tried() -> dict[str, Any]:
        user.house = house = InProcessStack(login=False)
        async with house.client(era, elicitation_handler=user) as client:
            return await call_json(client, "wait_for_login")

    told_ = run_in_virtual_time(tried())
    assert told_["ready"]
    [page] = user.offered
    assert page.url == LOGIN
    assert "Nobody is logged in" in page.message
    assert "Log in on this page" in page.message


@pytest.mark.parametrize("action", ["decline", "cancel"])
@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_user_who_does_not_want_to_ends_the_wait(era: str, action: str) -> None:
    user = User(action)

    async def tried() -> tuple[dict[str, Any], float]:
        loop = asyncio.get_running_loop()
        async with InProcessStack(login=False).client(era, elicitation_handler=user) as client:
            began = loop.time()
            return await call_json(client, "wait_for_login", timeout_seconds=1), loop.time() - began

    told_, took = run_in_virtual_time(tried())
    assert told_["sentence"].startswith("The user does not want to open the login page now. Nobody is logged")
    assert took < 1
    assert told_["login_url"] == LOGIN


def test_a_user_who_leaves_the_offer_unanswered_is_waited_for_no_longer_than_the_login() -> None:
    async def ignores(message: str, kind: Any, params: Any, context: Any) -> Any:  # noqa: ARG001
        await asyncio.Event().wait()

    async def tried() -> dict[str, Any]:
        house = InProcessStack(login=False)
        async with house.client(elicitation_handler=ignores) as client, asyncio.timeout(60):
            asyncio.get_running_loop().call_later(21, house.log_in)
            return await call_json(client, "wait_for_login")

    assert run_in_virtual_time(tried())["ready"]


@pytest.mark.parametrize("era", PROTOCOLS)
def test_no_page_is_offered_where_it_is_not_the_login_that_is_missing(era: str) -> None:
    user = User()

    async def tried() -> dict[str, Any]:
        house = InProcessStack(ticker=False)
        async with house.client(era, elicitation_handler=user) as client:
            house.gateway_down = True
            return await call_json(client, "wait_for_login", timeout_seconds=3)

    told_ = run_in_virtual_time(tried())
    assert told_["state"] == SessionState.UNREACHABLE
    assert user.offered == []


@pytest.mark.parametrize("era", PROTOCOLS)
def test_after_its_time_it_says_how_it_stands(era: str) -> None:
    async def tried() -> tuple[dict[str, Any], float]:
        loop = asyncio.get_running_loop()
        async with InProcessStack(login=False).client(era) as client:
            began = loop.time()
            return await call_json(client, "wait_for_login", timeout_seconds=9), loop.time() - began

    told_, took = run_in_virtual_time(tried())
    assert took == pytest.approx(9, abs=2)
    assert not told_["ready"]
    assert LOGIN in told_["next_step"]
    assert told_["login_url"] == LOGIN


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_client_that_cancels_leaves_nothing_behind(era: str) -> None:
    async def tried() -> None:
        house = InProcessStack(login=False)
        async with house.client(era) as client:
            waiting = asyncio.create_task(client.call_tool("wait_for_login", {"timeout_seconds": 600}))
            await asyncio.sleep(20)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.sleep(10)
            house.gateway_requests.clear()
            await asyncio.sleep(30)
            assert "POST /iserver/auth/status" not in house.gateway_requests
            assert not [task for task in asyncio.all_tasks() if "Looks" in repr(task.get_coro())]

    run_in_virtual_time(tried())


@pytest.mark.thorough
@pytest.mark.parametrize("seconds", [0, 601, -1, 1.5, "120", True, None])
def test_a_wrong_time_is_told(seconds: Any) -> None:
    async def tried() -> Any:
        async with InProcessStack().client() as client:
            return await client.call_tool(
                "wait_for_login", {"timeout_seconds": seconds}, raise_on_error=False
            )

    result = run_in_virtual_time(tried())
    assert result.is_error
    assert "whole number from 1 to 600. Nothing was sent" in result.content[0].text
