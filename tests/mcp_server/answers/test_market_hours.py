"""Whether a market is open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mcp_server.answers.market_hours import MarketState, parse_sessions, state_at
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

WEEK = parse_sessions(
    {
        "schedules": {
            "20261127": {
                "liquid_hours": [{"opening": 1795789800, "closing": 1795802400}],
                "extended_hours": [{"opening": 1795770000, "closing": 1795816800}],
            },
            "20261130": {
                "liquid_hours": [{"opening": 1796049000, "closing": 1796072400}],
                "extended_hours": [{"opening": 1796029200, "closing": 1796086800}],
            },
        }
    }
)


@pytest.mark.parametrize(
    ("moment", "is_open", "words"),
    [
        ("2026-11-27 17:00", True, "market open"),
        ("2026-11-27 12:00", False, "pre-market"),
        ("2026-11-27 18:30", False, "after hours"),
        ("2026-11-28 15:00", False, "market closed, opens Mon 09:30"),
    ],
)
def test_the_state_follows_from_the_sessions(moment: str, is_open: bool, words: str) -> None:
    state = state_at(WEEK, datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert (state.is_open, state.words) == (is_open, words)


def test_without_a_schedule_nothing_is_said() -> None:
    assert state_at(parse_sessions({"error": "x"}), datetime.now(UTC)) == MarketState("", False)


def test_a_schedule_is_read_once() -> None:
    async def scenario(stack: AnswerStack) -> tuple[MarketState, int]:
        await stack.context.market_hours.state()
        state = await stack.context.market_hours.state()
        return state, stack.requests.count("GET /contract/trading-schedule")

    state, requests = with_stack(scenario)
    assert state.is_open
    assert requests == 1


@pytest.mark.parametrize(
    "day",
    [
        {"liquid_hours": [None]},
        {"liquid_hours": "x", "extended_hours": 7},
        {"liquid_hours": {"opening": 1}},
        {"liquid_hours": [[], {}, {"opening": 10**400, "closing": "x"}]},
        None,
    ],
)
def test_a_bad_row_of_a_schedule_is_left_out(day: Any) -> None:
    good = {"liquid_hours": [{"opening": 1796049000, "closing": 1796072400}]}
    assert len(parse_sessions({"schedules": {"20261118": day, "20261130": good, "x": good}})) == 2
