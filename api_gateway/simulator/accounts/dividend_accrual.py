"""Dividend accruals: dividends that an account is entitled to, from the ex-date until they are paid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DividendAccrual:
    """One dividend of a position; amounts are in `currency` and whole cents, negative for a short position.

    Times are in seconds since 1970. `tax` is withheld from `gross` when the dividend is paid.
    """

    conid: int
    currency: str
    quantity: float
    per_share: float
    gross: float
    tax: float
    ex_at: float
    pay_at: float

    @property
    def net(self) -> float:
        """What the account gets, or pays if negative."""
        return round(self.gross - self.tax, 2)

    def is_open_at(self, epoch: float) -> bool:
        """True from the ex-date until it is paid."""
        return self.ex_at <= epoch < self.pay_at


def sum_accruals(accruals: list[DividendAccrual], epoch: float) -> dict[str, float]:
    """The dividends that are accrued and not paid at a time (seconds since 1970), by currency."""
    amounts: dict[str, float] = {}
    for accrual in accruals:
        if accrual.is_open_at(epoch):
            amounts[accrual.currency] = round(amounts.get(accrual.currency, 0.0) + accrual.net, 2)
    return amounts
