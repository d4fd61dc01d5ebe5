"""`wait_for_login` over HTTP, during a login at the gateway's page and restarts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import fastmcp
import mcp
import pytest
from mcp_types import ElicitRequestURLParams, ElicitResult

from api_gateway.causes import Cause, explain
from tests.acceptance.trio import STATUS, DemoProcesses, running_processes, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

ERAS = ["legacy", "2026-07-28"]
Progress = list[tuple[float, float | None, str | None]]
Call = Callable[..., Any]


class User:
    """The user, who is offered the login page and opens it or not."""

    def __init__(self, action: str = "accept") -> None:
        self.action = action
        self.offered: list[str] = []

    async def by_the_sdk(self, context: Any, params: Any) -> ElicitResult:  # noqa: ARG002
        return self._answer(params)

    async def by_fastmcp(self, message: str, kind: Any, params: Any, context: Any) -> ElicitResult:  # noqa: ARG002
        return self._answer(params)

    def _answer(self, params: Any) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        self.offered.append(params.url)
        return ElicitResult.model_validate({"action": self.action})


@asynccontextmanager
async def sdk_client(
    url: str, era: str, notifications: Progress, user: User | None = None
) -> AsyncIterator[Call]:
    """The MCP SDK's own client, reduced to one function: wait for the login."""

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        notifications.append((progress, total, message))

    async with mcp.Client(url, mode=era, elicitation_callback=user.by_the_sdk if user else None) as client:

        async def wait(seconds: int) -> Any:
            arguments = {"timeout_seconds": seconds}
            return await client.call_tool("wait_for_login", arguments, progress_callback=progressed)

        yield wait


@asynccontextmanager
async def fastmcp_client(
    url: str, era: str, notifications: Progress, user: User | None = None
) -> AsyncIterator[Call]:
    """FastMCP's client, the same way."""

    async def progressed(done: float, total: float | None, message: str | None) -> None:
        notifications.append((done, total, message))

    handler = user.by_fastmcp if user else None
    async with fastmcp.Client(
        url, mode=era, progress_handler=progressed, elicitation_handler=handler
    ) as client:

        async def wait(seconds: int) -> Any:
            arguments = {"timeout_seconds": seconds}
            return await client.call_tool_mcp("wait_for_login", arguments)

        yield wait


Connect = Callable[..., AbstractAsyncContextManager[Call]]
clients = pytest.mark.parametrize(
    ("connect", "era"), [(sdk_client, "2026-07-28"), (fastmcp_client, "legacy")], ids=["sdk", "fastmcp"]
)
eras = pytest.mark.parametrize("era", ERAS)


def json_of(result: Any) -> dict[str, Any]:
    """The JSON result of a call, which must succeed."""
    (content,) = result.content
    assert not result.is_error, content.text
    answer: dict[str, Any] = json.loads(content.text)
    return answer


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcesses]:
    with running_processes(tmp_path_factory.mktemp("login"), login=True) as trio:
        yield trio


@pytest.fixture
def trio(running: DemoProcesses) -> DemoProcesses:
    """All three processes, with nobody logged in."""
    running.control("pardon")
    running.control("logout")
    assert wait_until(
        lambda: running.connection_status()["state"] == "not_logged_in", 10
    )  # a successful check is reused for a second
    running.start_counting(STATUS)
    return running


@clients
def test_it_returns_soon_after_a_login_and_reports_progress_until_then(
    trio: DemoProcesses, connect: Connect, era: str
) -> None:
    notifications: Progress = []

    async def waited() -> tuple[dict[str, Any], float]:
        async with connect(trio.url, era, notifications) as wait:
            waiting = asyncio.create_task(wait(60))
            await asyncio.sleep(1)
            assert not waiting.done()
            await asyncio.to_thread(trio.log_in)
            began = time.monotonic()
            return json_of(await waiting), time.monotonic() - began

    answer, took = asyncio.run(waited())
    assert answer["state"] == "established"
    assert answer["ready"] is True
    assert took < 6
    assert notifications[0][:2] == (0, 60)
    assert explain(Cause.NOT_LOGGED_IN).sentence in (notifications[0][2] or "")
    _, said = trio.seconds_to_quote(5)
    assert not said, trio.log_tails()


