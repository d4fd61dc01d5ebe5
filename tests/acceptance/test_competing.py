"""A competing program between real processes: who takes the session over, and how often."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import fastmcp
import httpx
import pytest
from mcp_types import ElicitRequestFormParams, ElicitResult

from api_gateway.causes import Cause, explain
from tests.acceptance.conftest import running_demo
from tests.acceptance.trio import INIT, DemoProcesses, call_tool, running_processes, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

QUICK = {"TICKLE_INTERVAL": "5"}
TAKE = {"name": "take_over_session"}


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcesses]:
    with running_processes(tmp_path_factory.mktemp("ask"), compete="ask", ticker=QUICK) as trio:
        yield trio


@pytest.fixture
def competing(processes: DemoProcesses) -> DemoProcesses:
    """The session was open, and another program has just taken it over."""
    processes.control("pardon")
    processes.control("leave")
    _, said = processes.seconds_to_quote(30)
    assert not said, processes.log_tails()
    time.sleep(1.1)  # a successful check is reused for a second
    processes.start_counting(INIT)
    processes.control("compete")
    return processes


class User:
    """The user of FastMCP's client, who answers its forms."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.offered: list[str] = []

    async def __call__(self, message: str, kind: Any, params: Any, context: Any) -> ElicitResult:  # noqa: ARG002
        assert isinstance(params, ElicitRequestFormParams)
        self.offered.append(message)
        content = {"take_over": True} if self.action == "accept" else None
        return ElicitResult.model_validate({"action": self.action, "content": content})


def test_the_tool_that_the_status_names_takes_the_session_over_once_and_quotes_return(
    competing: DemoProcesses,
) -> None:
    status = competing.connection_status()
    assert status["state"] == "competing"
    assert status["sentence"] == explain(Cause.COMPETING).sentence
    assert "`take_over_session`" in status["next_step"]
    failed, text = competing.call_tool("call_writing_tool", TAKE)
    assert not failed, text
    took, said = competing.seconds_to_quote(10)
    assert not said, f"{took:.1f} s: {said}\n{competing.log_tails()}"
    assert competing.request_count(INIT) == 1
    assert "compete=true" in competing.event_lines("opening")[-1]


@pytest.mark.parametrize(
    ("era", "action", "openings"),
    [("legacy", "accept", 1), ("2026-07-28", "accept", 1), ("legacy", "decline", 0)],
)
def test_a_client_with_forms_prompts_the_user(
    competing: DemoProcesses, era: str, action: str, openings: int
) -> None:
    user = User(action)

    async def call_tool() -> Any:
        async with fastmcp.Client(competing.url, mode=era, elicitation_handler=user) as client:
            return await client.call_tool("call_writing_tool", TAKE, raise_on_error=False)

    result = asyncio.run(call_tool())
    assert len(user.offered) == 1
    assert result.is_error is (action == "decline"), result.content
    if action == "accept":
        _, said = competing.seconds_to_quote(10)
        assert not said, competing.log_tails()
    else:
        assert wait_until(lambda: competing.ticker_state() == "competing", 10)
        time.sleep(2)
    assert competing.request_count(INIT) == openings


def test_ten_concurrent_take_overs_take_the_session_over_once(competing: DemoProcesses) -> None:
    async def all_at_once() -> list[int]:
        async with httpx.AsyncClient(trust_env=False) as http:
            posts = [http.post(f"{competing.ticker_url}/take", json={}) for _ in range(10)]
            return [answer.status_code for answer in await asyncio.gather(*posts)]

    assert 202 in asyncio.run(all_at_once())
    _, said = competing.seconds_to_quote(10)
    assert not said, competing.log_tails()
    time.sleep(2)
    assert competing.request_count(INIT) == 1


def test_with_yield_the_session_is_left_alone_and_reopens_later(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_processes(tmp_path_factory.mktemp("yield"), ticker=QUICK) as trio:
        _, said = trio.seconds_to_quote(30)
        assert not said, trio.log_tails()
        trio.start_counting(INIT)
        trio.control("compete")
        causes = (Cause.COMPETING, Cause.COMPETING_YIELD)  # before and after the ticker has noticed
        assert trio.connection_status()["next_step"] in {explain(each).next_step for each in causes}
        assert wait_until(lambda: trio.ticker_state() == "competing", 10)
        status = trio.connection_status()
        assert "COMPETE=take" in status["next_step"]
        failed, text = trio.call_tool("call_writing_tool", TAKE)
        assert failed
        assert "COMPETE=yield" in text
        time.sleep(3)  # as many heartbeats, none of which may take it over
        assert trio.request_count(INIT) == 0
        trio.control("leave")
        took, said = trio.seconds_to_quote(10)
        assert not said, f"{took:.1f} s: {said}\n{trio.log_tails()}"
        assert trio.request_count(INIT) == 1
        assert "compete=false" in trio.event_lines("opening")[-1]


def test_with_take_the_session_is_taken_over_once_per_loss(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_processes(tmp_path_factory.mktemp("take"), compete="take", ticker=QUICK) as trio:
        _, said = trio.seconds_to_quote(30)
        assert not said, trio.log_tails()
        trio.start_counting(INIT)
        trio.control("compete")
        took, said = trio.seconds_to_quote(10)
        assert not said, f"{took:.1f} s: {said}\n{trio.log_tails()}"
        assert wait_until(lambda: trio.ticker_state() == "established", 10)
        trio.control("compete")  # the other program takes it back
        assert wait_until(lambda: trio.ticker_state() == "competing", 10)
        time.sleep(3)
        assert trio.request_count(INIT) == 1
        assert "COMPETE" not in trio.connection_status()["next_step"]
        trio.control("leave")
        took, said = trio.seconds_to_quote(10)
        assert not said, f"{took:.1f} s: {said}\n{trio.log_tails()}"
        assert trio.request_count(INIT) == 2
        assert [line.split("compete=")[1] for line in trio.event_lines("opening")[-2:]] == ["true", "false"]


def test_the_demo_with_ask_takes_over_without_a_heartbeat_in_between() -> None:
    with running_demo("--compete", "ask") as demo:
        gateway = f"https://localhost:{demo.gateway_port}"
        httpx.post(f"{gateway}/simulator/compete", json={}, verify=demo.certificate(), trust_env=False)
        failed, text = call_tool(demo.mcp_url, "connection_status")
        assert "`take_over_session`" in json.loads(text)["next_step"]
        failed, text = call_tool(demo.mcp_url, "call_writing_tool", TAKE)
        assert not failed, text
        failed, text = call_tool(demo.mcp_url, "wait_for_login", {"timeout_seconds": 10})
        assert json.loads(text)["ready"] is True
        failed, text = call_tool(demo.mcp_url, "get_market_snapshot", {"conids": [265598]})
        assert not failed, text
    assert demo.output.count("event=opening ") == 1
    assert "compete=true" in demo.output
