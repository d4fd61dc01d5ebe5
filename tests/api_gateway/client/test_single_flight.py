"""Single-flight: concurrent callers share one task, and a cancelled caller affects no other."""

from __future__ import annotations

import asyncio
import gc

import pytest

from api_gateway.client.single_flight import SingleFlight


class Work:
    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.may_end = asyncio.Event()

    async def run(self) -> str:
        self.started += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return f"answer {self.started}"


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_concurrent_callers_share_one_result() -> None:
    flights, work = SingleFlight[str](), Work()
    waiting = [asyncio.create_task(flights.run("key", work.run)) for _ in range(5)]
    await _settle()
    work.may_end.set()
    assert await asyncio.gather(*waiting) == ["answer 1"] * 5
    assert work.started == 1


async def test_a_later_caller_gets_a_new_result() -> None:
    flights, work = SingleFlight[str](), Work()
    work.may_end.set()
    assert await flights.run("key", work.run) == "answer 1"
    assert await flights.run("key", work.run) == "answer 2"


async def test_different_keys_are_different_tasks() -> None:
    flights, work = SingleFlight[str](), Work()
    work.may_end.set()
    await asyncio.gather(flights.run("a", work.run), flights.run("b", work.run))
    assert work.started == 2


async def test_a_cancelled_caller_does_not_cancel_the_others() -> None:
    flights, work = SingleFlight[str](), Work()
    first, second = (asyncio.create_task(flights.run("key", work.run)) for _ in range(2))
    await _settle()
    first.cancel()
    await _settle()
    work.may_end.set()
    assert await second == "answer 1"
    assert first.cancelled()
    assert work.cancelled == 0


async def test_the_task_is_cancelled_with_its_last_caller_and_not_joined_afterwards() -> None:
    flights, work = SingleFlight[str](), Work()
    waiting = [asyncio.create_task(flights.run("key", work.run)) for _ in range(2)]
    await _settle()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    work.may_end.set()
    assert await flights.run("key", work.run) == "answer 2"
    await _settle()
    assert work.cancelled == 1


async def test_an_exception_reaches_all_callers() -> None:
    flights = SingleFlight[str]()

    async def fail() -> str:
        await asyncio.sleep(0)
        raise ValueError("no")

    waiting = [flights.run("key", fail) for _ in range(3)]
    failures = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(failure) for failure in failures] == ["no"] * 3


async def test_an_exception_without_remaining_callers_is_not_logged() -> None:
    flights, noise = SingleFlight[str](), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))

    async def fail_when_cancelled() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("too late") from None
        raise AssertionError

    task = asyncio.create_task(flights.run("key", fail_when_cancelled))
    await _settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _settle()
    del task
    gc.collect(1)  # the young generations; a full collection in a long run takes seconds
    assert noise == []
