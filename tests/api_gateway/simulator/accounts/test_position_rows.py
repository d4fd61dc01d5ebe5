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

BROKER = make_paper_account()
ABROAD = ValuedPosition(
    BROKER.instrument(IBM_IN_FRANKFURT), 20, 4000.0, 210.0, 1.25, realised=8.0, daily_pnl=0.0
)


def test_a_position_in_another_currency_is_shown_in_base_currency_too() -> None:
    row = complete_row(ACCOUNT, ABROAD, 8.0, None)
    assert row["crossCurrency"] is True
    assert (row["mktValue"], row["baseMktValue"]) == (4200.0, 5250.0)
    assert (row["unrealizedPnl"], row["baseUnrealizedPnl"]) == (200.0, 250.0)
    assert (row["realizedPnl"], row["baseRealizedPnl"]) == (8.0, 10.0)
    assert (row["avgPrice"], row["baseAvgPrice"]) == (200.0, 250.0)


def test_a_position_in_base_currency_is_shown_once() -> None:
    line = next(line for line in BROKER.valuation().open_positions if line.instrument.sec_type == "STK")
    row = complete_row(ACCOUNT, line, 0.0, None)
    assert row["crossCurrency"] is False
    assert not [key for key in row if key.startswith("base")]


def test_an_option_names_its_underlying() -> None:
    option = find_option(BROKER)
    line = ValuedPosition(option, 1, 500.0, 5.0, 1.0, realised=0.0, daily_pnl=0.0)
    row = complete_row(ACCOUNT, line, 0.0, BROKER.instrument(option.underlying_conid or 0))
    assert (row["undSym"], row["undComp"]) == ("AAPL", "APPLE INC")
    assert row["fullName"].startswith("AAPL ")
    assert "SMART" not in row["allExchanges"].split(",")


def test_the_two_shapes_tell_the_same_numbers() -> None:
    old, new = incomplete_row(ACCOUNT, ABROAD, ABROAD.realised), portfolio2_row(ABROAD, 1)
    pairs = {"mktPrice": "marketPrice", "mktValue": "marketValue", "contractDesc": "description"}
    for key in ("position", "avgCost", "avgPrice", "currency", "realizedPnl", "unrealizedPnl", *pairs):
        assert old[key] == new[pairs.get(key, key)], key


@pytest.mark.parametrize(("descending", "order"), [(False, [1, 2, 3]), (True, [2, 1, 3])])
def test_rows_without_a_value_come_last_either_way(descending: bool, order: list[int]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 3, "strike": None},
        {"id": 2, "strike": 20.0},
        {"id": 1, "strike": 10.0},
    ]
    assert [row["id"] for row in sort_rows(rows, "strike", descending)] == order


def test_an_unknown_column_leaves_the_order_alone() -> None:
    rows = [{"id": 2}, {"id": 1}]
    assert sort_rows(rows, "nonsense", True) == rows
