"""The columns of a table of positions."""

from __future__ import annotations

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.portfolio.columns import default_columns, needs_quotes, parse_columns
from tests.mcp_server.answers.portfolio.held import held


def test_columns_are_found_by_the_names_that_people_write() -> None:
    names = ["Average Price", "avg_cost", "P&L", "pnl%", "pnl percent", "Day", "weight"]
    assert parse_columns(names) == ("what", "avg price", "open P&L", "P&L%", "day P&L", "weight%")
    assert parse_columns(None) is parse_columns([]) is None


def test_an_unknown_column_gets_the_list_of_those_that_exist() -> None:
    with pytest.raises(AnswerError) as refused:
        parse_columns(["beta"])
    assert "weight%" in str(refused.value)


def test_quotes_are_needed_only_for_the_columns_that_come_from_them() -> None:
    assert needs_quotes(None)
    assert needs_quotes(["what", "day%"])
    assert not needs_quotes(["what", "cost"])


def test_the_default_columns_depend_on_the_rows() -> None:
    few = default_columns(held({}), "USD", by_account=False, with_day=False)
    assert "avg price" in few
    assert not {"currency", "account", "notional", "day P&L", "data"} & set(few)
    several = held({"currency": "EUR"}, {"secType": "FUT"})
    assert {"currency", "notional"} <= set(default_columns(several, "USD", by_account=False, with_day=False))
    many = default_columns(held(*[{}] * 11), "USD", by_account=True, with_day=True)
    assert "avg price" not in many
    assert {"account", "day P&L"} <= set(many)
