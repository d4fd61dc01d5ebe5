"""Conditions as people write them."""

from __future__ import annotations

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.waiting.conditions import (
    Condition,
    MarketCondition,
    OrderCondition,
    PriceCondition,
    parse_condition,
)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("AAPL above 300", PriceCondition("AAPL", True, 300)),
        ("tell me when AAPL is above $300", PriceCondition("AAPL", True, 300)),
        ("EUR/USD <= 1.15", PriceCondition("EUR/USD", False, 1.15)),
        ("SPY 15Jan27 600P drops below .5", PriceCondition("SPY 15Jan27 600P", False, 0.5)),
        ("order 602801480 changes", OrderCondition("602801480", False)),
        ("order #602801480 is filled", OrderCondition("602801480", True)),
        ("until any order changes", OrderCondition("", False)),
        ("the market opens", MarketCondition("", "opens")),
        ("market closes", MarketCondition("", "closes")),
        ("VOD.L opens", MarketCondition("VOD.L", "opens")),
    ],
)
def test_prices_orders_and_markets_are_understood(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize(
    "text", ["", "AAPL", "AAPL above", "above 300", "something happens", "order x changes"]
)
def test_other_words_are_refused_with_the_forms(text: str) -> None:
    with pytest.raises(AnswerError) as refused:
        parse_condition(text)
    assert refused.value.hint
