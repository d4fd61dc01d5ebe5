"""Sums of transactions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mcp_server.answers.activity.transaction_kinds import TransactionKind
from mcp_server.answers.activity.transaction_sums import sum_by_contract, sum_transactions
from mcp_server.answers.portfolio_analyst.transaction_rows import RealizedProfit, Transaction

DAY = date(2026, 11, 18)
DIVIDEND = Transaction(DAY, "DU1234567", 265598, "Dividends", "APPLE INC", 100, 0.26, 26.0, "USD", 1.0)
PROFIT = RealizedProfit(DAY, "DU1234567", 8314, "long", 200.0, "EUR", 1.1)


def interest(amount: float) -> Transaction:
    return replace(DIVIDEND, conid=0, kind="Broker Interest", amount=amount)


def test_sums_are_converted_at_each_row_s_rate() -> None:
    sums = sum_transactions([DIVIDEND, replace(DIVIDEND, amount=10, currency="EUR", fx_rate=1.2)], [PROFIT])
    assert round(sums.by_kind[TransactionKind.DIVIDEND], 2) == 38.0
    assert round(sums.realized, 2) == 220.0


def test_interest_is_split_into_received_and_paid() -> None:
    sums = sum_transactions([interest(5), interest(-7)], [])
    assert (sums.received_interest, sums.paid_interest, sums.by_kind[TransactionKind.INTEREST]) == (5, -7, -2)


def test_a_row_without_a_rate_is_counted_instead_of_added() -> None:
    sums = sum_transactions([replace(DIVIDEND, fx_rate=None), replace(DIVIDEND, amount=None)], [])
    assert (sums.unconverted, dict(sums.by_kind), sums.has_realized) == (1, {}, False)


def test_contracts_are_ordered_by_what_they_brought_or_cost() -> None:
    names = {265598: "AAPL", 8314: "IBM", 0: ""}
    loss = replace(PROFIT, amount=-30.0, conid=265598, fx_rate=1.0)
    found = sum_by_contract([DIVIDEND, interest(900)], [PROFIT, loss], names.__getitem__)
    assert [(name, round(sums.income, 2)) for name, sums in found] == [("IBM", 220.0), ("AAPL", -4.0)]
