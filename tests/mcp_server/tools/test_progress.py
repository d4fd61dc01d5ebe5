"""Progress of calls that take long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.mcp_server.connection.in_process_stack import PROTOCOLS, InProcessStack
from tests.virtual_loop import run_in_virtual_time


@pytest.mark.parametrize("era", PROTOCOLS)
@pytest.mark.parametrize(
    ("tool", "arguments"), [("list_positions", {"account_id": "DU1234567"}), ("get_quotes", {"what": "AAPL"})]
)
def test_a_call_that_takes_longer_than_two_seconds_reports_progress(
    era: str, tool: str, arguments: dict[str, Any]
) -> None:
    async def scenario() -> list[float]:
        seen: list[float] = []

        async def note(progress: float, _: float | None, __: str | None) -> None:
            seen.append(progress)

        stack = InProcessStack()
        async with stack.client(era) as client:
            stack.gate.clear()
            calling = asyncio.create_task(
                client.call_tool(tool, arguments, progress_handler=note, raise_on_error=False)
            )
            await asyncio.sleep(7)
            stack.gate.set()
            await calling
        return seen

    assert run_in_virtual_time(scenario())[:3] == [2.0, 4.0, 6.0]


def test_a_short_call_reports_none() -> None:
    async def scenario() -> list[float]:
        seen: list[float] = []

        async def note(progress: float, _: float | None, __: str | None) -> None:
            seen.append(progress)

        stack = InProcessStack()
        async with stack.client() as client:
            await client.call_tool("list_portfolio_accounts", {}, progress_handler=note)
        return seen

    assert run_in_virtual_time(scenario()) == []
