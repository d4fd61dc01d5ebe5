"""Text tables."""

from __future__ import annotations

from mcp_server.answers.table import MAX_ALIGNED, Column, format_table

COLUMNS = [
    Column[tuple[str, str, str]]("what", lambda row: row[0]),
    Column[tuple[str, str, str]]("day%", lambda row: row[1]),
    Column[tuple[str, str, str]]("note", lambda row: row[2]),
]


def test_numbers_are_right_aligned_and_text_is_left_aligned() -> None:
    table = format_table(COLUMNS, [("SPY", "-0.07", "x"), ("BRK B", "+12.1", "")])
    assert table.splitlines() == ["what    day%  note", "SPY    -0.07  x", "BRK B  +12.1"]


def test_a_column_without_any_value_is_left_out() -> None:
    assert "note" not in format_table(COLUMNS, [("SPY", "-0.07", "")])


def test_a_table_without_rows_is_empty() -> None:
    assert format_table(COLUMNS, []) == ""


def test_a_long_table_is_separated_by_tabs() -> None:
    table = format_table(COLUMNS, [("BRK B", "-0.07", "")] * (MAX_ALIGNED + 1))
    assert set(table.splitlines()[1:]) == {"BRK B\t-0.07"}
    assert "\t" not in format_table(COLUMNS, [("BRK B", "-0.07", "")] * MAX_ALIGNED)
