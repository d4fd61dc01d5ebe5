from __future__ import annotations

import pytest

from ticker_service.login_expiry import LoginExpiry


def watched(end: LoginExpiry, ends: float, begins: float, until: float) -> list[tuple[int, int]]:
    """Readings of an end that stands; the warnings with the minute before the end at which each came."""
    warnings = []
    now = begins
    while now < until:
        end.observe(ends - now, now)
        if (minutes := end.take_due_warning(now)) is not None:
            warnings.append((minutes, round((ends - now) / 60)))
        now += 60
    return warnings


def test_each_warning_comes_once_and_at_its_time() -> None:
    assert watched(LoginExpiry(), 86_400, 0, 90_000) == [(60, 60), (10, 10)]


def test_who_starts_late_is_warned_of_the_nearest_end_only() -> None:
    assert watched(LoginExpiry(), 86_400, 86_400 - 500, 90_000) == [(10, 7)]


def test_the_next_login_has_its_own_warnings() -> None:
    end = LoginExpiry()
    assert watched(end, 86_400, 80_400, 86_400) == [(60, 60), (10, 10)]
    end.reset()
    assert end.expires_at is None
    assert watched(end, 172_800, 88_800, 172_800) == [(60, 60), (10, 10)]


def test_a_login_renewed_before_its_end_is_a_new_login() -> None:
    end = LoginExpiry()
    assert watched(end, 86_400, 80_400, 85_200) == [(60, 60)]
    assert watched(end, 172_800, 85_200, 172_800) == [(60, 60), (10, 10)]
    assert end.expires_at == 172_800


@pytest.mark.parametrize("step", [5, 60])
def test_a_time_that_every_request_puts_off_is_no_end_of_the_login(step: float) -> None:
    end = LoginExpiry()
    now = 0.0
    for _ in range(200):
        end.observe(460.0, now)
        assert end.take_due_warning(now) is None
        now += step
    assert end.expires_at is None


def test_readings_may_differ_by_the_seconds_that_they_were_under_way() -> None:
    end = LoginExpiry()
    for number in range(100):
        now = number * 60.0
        end.observe(5_000 - now + (number % 3) * 5, now)
    assert end.expires_at == 5_000


def test_one_reading_alone_is_told_and_warns_of_nothing() -> None:
    end = LoginExpiry()
    end.observe(300, 0)
    assert end.expires_at == 300
    assert end.take_due_warning(0) is None
