"""Kinds of transactions, recognized by words in IBKR's types."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class TransactionKind(StrEnum):
    """What a transaction is, as answers name it, in the order of the sums."""

    PURCHASE = "purchases"
    SALE = "sales"
    SETTLEMENT = "futures settlement"
    DIVIDEND = "dividends"
    TAX = "withholding tax"
    INTEREST = "interest"
    COMMISSION = "commissions"
    FEE = "fees"
    TRANSFER = "deposits and withdrawals"
    OTHER = "other"


# IBKR does not document the types of Portfolio Analyst's transactions. Recorded: Buy, Sell. The others are
# the words of its statements, of which the first that a type contains decides.
_WORDS: Final = (
    ("withholding|tax", TransactionKind.TAX),
    ("dividend|in lieu", TransactionKind.DIVIDEND),
    ("interest|coupon", TransactionKind.INTEREST),
    ("commission", TransactionKind.COMMISSION),
    ("fee|charge|market data", TransactionKind.FEE),
    ("deposit|withdraw|transfer|funds|wire|ach", TransactionKind.TRANSFER),
    ("variation|mark.to.market", TransactionKind.SETTLEMENT),
    ("buy|bought|purchase", TransactionKind.PURCHASE),
    ("sell|sold|sale", TransactionKind.SALE),
)


def parse_kind(text: str) -> TransactionKind:
    """The kind of a transaction of IBKR's type; OTHER for corporate actions, expiries and unknown types."""
    words = text.lower()
    return next(
        (kind for pattern, kind in _WORDS if re.search(rf"\b(?:{pattern})", words)), TransactionKind.OTHER
    )
