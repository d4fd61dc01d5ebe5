"""Which rows a symbol means."""

from __future__ import annotations

import pytest

from mcp_server.answers.activity.symbol_filter import SymbolFilter


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("aapl", ["AAPL"]),
        ("BRK.B", ["BRK B"]),
        ("EURUSD", ["EUR", "EUR.USD"]),
        ("SPY 15jan27 600p", ["SPY", "SPY 15Jan27 600P"]),
        ("602801487", ["AAPL", "602801487"]),
    ],
)
def test_spelling_does_not_matter(text: str, names: list[str]) -> None:
    assert SymbolFilter(text).matches(names, ())


def test_a_part_of_a_name_is_not_meant() -> None:
    assert not SymbolFilter("A").matches(["AAPL", None], (265598,))


def test_contracts_are_meant_by_conid() -> None:
    assert SymbolFilter("265598").matches([], (265598,))
    assert SymbolFilter("US0378331005", frozenset({265598})).matches(["AAPL"], (265598,))


def test_without_a_symbol_everything_is_meant() -> None:
    assert SymbolFilter().matches([], ())
    assert SymbolFilter().occurs_in("anything")


def test_a_text_mentions_a_symbol_as_a_word() -> None:
    assert SymbolFilter("ibm").occurs_in("ratings of IBM@NYSE")
    assert not SymbolFilter("BM").occurs_in("ratings of IBM@NYSE")
