"""Strikes by their distance from the price, and by delta."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.option_chain.strike_choice import parse_delta, parse_moneyness, strike_at_delta

PRICE = Decimal(200)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("+3..+8", 206, 216),
        ("-10..0", 180, 200),
        ("8 to 3", 206, 216),
        ("5", 190, 210),
        ("+5%", 200, 210),
        ("-5", 190, 200),
    ],
)
def test_a_distance_in_percent_is_a_range_of_strikes(text: str, low: int, high: int) -> None:
    found = parse_moneyness(text, PRICE)
    assert (found.low, found.high) == (Decimal(low), Decimal(high))
    assert found.select([Decimal(high), Decimal(low), Decimal(high) + 1]) == [Decimal(low), Decimal(high)]


@pytest.mark.parametrize("text", ["far", "5..", "-100..0", "3..99999"])
def test_other_distances_are_refused(text: str) -> None:
    with pytest.raises(AnswerError):
        parse_moneyness(text, PRICE)


def test_deltas_are_fractions_whatever_their_sign_and_scale() -> None:
    assert parse_delta(-0.3) == parse_delta(30) == parse_delta(0.3)
    for wrong in (0, 1, 250, float("nan")):
        with pytest.raises(AnswerError):
            parse_delta(wrong)


def test_a_lower_delta_is_further_out_of_the_money() -> None:
    calls = [strike_at_delta(200, delta, 30, 0.25, call=True) for delta in (0.5, 0.3, 0.1)]
    puts = [strike_at_delta(200, delta, 30, 0.25, call=False) for delta in (0.5, 0.3, 0.1)]
    assert calls == sorted(calls)
    assert puts == sorted(puts, reverse=True)
    assert puts[0] < calls[1]
