"""What may be sent in each mode: lists of methods and paths, and nothing that is not on them.

A mode is a promise about money, so it is kept here, at the one place where requests leave, and not by
hiding tools. An operation that is on no list is refused in every mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from api_gateway.operations import OPERATIONS, Effect, Operation, OperationKey, normalize


class TradingMode(StrEnum):
    """What may be done with money."""

    READ = "read"
    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True)
class AccessPolicy:
    """The operations that may be sent, and those of them that only an account reported as paper may see."""

    name: str
    allowed: frozenset[OperationKey]
    paper_only: frozenset[OperationKey] = frozenset()
    unverified: frozenset[OperationKey] = frozenset()
    """Those that nobody here has looked at, from generated routers."""


def _keys(wanted: Callable[[Operation], bool]) -> frozenset[OperationKey]:
    return frozenset(key for key, row in OPERATIONS.items() if wanted(row))


READ_OPERATIONS = _keys(lambda row: row.effect is Effect.READS)
TRADE_OPERATIONS = _keys(lambda row: row.effect is Effect.TRADES)
PAPER_OPERATIONS = _keys(lambda row: row.must_be_paper)
TOOL_OPERATIONS = _keys(lambda row: bool(row.section))

POLICIES: Mapping[TradingMode, AccessPolicy] = {
    TradingMode.READ: AccessPolicy("TRADING_MODE=read", READ_OPERATIONS),
    TradingMode.PAPER: AccessPolicy("TRADING_MODE=paper", TOOL_OPERATIONS, PAPER_OPERATIONS),
    # Placing live orders needs its own safe way; raw order operations are for paper accounts.
    TradingMode.LIVE: AccessPolicy("TRADING_MODE=live", TOOL_OPERATIONS - TRADE_OPERATIONS),
}
READ_ONLY = POLICIES[TradingMode.READ]
TICKER = AccessPolicy("the ticker", _keys(lambda row: row.ticker))
ALL_OPERATIONS = AccessPolicy("everything", frozenset(OPERATIONS))
"""For tests and measurements, of what a request becomes rather than whether it may be sent."""


def extend(
    mode: TradingMode, reads: frozenset[OperationKey], writes: frozenset[OperationKey]
) -> AccessPolicy:
    """The mode's policy with operations that nobody here has looked at; what writes, on paper accounts only.

    Raises ValueError for an operation that is on a list already: what is known of it is not overruled.
    """
    known = {normalize(each) for each in ALL_OPERATIONS.allowed}
    if known & {normalize(each) for each in reads | writes}:
        raise ValueError("an operation is on a mode's list already")
    policy = POLICIES[mode]
    written = writes if mode is TradingMode.PAPER else frozenset()
    return replace(
        policy,
        allowed=policy.allowed | reads | written,
        paper_only=policy.paper_only | written,
        unverified=reads | written,
    )
