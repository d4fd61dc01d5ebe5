"""Sums of transactions and of realized profit, in one currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from mcp_server.answers.activity.transaction_kinds import TransactionKind, parse_kind
from mcp_server.answers.portfolio_analyst.transaction_rows import RealizedProfit, Transaction


@dataclass
class TransactionSums:
    """Sums by kind, and the realized profit; `unconverted` rows have an amount but no exchange rate."""

    by_kind: dict[TransactionKind, float] = field(default_factory=lambda: defaultdict(float))
    realized: float = 0.0
    has_realized: bool = False
    received_interest: float = 0.0
    paid_interest: float = 0.0
    unconverted: int = 0

    def add(self, transaction: Transaction) -> None:
        """Add the cash that moved."""
        value = self._convert(transaction)
        if value is None:
            return
        kind = parse_kind(transaction.kind)
        self.by_kind[kind] += value
        if kind is TransactionKind.INTEREST:
            if value > 0:
                self.received_interest += value
            else:
                self.paid_interest += value

    def add_profit(self, profit: RealizedProfit) -> None:
        """Add a realized profit."""
        value = self._convert(profit)
        if value is not None:
            self.realized += value
            self.has_realized = True

    def _convert(self, row: Transaction | RealizedProfit) -> float | None:
        if row.amount is None:
            return None
        if row.fx_rate is None:
            self.unconverted += 1
            return None
        return row.amount * row.fx_rate

    @property
    def income(self) -> float:
        """What the contract earned: realized P&L, dividends and interest, less taxes and fees."""
        kinds = (
            TransactionKind.DIVIDEND,
            TransactionKind.TAX,
            TransactionKind.INTEREST,
            TransactionKind.FEE,
        )
        return self.realized + sum(self.by_kind.get(kind, 0.0) for kind in kinds)


def sum_transactions(
    transactions: Iterable[Transaction], profits: Iterable[RealizedProfit]
) -> TransactionSums:
    """The sums of all rows."""
    sums = TransactionSums()
    for transaction in transactions:
        sums.add(transaction)
    for profit in profits:
        sums.add_profit(profit)
    return sums


def sum_by_contract(
    transactions: Sequence[Transaction],
    profits: Sequence[RealizedProfit],
    name: Callable[[int], str],
) -> list[tuple[str, TransactionSums]]:
    """The sums of each contract that has a name, the largest gains and costs first."""
    sums: dict[str, TransactionSums] = defaultdict(TransactionSums)
    for transaction in transactions:
        sums[name(transaction.conid)].add(transaction)
    for profit in profits:
        sums[name(profit.conid)].add_profit(profit)
    sums.pop("", None)
    return sorted(sums.items(), key=lambda each: -abs(each[1].income))
