"""Kinds of transactions."""

from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.cash_transactions import CashTransactionKind
from mcp_server.answers.activity.transaction_kinds import TransactionKind, parse_kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Buy", TransactionKind.PURCHASE),
        ("Sell", TransactionKind.SALE),
        ("Sold", TransactionKind.SALE),
        ("Dividends", TransactionKind.DIVIDEND),
        ("Payment In Lieu Of Dividends", TransactionKind.DIVIDEND),
        ("Withholding Tax", TransactionKind.TAX),
        ("Broker Interest Paid", TransactionKind.INTEREST),
        ("Bond Interest Received", TransactionKind.INTEREST),
        ("Other Fees", TransactionKind.FEE),
        ("Commission Adjustments", TransactionKind.COMMISSION),
        ("Deposits & Withdrawals", TransactionKind.TRANSFER),
        ("Electronic Fund Transfer", TransactionKind.TRANSFER),
        ("Corporate Action", TransactionKind.OTHER),
        ("", TransactionKind.OTHER),
    ],
)
def test_ibkr_s_words_have_a_kind(text: str, kind: TransactionKind) -> None:
    assert parse_kind(text) is kind


def test_of_the_simulator_s_types_only_splits_are_other() -> None:
    assert [each for each in CashTransactionKind if parse_kind(each.value) is TransactionKind.OTHER] == [
        CashTransactionKind.SPLIT
    ]
