"""Balances from an account's summary and its ledger."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.answers.portfolio.account_lines import cash_note
from mcp_server.answers.portfolio.balances import parse_balances


def amount(number: Any, currency: str | None = "USD", **fields: Any) -> dict[str, Any]:
    return {"amount": number, "currency": currency, "isNull": False, "value": None} | fields


SUMMARY = {
    "netliquidation": amount(1000.0),
    "totalcashvalue": amount("1,150.5"),
    "cushion": amount(0.0, None, value="0.25"),
    "sma": amount(0.0, isNull=True),
}
LEDGER = {
    "EUR": {"cashbalance": 100, "exchangerate": 1.2, "settledcash": 90},
    "USD": {"cashbalance": "-20", "exchangerate": 1},
    "BASE": {"cashbalance": 101.5, "exchangerate": 1, "realizedpnl": 7, "netliquidationvalue": 900},
}


def test_amounts_and_texts_of_the_summary_are_numbers_and_nulls_are_unknown() -> None:
    balances = parse_balances(SUMMARY, LEDGER)
    assert (balances.net_liquidation, balances.number("totalcashvalue")) == (1000, 1150.5)
    assert balances.cushion == 0.25
    assert balances.number("sma") is balances.number("nonsense") is None


def test_cash_is_the_ledger_s_base_sum_else_its_parts_else_the_summary_s() -> None:
    assert parse_balances(SUMMARY, LEDGER).cash == 101.5
    parts = {name: row for name, row in LEDGER.items() if name != "BASE"}
    assert parse_balances(SUMMARY, parts).cash == pytest.approx(100)
    assert parse_balances(SUMMARY, parts | {"GBP": {"cashbalance": 1}}).cash == 1150.5
    assert parse_balances(SUMMARY, None).cash == 1150.5
    assert parse_balances(None, None).cash is None


def test_the_base_currency_comes_from_the_summary_else_from_the_ledger() -> None:
    assert parse_balances({"netliquidation": amount(1, "GBP")}, LEDGER).base_currency == "GBP"
    assert parse_balances({"netliquidation": amount(1, None)}, LEDGER).base_currency == "USD"
    assert parse_balances({}, []).base_currency == ""


def test_a_rate_is_that_of_the_ledger_and_one_for_the_base_currency() -> None:
    balances = parse_balances(SUMMARY, LEDGER)
    assert [balances.rate(each) for each in ("EUR", "USD", "JPY")] == [1.2, 1.0, None]


def test_what_the_summary_lacks_comes_from_the_ledger() -> None:
    balances = parse_balances({"excessliquidity": amount(450)}, LEDGER)
    assert (balances.net_liquidation, balances.cushion, balances.realized_pnl) == (900, 0.5, 7)


def test_a_future_that_moves_between_two_figures_does_not_change_the_explanation() -> None:
    row = {"cashbalance": 700_000, "futuresonlypnl": -2825, "exchangerate": 1}
    balances = parse_balances({"totalcashvalue": {"amount": 697_150}}, {"BASE": row})
    assert "-2825" in cash_note(balances, notional=334_000)
    assert "-2825" not in cash_note(balances, notional=10_000)
