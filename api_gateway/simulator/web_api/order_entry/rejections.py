"""Rejections: orders to which IBKR responds with status 200 and `{"error": …}`."""

from __future__ import annotations


class OrderRejectedError(Exception):
    """IBKR rejects the order; `str()` is its message."""


class ContractRejectedError(OrderRejectedError):
    """IBKR rejects the order because of its contract."""


class DuplicateReferenceError(OrderRejectedError):
    """IBKR rejects the order because its `cOID` is registered already; clients match the message."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"Order couldn't be submitted: Local order ID={reference} is already registered.")
