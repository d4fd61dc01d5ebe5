"""Bookings without a trade: cash transactions, and splits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CashTransactionKind(Enum):
    """The kinds of cash transactions.

    The values are the types shown in Portfolio Analyst's transactions: guesses based on IBKR's statements.
    """

    VARIATION_MARGIN = "Variation Margin"
    DIVIDEND = "Dividends"
    PAYMENT_IN_LIEU = "Payment In Lieu Of Dividends"
    WITHHOLDING_TAX = "Withholding Tax"
    INTEREST_RECEIVED = "Broker Interest Received"
    INTEREST_PAID = "Broker Interest Paid"
    MARKET_DATA_FEE = "Other Fees"
    SPLIT = "Corporate Action"
    COMMISSION = "Commissions"


INTEREST_KINDS = frozenset({CashTransactionKind.INTEREST_RECEIVED, CashTransactionKind.INTEREST_PAID})


@dataclass(frozen=True)
class CashTransaction:
    """One booking at `at` (seconds since 1970): `amount` is negative if the account pays.

    If it concerns a contract, it has the `conid`, the `quantity` that the account held, and the `price` per
    unit.
    """

    at: float
    kind: CashTransactionKind
    currency: str
    amount: float
    conid: int | None = None
    quantity: float = 0.0
    price: float = 0.0


@dataclass(frozen=True)
class SplitBooking:
    """The split of a position at `at` (seconds since 1970): each of `quantity` shares became `ratio`."""

    at: float
    conid: int
    ratio: int
    quantity: float
