"""The login's expiry and the warnings before it."""

from __future__ import annotations

import pytest

from ticker_service.login_expiry import LoginExpiry


def warnings_of(expiry: LoginExpiry, expires_at: float, begins: float, until: float) -> list[tuple[int, int]]:
    """Read the same expiry every minute; returns each warning with the minutes left when it was due."""
    warnings = []
    now = begins
    while now < until:
        expiry.observe(expires_at - now, now)
        if (minutes := expiry.take_due_warning(now)) is not None:
            warnings.append((minutes, round((expires_at - now) / 60)))
        now += 60
    return warnings


def test_each_warning_is_due_once_and_on_time() -> None:
    assert warnings_of(LoginExpiry(), 86_400, 0, 90_000) == [(60, 60), (10, 10)]


def test_a_late_start_skips_to_the_most_urgent_warning() -> None:
    assert warnings_of(LoginExpiry(), 86_400, 86_400 - 500, 90_000) == [(10, 7)]


def test_the_next_login_has_its_own_warnings() -> None:
    expiry = LoginExpiry()
    assert warnings_of(expiry, 86_400, 80_400, 86_400) == [(60, 60), (10, 10)]
    expiry.reset()
    assert expiry.expires_at is None
    assert warnings_of(expiry, 172_800, 88_800, 172_800) == [(60, 60), (10, 10)]


def test_a_login_renewed_before_it_expires_is_a_new_login() -> None:
    expiry = LoginExpiry()
    assert warnings_of(expiry, 86_400, 80_400, 85_200) == [(60, 60)]
    assert warnings_of(expiry, 172_800, 85_200, 172_800) == [(60, 60), (10, 10)]
    assert expiry.expires_at == 172_800


@pytest.mark.parametrize("step", [5, 60])
def test_an_idle_timeout_that_each_request_extends_is_not_an_expiry(step: float) -> None:
    expiry = LoginExpiry()
    now = 0.0
    for _ in range(200):
        expiry.observe(460.0, now)
        assert expiry.take_due_warning(now) is None
        now += step
    assert expiry.expires_at is None


def test_readings_may_differ_by_the_duration_of_a_request() -> None:
    expiry = LoginExpiry()
    for number in range(100):
        now = number * 60.0
        expiry.observe(5_000 - now + (number % 3) * 5, now)
    assert expiry.expires_at == 5_000


def test_a_single_reading_is_reported_but_causes_no_warning() -> None:
    expiry = LoginExpiry()
    expiry.observe(300, 0)
    assert expiry.expires_at == 300
    assert expiry.take_due_warning(0) is None
