from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, TradingSession, session_on
from api_gateway.simulator.prices.price_path import PricePath, TickRange, split_range, step_prices

STOCK = HOURS["us_stock"]
WHOLE = TickRange(1000, 1080, 950, 1020)


@pytest.fixture
def walk() -> PricePath:
    return PricePath(key=7, hours=STOCK, reference=26_800, volatility=0.25, reference_date=date(2026, 3, 3))


@pytest.fixture
def session() -> TradingSession:
    found = session_on(STOCK, date(2026, 3, 3))
    assert found is not None
    return found


@pytest.mark.parametrize("count", [1, 2, 13, 46])
@pytest.mark.parametrize("key", range(5))
def test_the_parts_follow_each_other_and_together_are_the_whole(count: int, key: int) -> None:
    parts = split_range(key, WHOLE, count)
    total = parts[0]
    for before, after in pairwise(parts):
        assert before.close == after.open
        total = total.merge(after)
    assert total == WHOLE
    assert all(part.low <= min(part.open, part.close) for part in parts)
    assert all(part.high >= max(part.open, part.close) for part in parts)


@pytest.mark.parametrize("key", range(5))
def test_the_steps_of_a_minute_touch_its_high_and_its_low(key: int) -> None:
    prices = step_prices(key, WHOLE, 120)
    assert len(prices) == 121
    assert (prices[0], max(prices), min(prices), prices[-1]) == (1000, 1080, 950, 1020)


def test_a_price_that_does_not_move_is_split_into_stillness() -> None:
    still = TickRange(5, 5, 5, 5)
    assert split_range(1, still, 4) == (still,) * 4
    assert set(step_prices(1, still, 120)) == {5}


def test_both_ends_of_a_day_are_known_without_dividing_it(
    walk: PricePath, session: TradingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = walk.range_between(session, session.start, session.start + 0.5).open
    ended = walk.range_between(session, session.end - 0.5, session.end).close

    def refuse(*_: object) -> None:
        raise AssertionError("the day is divided")

    monkeypatch.setattr("api_gateway.simulator.prices.price_path.split_range", refuse)
    fresh = PricePath(key=7, hours=STOCK, reference=26_800, volatility=0.25, reference_date=date(2026, 3, 3))
    assert (fresh.ticks_at(session, session.start), fresh.ticks_at(session, session.end)) == (opened, ended)


def test_every_half_second_of_a_minute_lies_in_the_range_of_its_minute(
    walk: PricePath, session: TradingSession
) -> None:
    start = session.opens + 77 * 60
    span = walk.range_between(session, start, start + 60)
    prices = [walk.ticks_at(session, start + i / 2) for i in range(121)]
    assert TickRange(prices[0], max(prices), min(prices), prices[-1]) == span


def test_odd_spans_agree_with_the_prices_in_them(walk: PricePath, session: TradingSession) -> None:
    start, end = session.opens + 1234.5, session.opens + 1234.5 + 2000
    prices = [walk.ticks_at(session, start + i / 2) for i in range(4001)]
    assert TickRange(prices[0], max(prices), min(prices), prices[-1]) == walk.range_between(
        session, start, end
    )


def test_a_day_is_the_sum_of_its_hours(walk: PricePath, session: TradingSession) -> None:
    edges = [session.opens + hour * 3600 for hour in range(7)] + [session.closes]
    total = walk.range_between(session, edges[0], edges[1])
    for left, right in pairwise(edges[1:]):
        total = total.merge(walk.range_between(session, left, right))
    assert total == walk.range_between(session, session.opens, session.closes)


def test_after_hours_end_where_the_day_closed(walk: PricePath, session: TradingSession) -> None:
    assert walk.ticks_at(session, session.end) == walk.ticks_at(session, session.closes)
    assert walk.ticks_at(session, session.end - 3600) != walk.ticks_at(session, session.closes)


def test_the_next_morning_starts_at_the_close(walk: PricePath, session: TradingSession) -> None:
    tomorrow = session_on(STOCK, date(2026, 3, 4))
    assert tomorrow is not None
    assert walk.ticks_at(tomorrow, tomorrow.start) == walk.ticks_at(session, session.closes)


def test_the_reference_is_about_the_price_of_the_first_day(walk: PricePath, session: TradingSession) -> None:
    assert walk.ticks_at(session, session.opens) == pytest.approx(26_800, rel=0.05)


def test_days_move_as_much_as_the_volatility_says(walk: PricePath) -> None:
    closes = []
    for ordinal in range(date(2022, 1, 1).toordinal(), date(2026, 1, 1).toordinal()):
        session = session_on(STOCK, date.fromordinal(ordinal))
        if session is not None:
            closes.append(walk.ticks_at(session, session.closes))
    moves = [b / a - 1 for a, b in pairwise(closes)]
    yearly = (sum(m * m for m in moves) / len(moves) * 252) ** 0.5
    assert yearly == pytest.approx(0.25, rel=0.2)


def test_a_price_stays_between_one_tick_and_the_ceiling(session: TradingSession) -> None:
    wild = PricePath(key=7, hours=STOCK, reference=98, volatility=5, reference_date=session.day, max_ticks=99)
    span = wild.range_between(session, session.opens, session.closes)
    assert 1 <= span.low <= span.high <= 99


def test_a_moment_before_the_session_has_no_price_in_it(walk: PricePath, session: TradingSession) -> None:
    with pytest.raises(ValueError, match="before the session"):
        walk.ticks_at(session, session.start - 1)
    with pytest.raises(ValueError, match="outside the session"):
        walk.range_between(session, session.end + 1, session.end + 2)
