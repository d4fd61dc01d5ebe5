"""Which holdings `only` means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcp_server.answers.portfolio.holdings import Holding
from mcp_server.answers.portfolio.selection import describe_choices, select, understand
from mcp_server.instruments.instrument import Instrument
from tests.mcp_server.answers.portfolio.held import held

HELD = held(
    {"description": "AAPL"},
    {"description": "AAPL   JAN2027 280 C [AAPL  270115C00280000 100]", "secType": "OPT", "position": -1},
    {"description": "BRK B"},
    {"description": "ES       DEC2026", "secType": "FUT"},
    {"description": "SIE", "currency": "EUR"},
    {"description": "EUR.USD", "secType": "CASH"},
    {"description": "ES     DEC2026 6700 C [ESZ6  C6700 50]", "secType": "FOP"},
)


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("aapl", ["AAPL", "AAPL 15Jan27 280C"]),
        ("AAPL 15jan27 280c", ["AAPL 15Jan27 280C"]),
        ("2", ["AAPL 15Jan27 280C"]),
        ("brk.b", ["BRK B"]),
        ("ES", ["ESZ6", "ES DEC2026 6700 C"]),
        ("options", ["AAPL 15Jan27 280C", "ES DEC2026 6700 C"]),
        ("OPT", ["AAPL 15Jan27 280C"]),
        ("Stocks", ["AAPL", "BRK B", "SIE"]),
        ("futures", ["ESZ6"]),
        ("fx", ["EUR.USD"]),
        ("EUR", ["EUR.USD"]),
        ("short", ["AAPL 15Jan27 280C"]),
        ("TSLA", []),
    ],
)
def test_a_symbol_comes_before_an_asset_class_and_a_currency(only: str, names: list[str]) -> None:
    assert [each.name for each in select(HELD, only)] == names


def test_a_currency_means_what_is_traded_in_it() -> None:
    assert [each.name for each in select([HELD[0], HELD[4]], "eur")] == ["SIE"]


def test_the_choices_are_the_names_classes_and_currencies_that_exist() -> None:
    text = describe_choices(HELD * 4)
    assert all(each in text for each in ("AAPL", "ESZ6", "FOP", "EUR"))
    assert describe_choices([]) != ""


def described(name: str, sector: str, stock_type: str) -> Instrument:
    return Instrument(
        conid=1, text=name, symbol=name, name=f"{name} Technology", kind="STK", sector=sector,
        stock_type=stock_type,
    )  # fmt: skip


FUND, SHARE, UNTYPED = (
    replace(HELD[0], instrument=described(*each))
    for each in (("XLK", "Funds", "ETF"), ("MSFT", "Technology", "COMMON"), ("OLD", "Funds", ""))
)


@pytest.mark.parametrize(
    ("only", "rows"),
    [
        ("technology", [SHARE]),
        ("Tech", [SHARE]),
        ("ETFs", [FUND, UNTYPED]),
        ("etf", [FUND, UNTYPED]),
        ("stocks", [SHARE]),
        ("equities", [SHARE]),
        ("STK", [FUND, SHARE, UNTYPED]),
        ("msft tech", [SHARE]),
    ],
)
def test_a_sector_comes_before_names_and_etfs_are_no_stocks(only: str, rows: list[Holding]) -> None:
    found = understand([FUND, SHARE, UNTYPED], only)
    assert found.rows == rows
    assert found.meaning
