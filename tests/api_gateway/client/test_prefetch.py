"""What is due to be asked ahead, and when."""

from __future__ import annotations

import pytest

from api_gateway.client.prefetch import MIN_INTERVAL, PREFETCHED, RETRY_AFTER, PrefetchSchedule
from tests.api_gateway.fakes import FakeTime

FIRST, *OTHERS = PREFETCHED


@pytest.fixture
def ahead(fake_time: FakeTime) -> PrefetchSchedule:
    return PrefetchSchedule(now=fake_time.now)


def answered(ahead: PrefetchSchedule, *, thin: bool) -> None:
    due = ahead.due()
    ahead.start(due)
    for key in due:
        ahead.record_response(key, incomplete=thin)


def test_each_is_asked_once(ahead: PrefetchSchedule, fake_time: FakeTime) -> None:
    assert list(ahead.due()) == list(PREFETCHED)
    answered(ahead, thin=False)
    fake_time.seconds += 2 * MIN_INTERVAL
    assert not ahead.due()


def test_a_thin_answer_is_asked_for_again_when_ibkr_has_collected_and_then_no_more(
    ahead: PrefetchSchedule, fake_time: FakeTime
) -> None:
    answered(ahead, thin=True)
    fake_time.seconds += RETRY_AFTER - 1
    assert not ahead.due()
    fake_time.seconds += 1
    assert list(ahead.due()) == list(PREFETCHED)
    answered(ahead, thin=True)
    fake_time.seconds += 2 * MIN_INTERVAL
    assert not ahead.due()


def test_what_failed_waits_for_a_minute(ahead: PrefetchSchedule, fake_time: FakeTime) -> None:
    ahead.start(ahead.due())
    ahead.record_response(FIRST, incomplete=True)
    fake_time.seconds += RETRY_AFTER
    assert list(ahead.due()) == [FIRST]
    ahead.start(ahead.due())
    fake_time.seconds += RETRY_AFTER
    assert not ahead.due()
    fake_time.seconds += MIN_INTERVAL - 2 * RETRY_AFTER
    assert list(ahead.due()) == OTHERS


def test_a_session_that_comes_and_goes_is_not_asked_each_time(
    ahead: PrefetchSchedule, fake_time: FakeTime
) -> None:
    answered(ahead, thin=False)
    ahead.reset()
    assert not ahead.due()
    fake_time.seconds += MIN_INTERVAL
    assert list(ahead.due()) == list(PREFETCHED)
