"""Access policy: the operations that each trading mode permits, as lists of methods and paths.

A mode is a promise about money, so it is enforced where requests are sent, not by hiding tools. An operation
on no list is rejected in every mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from api_gateway.operations import OPERATIONS, Effect, Operation, OperationKey, normalize


class TradingMode(StrEnum):
    """What the tools may do to an account: only read, trade with paper money, or change a live account."""

    READ = "read"
    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True)
class AccessPolicy:
    """The operations that may be sent; those in `paper_only` only for accounts that IBKR reports as paper."""

    name: str
    allowed: frozenset[OperationKey]
    paper_only: frozenset[OperationKey] = frozenset()
    unverified: frozenset[OperationKey] = frozenset()
    """Operations of generated routers, which nobody has reviewed."""


def _keys(wanted: Callable[[Operation], bool]) -> frozenset[OperationKey]:
    return frozenset(key for key, row in OPERATIONS.items() if wanted(row))


READ_OPERATIONS = _keys(lambda row: row.effect is Effect.READS)
TRADE_OPERATIONS = _keys(lambda row: row.effect is Effect.TRADES)
PAPER_OPERATIONS = _keys(lambda row: row.must_be_paper)
TOOL_OPERATIONS = _keys(lambda row: bool(row.section))

POLICIES: Mapping[TradingMode, AccessPolicy] = {
    TradingMode.READ: AccessPolicy("TRADING_MODE=read", READ_OPERATIONS),
    TradingMode.PAPER: AccessPolicy("TRADING_MODE=paper", TOOL_OPERATIONS, PAPER_OPERATIONS),
    # Placing live orders is not supported yet; raw order operations are for paper accounts.
    TradingMode.LIVE: AccessPolicy("TRADING_MODE=live", TOOL_OPERATIONS - TRADE_OPERATIONS),
}
READ_ONLY = POLICIES[TradingMode.READ]
TICKER = AccessPolicy("the ticker", _keys(lambda row: row.ticker))
ALL_OPERATIONS = AccessPolicy("everything", frozenset(OPERATIONS))
"""For tests and benchmarks, which are about how requests are sent, not whether they may be."""


def extend(
    mode: TradingMode, reads: frozenset[OperationKey], writes: frozenset[OperationKey]
) -> AccessPolicy:
    """Return the mode's policy with operations of generated routers; writes are for paper accounts only.

    Raises ValueError for an operation that is already on a list: its own rules must not be bypassed.
    """
    known = {normalize(each) for each in ALL_OPERATIONS.allowed}
    if known & {normalize(each) for each in reads | writes}:
        raise ValueError("an operation is already on a mode's list")
    policy = POLICIES[mode]
    written = writes if mode is TradingMode.PAPER else frozenset()
    return replace(
        policy,
        allowed=policy.allowed | reads | written,
        paper_only=policy.paper_only | written,
        unverified=reads | written,
    )
