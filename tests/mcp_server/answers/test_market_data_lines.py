"""Market-data lines are released before a login has none left."""

from __future__ import annotations

import asyncio

import httpx

from mcp_server.answers.market_data_lines import MAX_LINES, MarketDataLines
from mcp_server.answers.quotes import LAST
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

UNSUBSCRIBE = "POST /iserver/marketdata/unsubscribe"


async def us_stocks(stack: AnswerStack, count: int) -> list[int]:
    rows = [
        row
        for exchange in ("NYSE", "NASDAQ")
        for row in await stack.send("GET", f"/trsrv/all-conids?exchange={exchange}")
    ]
    assert len(rows) >= count
    return [row["conid"] for row in rows][:count]


def test_contracts_beyond_the_lines_of_a_login_get_quotes_and_only_as_many_lines_as_needed_end() -> None:
    async def scenario(stack: AnswerStack) -> tuple[int, list[bool], set[int]]:
        conids = await us_stocks(stack, MAX_LINES + 15)
        first = await stack.context.quotes.read(conids[:MAX_LINES], [LAST])
        await stack.context.quotes.read(conids[:5], [LAST])  # so they are not the oldest
        second = await stack.context.quotes.read(conids[MAX_LINES:], [LAST])
        values = [each.last is not None for quotes in (first, second) for each in quotes.by_conid.values()]
        lines = {int(str(each)) for each in stack.simulation.preflights.subscriptions}
        return stack.requests.count(UNSUBSCRIBE), values, lines & set(conids[:5])

    released, values, recent = with_stack(scenario)
    assert released == 15
    assert len(values) == MAX_LINES + 15
    assert all(values)
    assert len(recent) == 5


def test_nothing_is_released_while_lines_are_free_or_in_a_new_session() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        conids = await us_stocks(stack, MAX_LINES)
        await stack.context.quotes.read(conids, [LAST])
        await stack.context.quotes.read(conids, [LAST])
        stack.gateway.reset_session_state()
        await stack.context.quotes.read([265598], [LAST])
        return stack.requests

    assert UNSUBSCRIBE not in with_stack(scenario)


def test_a_line_that_cannot_be_released_is_no_error() -> None:
    async def scenario(stack: AnswerStack) -> bool:
        conids = await us_stocks(stack, MAX_LINES + 1)
        stack.respond = lambda request: (
            httpx.Response(500, json={"error": "unknown"}) if request.method == "POST" else None
        )
        await stack.context.quotes.read(conids[:MAX_LINES], [LAST])
        quotes = await stack.context.quotes.read(conids[MAX_LINES:], [LAST])
        return quotes.by_conid[conids[MAX_LINES]].last is not None

    assert with_stack(scenario)


def test_reads_at_the_same_time_do_not_take_each_other_s_lines() -> None:
    async def scenario(stack: AnswerStack) -> list[bool]:
        conids = await us_stocks(stack, 148)
        parts = [conids[at : at + 37] for at in range(0, 148, 37)]
        found = await asyncio.gather(*(stack.context.quotes.read(each, [LAST]) for each in parts))
        assert all(each.enough_lines for each in found)
        return [each.last is not None for quotes in found for each in quotes.by_conid.values()]

    values = with_stack(scenario)
    assert len(values) == 148
    assert all(values)


def test_a_running_read_keeps_its_lines_and_later_ones_wait_in_their_order() -> None:
    async def scenario(stack: AnswerStack) -> list[list[int]]:
        conids = await us_stocks(stack, 147)
        lines, running, seen = MarketDataLines(stack.gateway), set[int](), []

        async def read(part: list[int]) -> None:
            async with lines.reserve(part):
                running.update(part)
                seen.append(sorted({conids.index(each) // 49 for each in running}))
                assert len(running) <= MAX_LINES
                await asyncio.sleep(5)
                running.difference_update(part)

        await asyncio.gather(*(read(each) for each in (conids[:49], conids[49:98], conids[98:])))
        return seen

    assert with_stack(scenario) == [[0], [1], [2]]


def test_more_contracts_than_lines_are_known_to_be_too_many() -> None:
    async def scenario(stack: AnswerStack) -> tuple[bool, bool]:
        conids = await us_stocks(stack, MAX_LINES + 20)
        few = await stack.context.quotes.read(conids[:5], [LAST])
        return few.enough_lines, (await stack.context.quotes.read(conids, [LAST])).enough_lines

    assert with_stack(scenario) == (True, False)
