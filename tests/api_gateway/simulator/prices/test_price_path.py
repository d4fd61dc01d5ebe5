from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, TradingSession, session_on
from api_gateway.simulator.prices.price_path import PricePath, TickRange, split_range, step_prices

STOCK = HOURS["us_stock"]
WHOLE = TickRange(1000, 1080, 950, 1020)


@pytest.fixture
def price_path() -> PricePath:
    return PricePath(key=7, hours=STOCK, reference=26_800, volatility=0.25, reference_date=date(2026, 3, 3))


@pytest.fixture
def session() -> TradingSession:
    found = session_on(STOCK, date(2026, 3, 3))
    assert found is not None
    return found


@pytest.mark.parametrize("count", [1, 2, 13, 46])
@pytest.mark.parametrize("key", range(5))
def test_parts_of_a_range_are_consecutive_and_add_up_to_it(count: int, key: int) -> None:
    parts = split_range(key, WHOLE, count)
    total = parts[0]
    for before, after in pairwise(parts):
        assert before.close == after.open
        total = total.merge(after)
    assert total == WHOLE
    assert all(part.low <= min(part.open, part.close) for part in parts)
    assert all(part.high >= max(part.open, part.close) for part in parts)


@pytest.mark.parametrize("key", range(5))
def test_steps_of_a_minute_reach_its_high_and_low(key: int) -> None:
    prices = step_prices(key, WHOLE, 120)
    assert len(prices) == 121
    assert (prices[0], max(prices), min(prices), prices[-1]) == (1000, 1080, 950, 1020)


def test_constant_range_is_split_into_constant_ranges() -> None:
    still = TickRange(5, 5, 5, 5)
    assert split_range(1, still, 4) == (still,) * 4
    assert set(step_prices(1, still, 120)) == {5}


def test_price_at_both_ends_of_a_day_needs_no_refinement(
    price_path: PricePath, session: TradingSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = price_path.range_between(session, session.start, session.start + 0.5).open
    ended = price_path.range_between(session, session.end - 0.5, session.end).close

    def refuse(*_: object) -> None:
        raise AssertionError("the day is divided")

    monkeypatch.setattr("api_gateway.simulator.prices.price_path.split_range", refuse)
    fresh = PricePath(key=7, hours=STOCK, reference=26_800, volatility=0.25, reference_date=date(2026, 3, 3))
    assert (fresh.ticks_at(session, session.start), fresh.ticks_at(session, session.end)) == (opened, ended)


def test_every_step_of_a_minute_is_within_its_range(price_path: PricePath, session: TradingSession) -> None:
    start = session.opens + 77 * 60
    span = price_path.range_between(session, start, start + 60)
    prices = [price_path.ticks_at(session, start + i / 2) for i in range(121)]
    assert TickRange(prices[0], max(prices), min(prices), prices[-1]) == span


def test_range_between_arbitrary_times_agrees_with_its_prices(
    price_path: PricePath, session: TradingSession
) -> None:
    start, end = session.opens + 1234.5, session.opens + 1234.5 + 2000
    prices = [price_path.ticks_at(session, start + i / 2) for i in range(4001)]
    assert TickRange(prices[0], max(prices), min(prices), prices[-1]) == price_path.range_between(
        session, start, end
    )


def test_range_of_a_day_is_the_merge_of_its_hours(price_path: PricePath, session: TradingSession) -> None:
    edges = [session.opens + hour * 3600 for hour in range(7)] + [session.closes]
    total = price_path.range_between(session, edges[0], edges[1])
    for left, right in pairwise(edges[1:]):
        total = total.merge(price_path.range_between(session, left, right))
    assert total == price_path.range_between(session, session.opens, session.closes)


def test_extended_hours_end_at_the_close_of_the_day(price_path: PricePath, session: TradingSession) -> None:
    assert price_path.ticks_at(session, session.end) == price_path.ticks_at(session, session.closes)
    assert price_path.ticks_at(session, session.end - 3600) != price_path.ticks_at(session, session.closes)


def test_next_day_starts_at_the_previous_close(price_path: PricePath, session: TradingSession) -> None:
    tomorrow = session_on(STOCK, date(2026, 3, 4))
    assert tomorrow is not None
    assert price_path.ticks_at(tomorrow, tomorrow.start) == price_path.ticks_at(session, session.closes)


def test_price_on_the_reference_date_is_about_the_reference(
    price_path: PricePath, session: TradingSession
) -> None:
    assert price_path.ticks_at(session, session.opens) == pytest.approx(26_800, rel=0.05)


def test_daily_changes_match_the_volatility(price_path: PricePath) -> None:
    closes = []
    for ordinal in range(date(2022, 1, 1).toordinal(), date(2026, 1, 1).toordinal()):
        session = session_on(STOCK, date.fromordinal(ordinal))
        if session is not None:
            closes.append(price_path.ticks_at(session, session.closes))
    moves = [b / a - 1 for a, b in pairwise(closes)]
    yearly = (sum(m * m for m in moves) / len(moves) * 252) ** 0.5
    assert yearly == pytest.approx(0.25, rel=0.2)


def test_price_stays_between_one_tick_and_the_ceiling(session: TradingSession) -> None:
    wild = PricePath(key=7, hours=STOCK, reference=98, volatility=5, reference_date=session.day, max_ticks=99)
    span = wild.range_between(session, session.opens, session.closes)
    assert 1 <= span.low <= span.high <= 99


def test_time_outside_the_session_raises_value_error(price_path: PricePath, session: TradingSession) -> None:
    with pytest.raises(ValueError, match="before the session"):
        price_path.ticks_at(session, session.start - 1)
    with pytest.raises(ValueError, match="outside the session"):
        price_path.range_between(session, session.end + 1, session.end + 2)
