"""Quotes from snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.answers.availability import Availability, parse_availability
from mcp_server.answers.quotes import BATCH_SIZE, CHANGE_PERCENT, LAST, Quotes, parse_number, parse_quotes
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("253.5", 253.5),
        ("C253.5", 253.5),
        ("H1.2", 1.2),
        ("1,234.5", 1234.5),
        ("52.3M", 52_300_000.0),
        ("+0.53%", 0.53),
        ("-12", -12.0),
        (7, 7.0),
        ("", None),
        ("N/A", None),
        (None, None),
        (True, None),
    ],
)
def test_the_forms_of_numbers_in_snapshots_are_parsed(value: Any, number: float | None) -> None:
    assert parse_number(value) == number


def test_the_first_letter_that_says_it_is_the_availability() -> None:
    assert parse_availability("RpB") is Availability.LIVE
    assert parse_availability("DPB") is Availability.DELAYED
    assert parse_availability("YPB") is Availability.FROZEN_DELAYED
    assert parse_availability("Z") is Availability.FROZEN
    assert parse_availability(None) is Availability.UNKNOWN


def test_rows_that_are_no_quotes_are_left_out() -> None:
    assert parse_quotes([{"conid": "265598"}, {"x": 1}, None]) == parse_quotes([{"conid": "265598"}])
    assert parse_quotes({"error": "x"}) == []


def test_quotes_are_read_in_batches_with_the_availability() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Quotes, list[str]]:
        quotes = await stack.context.quotes.read([265598, 756733, 265598], [LAST, CHANGE_PERCENT])
        return quotes, stack.requests

    quotes, requests = with_stack(scenario)
    assert set(quotes.by_conid) == {265598, 756733}
    assert quotes.by_conid[265598].availability is Availability.LIVE
    assert (quotes.by_conid[265598].last or 0) > 0
    assert quotes.updated is not None
    assert BATCH_SIZE >= 50
    assert requests.count("GET /iserver/accounts") == 1
