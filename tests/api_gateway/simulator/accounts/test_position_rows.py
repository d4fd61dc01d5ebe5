from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.position_rows import (
    complete_row,
    incomplete_row,
    portfolio2_row,
    sort_rows,
)
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from tests.api_gateway.simulator.paper_account import (
    ACCOUNT,
    IBM_IN_FRANKFURT,
    find_option,
    make_paper_account,
)

PAPER_ACCOUNT = make_paper_account()
ABROAD = ValuedPosition(
    PAPER_ACCOUNT.instrument(IBM_IN_FRANKFURT), 20, 4000.0, 210.0, 1.25, realised=8.0, daily_pnl=0.0
)


def test_row_in_another_currency_includes_base_currency_values() -> None:
    row = complete_row(ACCOUNT, ABROAD, 8.0, None)
    assert row["crossCurrency"] is True
    assert (row["mktValue"], row["baseMktValue"]) == (4200.0, 5250.0)
    assert (row["unrealizedPnl"], row["baseUnrealizedPnl"]) == (200.0, 250.0)
    assert (row["realizedPnl"], row["baseRealizedPnl"]) == (8.0, 10.0)
    assert (row["avgPrice"], row["baseAvgPrice"]) == (200.0, 250.0)


def test_row_in_base_currency_has_no_converted_values() -> None:
    line = next(
        line for line in PAPER_ACCOUNT.valuation().open_positions if line.instrument.sec_type == "STK"
    )
    row = complete_row(ACCOUNT, line, 0.0, None)
    assert row["crossCurrency"] is False
    assert not [key for key in row if key.startswith("base")]


def test_row_of_an_option_contains_its_underlying() -> None:
    option = find_option(PAPER_ACCOUNT)
    line = ValuedPosition(option, 1, 500.0, 5.0, 1.0, realised=0.0, daily_pnl=0.0)
    row = complete_row(ACCOUNT, line, 0.0, PAPER_ACCOUNT.instrument(option.underlying_conid or 0))
    assert (row["undSym"], row["undComp"]) == ("AAPL", "APPLE INC")
    assert row["fullName"].startswith("AAPL ")
    assert "SMART" not in row["allExchanges"].split(",")


def test_rows_of_both_endpoints_have_the_same_numbers() -> None:
    old, new = incomplete_row(ACCOUNT, ABROAD, ABROAD.realised), portfolio2_row(ABROAD, 1)
    pairs = {"mktPrice": "marketPrice", "mktValue": "marketValue", "contractDesc": "description"}
    for key in ("position", "avgCost", "avgPrice", "currency", "realizedPnl", "unrealizedPnl", *pairs):
        assert old[key] == new[pairs.get(key, key)], key


@pytest.mark.parametrize(("descending", "order"), [(False, [1, 2, 3]), (True, [2, 1, 3])])
def test_sort_puts_rows_without_a_value_last_in_both_directions(descending: bool, order: list[int]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 3, "strike": None},
        {"id": 2, "strike": 20.0},
        {"id": 1, "strike": 10.0},
    ]
    assert [row["id"] for row in sort_rows(rows, "strike", descending)] == order


def test_sort_by_an_unknown_column_changes_nothing() -> None:
    rows = [{"id": 2}, {"id": 1}]
    assert sort_rows(rows, "nonsense", True) == rows
