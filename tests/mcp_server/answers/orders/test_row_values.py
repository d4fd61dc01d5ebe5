"""Values of rows of orders and trades."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mcp_server.answers.orders.row_values import (
    Leg,
    describe_contract,
    exact_price,
    parse_conid,
    parse_flag,
    parse_id,
    parse_legs,
    parse_moment,
    parse_side,
    row_time,
)

MOMENT = datetime(2026, 11, 18, 14, 45, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (1795013136000, ""),
        ("1795013136000", None),
        (None, "261118144536"),
        ("", "20261118-14:45:36"),
    ],
)
def test_a_time_is_read_from_the_epoch_or_the_text_of_either_dialect(epoch: Any, text: Any) -> None:
    assert parse_moment(epoch, text) == MOMENT


def test_a_time_that_is_none_is_unknown() -> None:
    assert parse_moment(None, "yesterday") is None


@pytest.mark.parametrize(("side", "word"), [("B", "BUY"), ("sell", "SELL"), ("BOT", "BUY"), ("N", "N")])
def test_sides_of_all_dialects(side: str, word: str) -> None:
    assert parse_side(side) == word


@pytest.mark.parametrize(
    ("symbol", "name", "terms", "kind", "text"),
    [
        ("AAPL", "AAPL", None, "STK", "AAPL"),
        ("EUR", "EUR.USD", None, "CASH", "EUR.USD"),
        ("AAPL", "AAPL", "Dec11'26 267.5 Call", "OPT", "AAPL 11Dec26 267.5C"),
        ("ES", "ES", "Dec18'26", "FUT", "ES 18Dec26"),
        ("AAPL", "AAPL", "+1 Dec18'26 270 Call -1 Dec18'26 275 Call", "BAG", None),
        (None, None, None, None, ""),
    ],
)
def test_a_contract_is_described_by_its_row(
    symbol: Any, name: Any, terms: Any, kind: Any, text: str | None
) -> None:
    assert describe_contract(symbol, name, terms, kind) == (text if text is not None else f"{symbol} {terms}")


def test_a_currency_pair_s_price_is_not_rounded() -> None:
    assert [exact_price(each) for each in (1.15705, 269.4975, 100.0, -0.35, None)] == [
        "1.15705",
        "269.4975",
        "100",
        "-0.35",
        "",
    ]


def test_the_legs_of_a_combination_have_ratios_and_may_name_exchanges() -> None:
    assert parse_legs("28812380@CBOE;;;654@CBOE/+1,655@CBOE/-2") == (Leg(654, 1), Leg(655, -2))
    assert parse_legs("265598") == parse_legs("265598@NYSE") == parse_legs(None) == ()


def test_an_id_is_shown_as_it_is_and_anything_else_is_sanitized() -> None:
    assert parse_id("DU1234567") == "DU1234567"
    assert parse_id(602801487) == "602801487"
    assert "\u001b" not in parse_id("x\u001b[31m")


@pytest.mark.parametrize(("value", "conid"), [(265598, 265598), ("265598", 265598), ("", None), (-1, None)])
def test_a_conid_is_positive(value: Any, conid: int | None) -> None:
    assert parse_conid(value) == conid


@pytest.mark.parametrize(
    ("value", "flag"), [(1, True), ("true", True), (False, False), (0, False), (None, False)]
)
def test_flags_are_numbers_booleans_or_text(value: Any, flag: bool) -> None:
    assert parse_flag(value) is flag


def test_a_row_has_the_date_unless_it_is_today_in_new_york() -> None:
    assert row_time(MOMENT, MOMENT) == "09:45"
    late = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
    assert row_time(late, MOMENT) == "11-17 20:30"
    assert row_time(None, MOMENT) == ""
