"""What is due to be asked ahead, and when."""

from __future__ import annotations

import pytest

from api_gateway.client.prefetch import AHEAD, ANEW, COLLECTED, Ahead
from tests.api_gateway.fakes import FakeTime

FIRST, *OTHERS = AHEAD


@pytest.fixture
def ahead(fake_time: FakeTime) -> Ahead:
    return Ahead(now=fake_time.now)


def answered(ahead: Ahead, *, thin: bool) -> None:
    due = ahead.due()
    ahead.begin(due)
    for key in due:
        ahead.answered(key, thin=thin)


def test_each_is_asked_once(ahead: Ahead, fake_time: FakeTime) -> None:
    assert list(ahead.due()) == list(AHEAD)
    answered(ahead, thin=False)
    fake_time.seconds += 2 * ANEW
    assert not ahead.due()


def test_a_thin_answer_is_asked_for_again_when_ibkr_has_collected_and_then_no_more(
    ahead: Ahead, fake_time: FakeTime
) -> None:
    answered(ahead, thin=True)
    fake_time.seconds += COLLECTED - 1
    assert not ahead.due()
    fake_time.seconds += 1
    assert list(ahead.due()) == list(AHEAD)
    answered(ahead, thin=True)
    fake_time.seconds += 2 * ANEW
    assert not ahead.due()


def test_what_failed_waits_for_a_minute(ahead: Ahead, fake_time: FakeTime) -> None:
    ahead.begin(ahead.due())
    ahead.answered(FIRST, thin=True)
    fake_time.seconds += COLLECTED
    assert list(ahead.due()) == [FIRST]
    ahead.begin(ahead.due())
    fake_time.seconds += COLLECTED
    assert not ahead.due()
    fake_time.seconds += ANEW - 2 * COLLECTED
    assert list(ahead.due()) == OTHERS


def test_a_session_that_comes_and_goes_is_not_asked_each_time(ahead: Ahead, fake_time: FakeTime) -> None:
    answered(ahead, thin=False)
    ahead.forget()
    assert not ahead.due()
    fake_time.seconds += ANEW
    assert list(ahead.due()) == list(AHEAD)
