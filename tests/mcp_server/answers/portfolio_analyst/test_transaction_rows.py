"""Portfolio Analyst's rows of transactions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mcp_server.answers.portfolio_analyst.transaction_rows import (
    NO_CONTRACT,
    parse_day,
    parse_profit,
    parse_transaction,
    profits_by_conid,
    rows_by_conid,
)


@pytest.mark.parametrize(
    ("row", "day"),
    [
        ({"rawDate": "20251105", "date": "Wed Nov 05 00:00:00 EST 2025"}, date(2025, 11, 5)),
        ({"date": "Wed Nov 05 00:00:00 EST 2025"}, date(2025, 11, 5)),
        ({"rawDate": None, "date": "20251105"}, date(2025, 11, 5)),
        ({"rawDate": 20251105}, date(2025, 11, 5)),
        ({"date": "soon"}, None),
        ({}, None),
    ],
)
def test_a_day_is_read_in_each_of_its_forms(row: dict[str, Any], day: date | None) -> None:
    assert parse_day(row) == day


def test_numbers_may_be_text_and_values_may_be_missing() -> None:
    found = parse_transaction(
        {
            "rawDate": "20251105",
            "conid": "265598",
            "amt": "-1,234.5",
            "qty": None,
            "type": "Buy\u202e\x1b[31m",
        }
    )
    assert found is not None
    assert (found.conid, found.amount, found.quantity, found.price, found.currency) == (
        265598,
        -1234.5,
        None,
        None,
        "",
    )
    assert found.kind.startswith("Buy")
    assert "\u202e" not in found.kind
    assert "\x1b" not in found.kind
    assert parse_transaction({"conid": 265598}) is None


def test_the_side_of_a_profit_is_that_of_the_position() -> None:
    row = {"date": "20251105", "conid": "265598", "side": "S", "amt": "12.5"}
    short = parse_profit(row)
    assert short is not None
    assert (short.side, short.amount) == ("short", 12.5)
    long = parse_profit({**row, "positionSide": "long"})
    assert long is not None
    assert long.side == "long"
    assert parse_profit({}) is None


def test_rows_without_a_contract_are_those_of_no_contract() -> None:
    value = {
        "transactions": [{"conid": 8314}, {"conid": None}, {}, None],
        "rpnl": {"data": [{"conid": "8314"}]},
    }
    assert {conid: len(rows) for conid, rows in rows_by_conid(value).items()} == {8314: 1, NO_CONTRACT: 2}
    assert set(profits_by_conid(value)) == {8314}
    assert rows_by_conid({"error": "x"}) == rows_by_conid([]) == profits_by_conid({"rpnl": None}) == {}
