"""Prefetch: what is due when, and what is sent."""

from __future__ import annotations

import pytest

from api_gateway.client.cold_start import ColdStartRetry
from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.prefetch import MIN_INTERVAL, PREFETCHED, RETRY_AFTER, Prefetcher, PrefetchSchedule
from api_gateway.client.preflight import Preflight
from api_gateway.errors import RateLimited
from api_gateway.settings import GatewaySettings
from tests.api_gateway.fakes import FakeGateway, FakeHandler, FakeTime, write

FIRST, *OTHERS = PREFETCHED


@pytest.fixture
def schedule(fake_time: FakeTime) -> PrefetchSchedule:
    return PrefetchSchedule(now=fake_time.now)


def record_responses(schedule: PrefetchSchedule, *, incomplete: bool) -> None:
    due = schedule.due()
    schedule.start(due)
    for key in due:
        schedule.record_response(key, incomplete=incomplete)


def test_each_operation_is_due_once(schedule: PrefetchSchedule, fake_time: FakeTime) -> None:
    assert list(schedule.due()) == list(PREFETCHED)
    record_responses(schedule, incomplete=False)
    fake_time.seconds += 2 * MIN_INTERVAL
    assert not schedule.due()


def test_an_incomplete_response_is_due_once_more_when_ibkr_has_collected(
    schedule: PrefetchSchedule, fake_time: FakeTime
) -> None:
    record_responses(schedule, incomplete=True)
    fake_time.seconds += RETRY_AFTER - 1
    assert not schedule.due()
    fake_time.seconds += 1
    assert list(schedule.due()) == list(PREFETCHED)
    record_responses(schedule, incomplete=True)
    fake_time.seconds += 2 * MIN_INTERVAL
    assert not schedule.due()


def test_a_failed_request_is_due_again_after_a_minute(
    schedule: PrefetchSchedule, fake_time: FakeTime
) -> None:
    schedule.start(schedule.due())
    schedule.record_response(FIRST, incomplete=True)
    fake_time.seconds += RETRY_AFTER
    assert list(schedule.due()) == [FIRST]
    schedule.start(schedule.due())
    fake_time.seconds += RETRY_AFTER
    assert not schedule.due()
    fake_time.seconds += MIN_INTERVAL - 2 * RETRY_AFTER
    assert list(schedule.due()) == OTHERS


def test_a_session_that_reopens_repeatedly_is_prefetched_at_most_once_a_minute(
    schedule: PrefetchSchedule, fake_time: FakeTime
) -> None:
    record_responses(schedule, incomplete=False)
    schedule.reset()
    assert not schedule.due()
    fake_time.seconds += MIN_INTERVAL
    assert list(schedule.due()) == list(PREFETCHED)


class Prefetching:
    """A prefetcher and its fake handler."""

    def __init__(self, time: FakeTime, *outcomes: object) -> None:
        self.send = FakeHandler(*outcomes)
        self.ibkr = FakeGateway().respond("/iserver/accounts", {"accounts": ["DU1234567"]})
        self.order_question = OrderQuestionTracker(now=time.now)
        self.held = False
        self.prefetcher = Prefetcher(
            PrefetchSchedule(now=time.now),
            send=self.send,
            preflight=Preflight(self.ibkr.send, now=time.now),
            cold_start=ColdStartRetry(now=time.now, sleep=time.sleep),
            order_question=self.order_question,
            settings=GatewaySettings(_env_file=None),
            now=time.now,
        )

    async def is_held(self) -> bool:
        return self.held

    async def run(self) -> list[str]:
        """The paths that one run sends."""
        before = len(self.send.requests)
        await self.prefetcher.run(self.is_held)
        return self.send.paths[before:]


async def test_what_is_due_is_sent_without_waiting_for_rate_limits(fake_time: FakeTime) -> None:
    prefetching = Prefetching(fake_time, {"orders": [], "snapshot": True, "upnl": {"a": 1}})
    assert await prefetching.run() == [template for _, template in PREFETCHED]
    assert prefetching.ibkr.requests == ["/iserver/accounts", "/portfolio/accounts"]
    assert {budget.left for budget in prefetching.send.budgets} == {0.0}
    assert await prefetching.run() == []


async def test_a_run_ends_at_the_first_failure_without_raising(fake_time: FakeTime) -> None:
    limited = RateLimited(request="a", problem="b", hint="c", seconds=1)
    assert len(await Prefetching(fake_time, limited).run()) == 1


async def test_nothing_is_sent_while_an_order_is_in_flight_here_or_elsewhere(fake_time: FakeTime) -> None:
    prefetching = Prefetching(fake_time, {})
    prefetching.held = True
    assert await prefetching.run() == []
    prefetching = Prefetching(fake_time, {})
    prefetching.order_question.on_send(write("/iserver/account/{allocation}/orders", "DU1234567", orders=[]))
    assert await prefetching.run() == []
    assert prefetching.ibkr.requests == []
