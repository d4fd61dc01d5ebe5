from __future__ import annotations

from datetime import date, timedelta

import pytest

from api_gateway.simulator.instruments.event_markets import CATEGORIES, MARKETS, category_path

BY_SYMBOL = {market.symbol: market for market in MARKETS.values()}


@pytest.mark.parametrize("offset", range(0, 800, 13))
def test_every_market_has_a_future_event_on_any_day(offset: int) -> None:
    day = date(2026, 1, 1) + timedelta(days=offset)
    for market in MARKETS.values():
        for event in market.events(day):
            assert event.expiry > day, market.symbol
            assert event.expiry >= event.period_end - timedelta(days=1), market.symbol
        assert len({event.expiry for event in market.events(day)}) == len(market.events(day))


@pytest.mark.parametrize(
    ("symbol", "day", "expiries", "label"),
    [
        ("USCE", date(2026, 11, 23), ["20270430"], "2026"),
        ("FF", date(2026, 11, 23), ["20261125", "20270127"], "November 25, 2026"),
        ("FF", date(2026, 11, 25), ["20270127", "20270331"], "January 27, 2027"),
        ("RCNET", date(2026, 12, 31), ["20270112", "20270212"], "December 2026"),
        ("GDPGE", date(2026, 11, 23), ["20270130"], "Q4 2026"),
        ("MXXIL", date(2026, 3, 3), ["20261204"], "2026"),
        ("MXXIL", date(2026, 12, 4), ["20301204"], "2030"),
    ],
)
def test_events_are_on_their_calendar_dates(symbol: str, day: date, expiries: list[str], label: str) -> None:
    events = BY_SYMBOL[symbol].events(day)
    assert [f"{event.expiry:%Y%m%d}" for event in events] == expiries
    assert events[0].label == label


def test_election_is_on_the_tuesday_after_the_first_monday() -> None:
    assert BY_SYMBOL["MXXIL"].events(date(2026, 3, 3))[0].period_end == date(2026, 11, 3)


def test_outcome_label_contains_the_strike_with_its_unit_or_the_name() -> None:
    emissions, candidates = BY_SYMBOL["USCE"], BY_SYMBOL["MXXIL"]
    assert emissions.outcome_label(emissions.outcomes[1]) == "Above 5,050"
    assert candidates.outcome_label(candidates.outcome_at_strike(3.0)) == "Republican candidate"
    with pytest.raises(LookupError, match="no outcome of USCE has the strike 1"):
        emissions.outcome_at_strike(1.0)


def test_every_market_is_in_a_third_level_category() -> None:
    assert {market.category for market in MARKETS.values()} <= CATEGORIES.keys()
    assert all(len(category_path(market.category)) == 3 for market in MARKETS.values())
    assert category_path("g17490") == ["g5351", "g7369", "g17490"]
