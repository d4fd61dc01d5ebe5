"""Watches are polled together and slowly, and outlive the call that began them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api_gateway.errors import Failed
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.waiting.conditions import MarketCondition, OrderCondition, PriceCondition
from mcp_server.answers.waiting.watches import MAX_WATCHES, TTL, Watch, WatchHub
from tests.virtual_loop import run_in_virtual_time

PRICE = PriceCondition("AAPL", True, 300)


class Source:
    """Counts the requests, and meets every watch after so many."""

    def __init__(self, met_after: int = 1000) -> None:
        self.times: list[float] = []
        self.met_after = met_after
        self.fails = False
        self.requests_of_a_poll = 1

    async def prices(self, watches: list[Watch]) -> None:
        self.times.append(asyncio.get_running_loop().time())
        for _ in range(self.requests_of_a_poll - 1):
            await asyncio.sleep(1)
            self.times.append(asyncio.get_running_loop().time())
        if self.fails:
            raise Failed(request="GET /x", problem="It failed.", hint="")
        for each in watches:
            each.latest = str(len(self.times))
            if len(self.times) >= self.met_after:
                each.met = each.latest

    orders = prices
    markets = prices


def run(scenario: Callable[[WatchHub, Source, list[bool]], Awaitable[Any]], met_after: int = 1000) -> Any:
    async def start() -> Any:
        source, paused = Source(met_after), [False]
        hub = WatchHub(
            source,
            is_paused=lambda: paused[0],
            now=asyncio.get_running_loop().time,
        )
        try:
            return await scenario(hub, source, paused)
        finally:
            await hub.aclose()

    return run_in_virtual_time(start())


async def wait_until_met(hub: WatchHub, watch: Watch, seconds: float) -> None:
    now = asyncio.get_running_loop().time
    ends = now() + seconds
    while not watch.met and now() < ends:
        await hub.wait(watch, ends - now())


def test_many_waiting_calls_cost_one_request_in_five_seconds() -> None:
    async def scenario(hub: WatchHub, source: Source, _: list[bool]) -> list[float]:
        conditions = (PRICE, OrderCondition("", False), MarketCondition("", "opens"))
        watches = [await hub.begin("x", conditions[index % 3]) for index in range(12)]
        source.times.clear()
        await asyncio.gather(*(wait_until_met(hub, each, 60) for each in watches))
        return source.times

    times = run(scenario)
    assert 10 <= len(times) <= 12
    assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(times))


def test_a_watch_that_is_met_ends_the_wait() -> None:
    async def scenario(hub: WatchHub, _: Source, __: list[bool]) -> tuple[str, float]:
        watch, began = await hub.begin("x", PRICE), asyncio.get_running_loop().time()
        await wait_until_met(hub, watch, 300)
        return watch.met, asyncio.get_running_loop().time() - began

    met, seconds = run(scenario, met_after=3)
    assert met == "3"
    assert seconds == pytest.approx(10, abs=1)


def test_a_watch_goes_on_after_the_call_and_is_found_by_its_handle() -> None:
    async def scenario(hub: WatchHub, _: Source, __: list[bool]) -> str:
        watch = await hub.begin("x", PRICE)
        await wait_until_met(hub, watch, 6)
        assert not watch.met
        await asyncio.sleep(60)
        return hub.get(watch.handle.upper()).met

    assert run(scenario, met_after=5) == "5"


def test_nothing_is_polled_once_nobody_has_waited_for_half_an_hour() -> None:
    async def scenario(hub: WatchHub, source: Source, _: list[bool]) -> int:
        await wait_until_met(hub, await hub.begin("x", PRICE), 6)
        await asyncio.sleep(TTL + 60)
        before = len(source.times)
        await asyncio.sleep(600)
        with pytest.raises(AnswerError):
            hub.get("w1")
        return len(source.times) - before

    assert run(scenario) == 0


def test_nothing_is_sent_while_an_order_awaits_confirmation() -> None:
    async def scenario(hub: WatchHub, source: Source, paused: list[bool]) -> int:
        watch = await hub.begin("x", PRICE)
        source.times.clear()
        paused[0] = True
        await wait_until_met(hub, watch, 60)
        return len(source.times)

    assert run(scenario) == 0


def test_a_poll_of_several_requests_stops_when_an_order_is_sent() -> None:
    async def scenario(hub: WatchHub, source: Source, paused: list[bool]) -> tuple[int, int]:
        watch = await hub.begin("x", PRICE)
        source.requests_of_a_poll = 3
        source.times.clear()
        waiting = asyncio.create_task(wait_until_met(hub, watch, 60))
        await asyncio.sleep(5.5)  # the first request of the first poll is sent
        hub.interrupt()
        paused[0] = True
        await asyncio.sleep(20)
        stopped, paused[0] = len(source.times), False
        await waiting
        return stopped, len(source.times)

    stopped, later = run(scenario)
    assert stopped == 1
    assert later > stopped


def test_a_failed_request_is_reported_and_the_watch_goes_on() -> None:
    async def scenario(hub: WatchHub, source: Source, _: list[bool]) -> tuple[str, str]:
        watch = await hub.begin("x", PRICE)
        source.fails = True
        await hub.wait(watch, 10)
        failed, source.fails = watch.latest, False
        await hub.wait(watch, 10)
        return failed, watch.latest

    failed, later = run(scenario)
    assert "failed" in failed
    assert later == "3"


def test_beyond_the_limit_the_oldest_watch_without_a_waiting_call_makes_room() -> None:
    async def scenario(hub: WatchHub, _: Source, __: list[bool]) -> None:
        watches = []
        for _number in range(MAX_WATCHES):
            watches.append(await hub.begin("x", PRICE))
            await asyncio.sleep(1)
        waiting = [asyncio.create_task(hub.wait(watches[0], 600))]
        await asyncio.sleep(1)
        await hub.begin("x", PRICE)
        hub.get("w1")
        with pytest.raises(AnswerError):
            hub.get("w2")
        waiting += [asyncio.create_task(wait_until_met(hub, hub.get(f"w{n}"), 600)) for n in range(3, 22)]
        await asyncio.sleep(1)
        with pytest.raises(AnswerError):
            await hub.begin("x", PRICE)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run(scenario)


def test_a_call_that_is_cancelled_in_its_first_reading_leaves_no_watch() -> None:
    class Slow(Source):
        async def prices(self, watches: list[Watch]) -> None:
            await asyncio.sleep(60)
            watches[0].latest = "late"

        orders = prices
        markets = prices

    async def scenario() -> None:
        hub = WatchHub(Slow(), is_paused=lambda: False, now=asyncio.get_running_loop().time)
        call = asyncio.create_task(hub.begin("x", PRICE))
        await asyncio.sleep(1)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        with pytest.raises(AnswerError):
            hub.get("w1")

    run_in_virtual_time(scenario())


def test_a_cancelled_call_leaves_the_watch() -> None:
    async def scenario(hub: WatchHub, _: Source, __: list[bool]) -> int:
        watch = await hub.begin("x", PRICE)
        waiting = asyncio.create_task(hub.wait(watch, 300))
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return hub.get("w1").waiters

    assert run(scenario) == 0
