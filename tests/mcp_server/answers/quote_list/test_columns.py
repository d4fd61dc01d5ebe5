"""The names of columns and groups."""

from __future__ import annotations

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.quote_list.columns import COLUMNS, GROUPS, default_columns, fields_of, parse_columns
from tests.ibkr_facts import snapshot_field_types

MAX_FIELDS = 50


def test_every_column_and_group_is_understood_by_its_name_and_its_heading() -> None:
    for name, column in COLUMNS.items():
        assert parse_columns([name]) == (name,)
        headings = [COLUMNS[each].heading for each in parse_columns([column.heading.upper()])]
        assert column.heading in headings
    for name, columns in GROUPS.items():
        assert parse_columns([name.title()]) == columns


def test_all_fields_are_ibkrs_and_all_groups_together_fit_into_one_request() -> None:
    fields = fields_of(COLUMNS)
    assert set(fields) <= snapshot_field_types().keys()
    assert len(fields_of(parse_columns(list(GROUPS)))) <= MAX_FIELDS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("P/E ratio", "pe"),
        ("change %", "change%"),
        ("change_percent", "change%"),
        ("Dividend Yield", "dividend_yield"),
        ("ex-dividend date", "ex_date"),
        ("52 week high", "high_52w"),
        ("implied volatility", "iv"),
        ("market capitalization", "market_cap"),
    ],
)
def test_other_ways_to_write_a_column_are_understood(written: str, expected: str) -> None:
    assert expected in parse_columns([written])


def test_an_unknown_column_is_refused_with_the_groups() -> None:
    with pytest.raises(AnswerError) as refused:
        parse_columns(["last", "wibble"])
    assert all(name in refused.value.hint for name in GROUPS)


def test_the_default_depends_on_the_kinds() -> None:
    assert default_columns(["IND"]) == ("last", "change%")
    assert {"bid_yield", "volume", "expires"} <= set(default_columns(["BOND", "FUT"]))
