"""`take_over_session`: the user decides, and the ticker does it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api_gateway.modes import Mode
from tests.mcp_server.tools.house import ERAS, House, told
from tests.virtual_loop import in_virtual_time
from ticker_service.settings import Compete


@pytest.mark.parametrize("era", ERAS)
def test_the_session_is_open_soon_after(era: str) -> None:
    async def tried() -> tuple[dict[str, Any], dict[str, Any]]:
        house = House(compete=Compete.ASK)
        async with house.client(era) as client:
            house.simulation.session.displace()
            await asyncio.sleep(70)
            taking = await told(client, "call_writing_tool", name="take_over_session")
            return taking, await told(client, "wait_for_login", timeout_seconds=60)

    taking, after = in_virtual_time(tried())
    assert "takes the connection over" in taking["sentence"]
    assert after["ready"]


@pytest.mark.parametrize(
    ("compete", "ticker", "words"),
    [
        (Compete.YIELD, True, "COMPETE=yield"),
        (Compete.ASK, True, "nothing to take over"),
        (Compete.ASK, False, "Only it can take the connection over"),
    ],
)
def test_otherwise_it_says_why_not(compete: Compete, ticker: bool, words: str) -> None:
    async def tried() -> Any:
        async with House(compete=compete, ticker=ticker).client() as client:
            return await client.call_tool("take_over_session", {}, raise_on_error=False)

    result = in_virtual_time(tried())
    assert result.is_error
    assert words in result.content[0].text


@pytest.mark.parametrize("era", ERAS)
def test_a_server_that_only_reads_has_no_such_tool(era: str) -> None:
    async def tried() -> Any:
        async with House(mode=Mode.READ).client(era) as client:
            return await client.call_tool("take_over_session", {}, raise_on_error=False)

    assert "Unknown tool" in str(_failure(tried()))


def _failure(tried: Any) -> Any:
    """What the call came to, told or raised."""
    try:
        return in_virtual_time(tried).content
    except Exception as error:
        return error
