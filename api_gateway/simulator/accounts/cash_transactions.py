"""Cash transactions: bookings that change an account's cash without a trade."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CashTransactionKind(Enum):
    """The kinds of cash transactions; the values are the types that Portfolio Analyst's transactions show."""

    VARIATION_MARGIN = "Variation Margin"


@dataclass(frozen=True)
class CashTransaction:
    """One booking at `at` (seconds since 1970): `amount` is negative if the account pays.

    If it concerns a contract: its `conid`, the `quantity` that the account held, and the `price` per unit.
    """

    at: float
    kind: CashTransactionKind
    currency: str
    amount: float
    conid: int | None = None
    quantity: float = 0.0
    price: float = 0.0
