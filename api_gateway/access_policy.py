"""What may be sent in each mode: lists of methods and paths, and nothing that is not on them.

A mode is a promise about money, so it is kept here, at the one place where requests leave, and not by
hiding tools. An operation that is on no list is refused in every mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

Operation: TypeAlias = tuple[str, str]


class TradingMode(StrEnum):
    """What may be done with money."""

    READ = "read"
    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True)
class AccessPolicy:
    """The operations that may be sent, and those of them that only an account reported as paper may see."""

    name: str
    allowed: frozenset[Operation]
    paper_only: frozenset[Operation] = frozenset()
    unverified: frozenset[Operation] = frozenset()
    """Those that nobody here has looked at, from generated routers."""


def _parse_operations(text: str) -> frozenset[Operation]:
    pairs = (line.split() for line in text.strip().splitlines())
    return frozenset((method, template) for method, template in pairs)


# They change nothing at IBKR, whatever their method. Giving back a line of market data is one of them, as
# taking it, by a snapshot, is: who may only read would run out of lines otherwise.
READ_OPERATIONS = _parse_operations("""
    POST /iserver/auth/status
    POST /tickle
    GET /sso/validate
    GET /iserver/accounts
    GET /iserver/account/pnl/partitioned
    GET /iserver/account/{account}/summary
    GET /iserver/account/{account}/summary/available_funds
    GET /iserver/account/{account}/summary/balances
    GET /iserver/account/{account}/summary/margins
    GET /iserver/account/{account}/summary/market_value
    GET /iserver/account/search/{pattern}
    GET /acesws/{account}/signatures-and-owners
    GET /iserver/secdef/search
    POST /iserver/secdef/search
    GET /iserver/secdef/strikes
    GET /iserver/secdef/info
    GET /iserver/secdef/bond-filters
    GET /iserver/contract/{conid}/info
    GET /iserver/contract/{conid}/info-and-rules
    GET /iserver/contract/{conid}/algos
    POST /iserver/contract/rules
    GET /iserver/currency/pairs
    GET /iserver/exchangerate
    GET /trsrv/stocks
    GET /trsrv/futures
    GET /trsrv/secdef
    GET /trsrv/secdef/schedule
    GET /trsrv/all-conids
    GET /contract/trading-schedule
    GET /iserver/marketdata/snapshot
    GET /iserver/marketdata/history
    POST /iserver/marketdata/unsubscribe
    POST /iserver/account/{allocation}/orders/whatif
    GET /iserver/account/orders
    GET /iserver/account/order/status/{order}
    GET /iserver/account/trades
    GET /portfolio/accounts
    GET /portfolio/subaccounts
    GET /portfolio/subaccounts2
    GET /portfolio/{account}/meta
    GET /portfolio/{account}/summary
    GET /portfolio/{account}/ledger
    GET /portfolio/{account}/allocation
    POST /portfolio/allocation
    GET /portfolio/{account}/positions/{page}
    GET /portfolio2/{account}/positions
    GET /portfolio/{account}/position/{conid}
    GET /portfolio/positions/{conid}
    GET /portfolio/{account}/combo/positions
    POST /pa/performance
    POST /pa/allperiods
    POST /pa/transactions
    POST /pa/allocation
    GET /iserver/scanner/params
    POST /iserver/scanner/run
    GET /iserver/account/{account}/alerts
    GET /iserver/account/alert/{alert}
    GET /iserver/account/mta
    GET /iserver/watchlists
    GET /iserver/watchlist
    GET /fyi/unreadnumber
    GET /fyi/notifications
    GET /fyi/notifications/more
    GET /fyi/settings
    GET /fyi/disclaimer/{typecode}
    GET /fyi/deliveryoptions
    GET /forecast/category/tree
    GET /forecast/contract/market
    GET /forecast/contract/details
    GET /forecast/contract/rules
    GET /forecast/contract/schedules
    GET /iserver/account/allocation/accounts
    GET /iserver/account/allocation/group
    POST /iserver/account/allocation/group/single
    GET /iserver/account/allocation/presets
    POST /fa/model/list
    POST /fa/model/summary
    POST /fa/model/positions
    POST /fa/model/accounts-details
    POST /fa/model/invest-divest-positions
    POST /fa/fa-preset/get
""")

# They change the session, the feed, a list or a notice; no account and no order.
SETTING_OPERATIONS = _parse_operations("""
    POST /iserver/auth/ssodh/init
    POST /logout
    POST /iserver/account
    POST /iserver/dynaccount
    GET /iserver/marketdata/unsubscribeall
    POST /portfolio/{account}/positions/invalidate
    POST /iserver/watchlist
    DELETE /iserver/watchlist
    PUT /fyi/notifications/{notification}
    POST /fyi/settings/{typecode}
    PUT /fyi/disclaimer/{typecode}
    PUT /fyi/deliveryoptions/email
    POST /fyi/deliveryoptions/device
    DELETE /fyi/deliveryoptions/{device}
""")

# They change an account or its orders, and trade nothing.
ACCOUNT_OPERATIONS = _parse_operations("""
    DELETE /iserver/account/{account}/order/{order}
    POST /iserver/questions/suppress/reset
    POST /iserver/account/{account}/alert
    POST /iserver/account/{account}/alert/activate
    DELETE /iserver/account/{account}/alert/{alert}
    POST /iserver/account/allocation/group
    PUT /iserver/account/allocation/group
    POST /iserver/account/allocation/group/delete
    POST /iserver/account/allocation/presets
    POST /fa/model/save
    POST /fa/model/invest-divest
    POST /fa/fa-preset/save
""")

# They lead to a trade, or take away what stands before one.
TRADE_OPERATIONS = _parse_operations("""
    POST /iserver/account/{allocation}/orders
    POST /iserver/account/{account}/order/{order}
    POST /iserver/reply/{reply}
    POST /iserver/notification
    POST /iserver/questions/suppress
    POST /fa/model/submit-transfers
""")

POLICIES: Mapping[TradingMode, AccessPolicy] = {
    TradingMode.READ: AccessPolicy("TRADING_MODE=read", READ_OPERATIONS),
    TradingMode.PAPER: AccessPolicy(
        "TRADING_MODE=paper",
        READ_OPERATIONS | SETTING_OPERATIONS | ACCOUNT_OPERATIONS | TRADE_OPERATIONS,
        ACCOUNT_OPERATIONS | TRADE_OPERATIONS,
    ),
    # Orders of real money wait for their own safe way; raw ones are for paper accounts.
    TradingMode.LIVE: AccessPolicy(
        "TRADING_MODE=live", READ_OPERATIONS | SETTING_OPERATIONS | ACCOUNT_OPERATIONS
    ),
}
READ_ONLY = POLICIES[TradingMode.READ]
TICKER = AccessPolicy(
    "the ticker",
    _parse_operations("""
        POST /tickle
        POST /iserver/auth/status
        POST /iserver/auth/ssodh/init
        POST /iserver/reauthenticate
    """),
)
ALL_OPERATIONS = AccessPolicy(
    "everything",
    READ_OPERATIONS | SETTING_OPERATIONS | ACCOUNT_OPERATIONS | TRADE_OPERATIONS | TICKER.allowed,
)
"""For tests and measurements, of what a request becomes rather than whether it may be sent."""


def extend(mode: TradingMode, reads: frozenset[Operation], writes: frozenset[Operation]) -> AccessPolicy:
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


def normalize(operation: Operation) -> Operation:
    """The operation whatever the values in its path are called."""
    method, template = operation
    return method, re.sub(r"\{[a-z]+\}", "{}", template)
