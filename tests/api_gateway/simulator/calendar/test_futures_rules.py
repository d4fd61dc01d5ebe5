from __future__ import annotations

from datetime import date

import pytest

from api_gateway.simulator.calendar.futures_rules import LAST_DAY_RULES


@pytest.mark.parametrize(
    ("rule", "month", "expected"),
    [
        ("third friday", (2026, 12), date(2026, 12, 18)),
        ("crude oil", (2026, 2), date(2026, 1, 20)),
        # The 25th is a holiday, so three days are counted from the business day before it.
        ("crude oil", (2027, 1), date(2026, 12, 21)),
        ("natural gas", (2026, 12), date(2026, 11, 25)),
        ("end of month before", (2026, 12), date(2026, 11, 30)),
        ("third last business day", (2026, 12), date(2026, 12, 29)),
        ("second last business day", (2026, 11), date(2026, 11, 27)),
        ("note", (2026, 12), date(2026, 12, 21)),
        ("last business day", (2026, 12), date(2026, 12, 31)),
        ("currency", (2026, 12), date(2026, 12, 14)),
        ("canadian dollar", (2026, 12), date(2026, 12, 15)),
        ("volatility", (2026, 12), date(2026, 12, 16)),
        ("grain", (2026, 12), date(2026, 12, 14)),
        ("last friday", (2026, 11), date(2026, 11, 27)),
        ("before second friday", (2026, 12), date(2026, 12, 10)),
    ],
)
def test_a_future_is_last_traded_by_the_rule_of_its_exchange(
    rule: str, month: tuple[int, int], expected: date
) -> None:
    assert LAST_DAY_RULES[rule](*month) == expected