@clients
def test_only_a_client_that_can_open_urls_is_offered_the_login_page(
    trio: DemoProcesses, connect: Connect, era: str
) -> None:
    user = User("decline")

    async def waited(user: User | None) -> dict[str, Any]:
        async with connect(trio.url, era, [], user) as wait:
            return json_of(await wait(2))

    declined = asyncio.run(waited(user))
    assert user.offered == [trio.login_url]
    assert declined["sentence"].endswith(f" {explain(Cause.NOT_LOGGED_IN).sentence}")
    answer = asyncio.run(waited(None))
    assert answer["sentence"] == explain(Cause.NOT_LOGGED_IN).sentence
    assert answer["login_url"] == trio.login_url


@eras
def test_a_user_who_opens_the_page_and_logs_in_is_waited_for(trio: DemoProcesses, era: str) -> None:
    user = User()

    async def waited() -> dict[str, Any]:
        async with fastmcp_client(trio.url, era, [], user) as wait:
            waiting = asyncio.create_task(wait(60))
            await asyncio.to_thread(wait_until, lambda: bool(user.offered), 10)
            await asyncio.sleep(1)
            await asyncio.to_thread(trio.log_in)
            return json_of(await waiting)

    assert asyncio.run(waited())["ready"] is True


@eras
def test_it_returns_the_status_at_its_timeout(trio: DemoProcesses, era: str) -> None:
    async def waited() -> tuple[dict[str, Any], float]:
        async with sdk_client(trio.url, era, []) as wait:
            began = time.monotonic()
            return json_of(await wait(2)), time.monotonic() - began

    answer, took = asyncio.run(waited())
    assert 1.9 <= took <= 4
    assert (answer["state"], answer["ready"]) == ("not_logged_in", False)
    assert trio.login_url in answer["next_step"]


@eras
def test_a_cancelled_call_ends_immediately(trio: DemoProcesses, era: str) -> None:
    async def cancelled() -> None:
        async with sdk_client(trio.url, era, []) as wait:
            waiting = asyncio.create_task(wait(600))
            assert await asyncio.to_thread(wait_until, lambda: trio.request_count(STATUS) >= 2, 10)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.sleep(0.5)
            before = await asyncio.to_thread(trio.request_count, STATUS)
            await asyncio.sleep(3)
            assert await asyncio.to_thread(trio.request_count, STATUS) == before

    asyncio.run(cancelled())


@pytest.mark.parametrize("part", ["simulator", "ticker", "server"])
def test_a_restart_of_one_process_during_the_wait_needs_no_restart_of_the_others(
    trio: DemoProcesses, part: str
) -> None:
    """A wait that the server's restart interrupts is called again; the others continue."""

    async def waited() -> dict[str, Any]:
        async with sdk_client(trio.url, "2026-07-28", []) as wait:
            waiting = asyncio.create_task(wait(60))
            await asyncio.sleep(1)
            await asyncio.to_thread(trio.restart, part)
            if part == "server":
                async with asyncio.timeout(10):
                    await asyncio.gather(waiting, return_exceptions=True)
                assert waiting.exception() is not None
                waiting = asyncio.create_task(again())
            await asyncio.to_thread(trio.log_in)
            return json_of(await waiting)

    async def again() -> Any:
        async with sdk_client(trio.url, "2026-07-28", []) as wait:
            return await wait(60)

    assert asyncio.run(waited())["ready"] is True, trio.log_tails()
    took, said = trio.seconds_to_quote(10)
    assert not said, f"{took:.1f} s: {said}\n{trio.log_tails()}"
