"""Bars from IBKR's responses, and their trading days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mcp_server.answers.price_history.bars import parse_history


def response(*rows: Any, seconds: Any = 86_400) -> dict[str, Any]:
    return {"data": list(rows), "barLength": seconds, "volumeFactor": 40, "mktDataDelay": 900_000}


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_numbers_may_be_text_or_missing_rows_may_be_broken_and_the_order_is_that_of_time() -> None:
    history = parse_history(
        response(
            {"t": epoch("2026-11-17 14:30"), "o": 2, "h": 4, "l": 1, "c": "1,003.5", "v": 2.5},
            {"t": epoch("2026-11-16 14:30"), "c": 2, "v": -1},
            {"t": None, "c": 5},
            {"t": epoch("2026-11-18 14:30"), "c": None},
            None,
            "x",
        )
    )
    first, second = history.bars
    assert (first.open, first.high, first.low, first.close, first.volume) == (2, 2, 2, 2, None)
    assert (second.close, second.volume) == (1003.5, 100)
    assert history.delay_seconds == 900


@pytest.mark.parametrize("value", [None, [], {"data": None}, {"error": "x"}, {"data": [{}]}])
def test_a_body_without_bars_is_an_empty_history(value: Any) -> None:
    assert not parse_history(value).bars


@pytest.mark.parametrize(
    ("begins", "ends", "day"),
    [
        ("2026-11-18 14:30", "2026-11-18 20:59", "2026-11-18"),  # New York
        ("2026-11-17 22:15", "2026-11-18 21:59", "2026-11-18"),  # currencies
        ("2026-11-17 23:00", "2026-11-18 21:59", "2026-11-18"),  # ES
        ("2026-11-18 00:00", "2026-11-18 06:29", "2026-11-18"),  # Tokyo
        ("2026-11-17 23:00", "2026-11-18 04:59", "2026-11-18"),  # Sydney
        ("2026-11-18 08:00", "2026-11-18 16:29", "2026-11-18"),  # London
        ("2026-07-14 13:30", "2026-07-14 19:59", "2026-07-14"),  # New York in summer
        ("2026-07-13 21:15", "2026-07-14 20:59", "2026-07-14"),  # currencies in summer
    ],
)
def test_a_trading_day_is_the_exchange_s_also_if_it_begins_on_the_evening_before(
    begins: str, ends: str, day: str
) -> None:
    minutes = parse_history(response({"t": epoch(begins), "c": 1}, {"t": epoch(ends), "c": 1}, seconds=60))
    assert {bar.day for bar in minutes.bars} == {date.fromisoformat(day)}
    daily = parse_history(response({"t": epoch(begins), "c": 1}))
    assert daily.bars[0].day == date.fromisoformat(day)


def test_minutes_of_what_never_closes_belong_to_new_york_s_days() -> None:
    rows = [{"t": epoch(each), "c": 1} for each in ("2026-11-18 05:00", "2026-11-19 04:59")]
    bars = parse_history(response(*rows, seconds=60), never_closes=True).bars
    assert {str(bar.day) for bar in bars} == {"2026-11-18"}


def test_a_part_knows_the_bar_before_it() -> None:
    days = ["2026-11-13", "2026-11-16", "2026-11-17", "2026-11-18"]
    history = parse_history(response(*({"t": epoch(f"{day} 14:30"), "c": 1} for day in days)))
    part = history.between(date(2026, 11, 14), date(2026, 11, 17))
    assert [str(bar.day) for bar in part.bars] == days[1:3]
    assert part.before is not None
    assert str(part.before.day) == days[0]
