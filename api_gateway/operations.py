"""Every operation of IBKR's Web API that is used here: one row each, with everything known about it.

Access policy, rate limits, preflights, prefetch, cold-start retries, redaction, order questions, tool
annotations and ENDPOINTS.md are derived from these rows. The simulator states IBKR's limits a second time, on
purpose: a mistake here must not repeat itself there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

OperationKey: TypeAlias = tuple[str, str]
"""Method and path template, such as `("GET", "/iserver/account/{account}/summary")`."""


class Effect(StrEnum):
    """What a call can do: read, change something, destroy what no call can restore, or lead to a trade."""

    READS = "reads"
    CHANGES = "changes"
    DESTROYS = "destroys"
    TRADES = "trades"


class SessionRequirement(StrEnum):
    """The session that an operation needs."""

    NONE = "none"
    LOGIN = "login"  # in a browser
    BROKERAGE = "brokerage"  # on top of the login: quotes, contracts, orders


class Preflight(StrEnum):
    """What IBKR requires to be requested first, once per brokerage session."""

    NONE = "none"
    ACCOUNTS = "accounts"
    PORTFOLIO = "portfolio"
    ORDER = "order"  # the accounts, and a quote of each contract, without which IBKR warns
    ALLOCATION = "allocation"  # the portfolio's accounts, and the positions of each that is named
    CHAIN = "chain"  # the accounts, and a search for the underlying


class ColdStart(StrEnum):
    """What an incomplete first response looks like, while IBKR is still collecting the data."""

    NO_ORDERS = "no orders"
    NO_ROWS = "no rows"
    NO_PNL = "no profit and loss"
    NO_NAMES = "rows without names"
    NO_ALGOS = "no algorithms"
    NO_STRIKES = "no strikes"


class Status(StrEnum):
    """How well the shape of the response is known."""

    RECORDED = "recorded"  # seen on the wire
    DOCUMENTED = "documented"  # by IBKR
    SIMULATED_ONLY = "simulated only"  # our guess


@dataclass(frozen=True)
class RateLimit:
    """At most `count` requests in any `seconds`."""

    count: int
    seconds: float

    @property
    def padded_seconds(self) -> float:
        """The seconds that the rate limiter enforces: somewhat more, because delays to IBKR vary."""
        return self.seconds + min(0.5, max(0.1, self.seconds * 0.1))


EVERYBODY: Final = "everybody"


@dataclass(frozen=True)
class Operation:
    """One operation of the Web API.

    section        its section of IBKR's reference; empty for what only the ticker uses
    route          the path of our route, if it differs
    account        changes an account or its orders: `TRADING_MODE=paper` sends it to paper accounts only
    repeatable     idempotent: repeating it has no further effect
    session        the session it needs, as IBKR documents it
    limit          IBKR's own rate limit for it, besides 10 requests a second for all together
    preflight      what IBKR requires to be requested first
    prefetch       its place in the order of requests as soon as a session opens, because IBKR needs five
                   seconds to collect it; 0: not prefetched
    reuse          while `limit` allows no new request, the last response is returned: it changes slowly
    cold_start     what an incomplete first response looks like
    redact         keys that are removed from the response
    may_question   IBKR may respond with an order's confirmation question
    empty_success  a successful response may have no body
    unsubscribes   ends a subscription, although it is a GET
    get_alias      the gateway does the same for a GET
    ticker         the ticker may send it
    hint           what to do when IBKR refuses it
    status         how well its response is known; tests/data/operations.json lists what was recorded
    open_to        who can use it through the gateway
    """

    method: str
    path: str
    effect: Effect = Effect.READS
    section: str = ""
    route: str = ""
    account: bool = False
    repeatable: bool = False
    session: SessionRequirement = SessionRequirement.BROKERAGE
    limit: RateLimit | None = None
    preflight: Preflight = Preflight.NONE
    prefetch: int = 0
    reuse: bool = False
    cold_start: ColdStart | None = None
    redact: tuple[str, ...] = ()
    may_question: bool = False
    empty_success: bool = False
    unsubscribes: bool = False
    get_alias: bool = False
    ticker: bool = False
    hint: str = ""
    status: Status = Status.RECORDED
    open_to: str = EVERYBODY

    @property
    def key(self) -> OperationKey:
        return self.method, self.path

    @property
    def read_only(self) -> bool:
        return self.effect is Effect.READS

    @property
    def must_be_paper(self) -> bool:
        """`TRADING_MODE=paper` sends it only if IBKR reports the account as a paper account."""
        return self.account or self.effect is Effect.TRADES

    @property
    def required_session(self) -> SessionRequirement:
        """The session without which it is not sent. Requests about the session itself are always sent."""
        return SessionRequirement.NONE if _is_about_the_session(self.path) else self.session


READS, CHANGES, DESTROYS, TRADES = Effect
NONE, LOGIN, BROKERAGE = SessionRequirement
RECORDED, DOCUMENTED, SIMULATED_ONLY = Status

ONE_PER_SECOND: Final = RateLimit(1, 1)
ONE_PER_5_SECONDS: Final = RateLimit(1, 5)
ONE_PER_15_MINUTES: Final = RateLimit(1, 900)

_MACHINE: Final = ("MAC", "hardware_info")
_ADVISORS: Final = "financial advisors"


def _section(name: str, *rows: Operation) -> tuple[Operation, ...]:
    return tuple(replace(row, section=name) for row in rows)


_ROWS: Final = (
    *_section(
        "Session",
        Operation("POST", "/iserver/auth/ssodh/init", CHANGES, session=LOGIN, redact=_MACHINE, ticker=True),
        Operation("POST", "/iserver/auth/status", session=NONE, redact=_MACHINE, ticker=True),
        Operation(
            "POST", "/tickle", session=NONE, limit=ONE_PER_SECOND, redact=("session", *_MACHINE), ticker=True
        ),
        Operation(
            "GET",
            "/sso/validate",
            session=LOGIN,
            limit=RateLimit(1, 60),
            redact=("CREDENTIAL", "IP"),
            status=DOCUMENTED,
        ),
        Operation("POST", "/logout", DESTROYS, repeatable=True, session=LOGIN, get_alias=True),
    ),
    *_section(
        "Accounts",
        Operation("GET", "/iserver/accounts", redact=("sessionId",)),
        Operation(
            "POST",
            "/iserver/account",
            CHANGES,
            repeatable=True,
            preflight=Preflight.ACCOUNTS,
            open_to="users with several accounts",
        ),
        Operation(
            "GET",
            "/iserver/account/pnl/partitioned",
            limit=ONE_PER_5_SECONDS,
            preflight=Preflight.ACCOUNTS,
            prefetch=3,
            reuse=True,
            cold_start=ColdStart.NO_PNL,
        ),
        Operation(
            "GET",
            "/iserver/account/search/{pattern}",
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to="brokers with dynamic accounts",
            hint="This login has no dynamic accounts; `list_brokerage_accounts` lists its accounts.",
        ),
        Operation(
            "POST",
            "/iserver/dynaccount",
            CHANGES,
            repeatable=True,
            status=DOCUMENTED,
            open_to="brokers with dynamic accounts",
        ),
        Operation("GET", "/iserver/account/{account}/summary", preflight=Preflight.ACCOUNTS),
        Operation("GET", "/iserver/account/{account}/summary/available_funds", preflight=Preflight.ACCOUNTS),
        Operation("GET", "/iserver/account/{account}/summary/balances", preflight=Preflight.ACCOUNTS),
        Operation("GET", "/iserver/account/{account}/summary/margins", preflight=Preflight.ACCOUNTS),
        Operation("GET", "/iserver/account/{account}/summary/market_value", preflight=Preflight.ACCOUNTS),
        Operation(
            "GET", "/acesws/{account}/signatures-and-owners", session=LOGIN, preflight=Preflight.PORTFOLIO
        ),
    ),
    *_section(
        "Contracts",
        Operation("GET", "/iserver/secdef/search"),
        Operation("POST", "/iserver/secdef/search"),
        Operation(
            "GET", "/iserver/secdef/strikes", preflight=Preflight.CHAIN, cold_start=ColdStart.NO_STRIKES
        ),
        Operation(
            "GET",
            "/iserver/secdef/info",
            preflight=Preflight.CHAIN,
            cold_start=ColdStart.NO_ROWS,
            status=DOCUMENTED,
        ),
        Operation("GET", "/iserver/secdef/bond-filters"),
        Operation("GET", "/iserver/contract/{conid}/info"),
        Operation("GET", "/iserver/contract/{conid}/info-and-rules"),
        Operation(
            "GET",
            "/iserver/contract/{conid}/algos",
            cold_start=ColdStart.NO_ALGOS,
            hint="There is no such contract: find it with `search_contracts`.",
        ),
        Operation("POST", "/iserver/contract/rules"),
        Operation("GET", "/iserver/currency/pairs"),
        Operation("GET", "/iserver/exchangerate"),
        Operation("GET", "/trsrv/stocks", session=LOGIN),
        Operation("GET", "/trsrv/futures", session=LOGIN),
        Operation("GET", "/trsrv/secdef/schedule", session=LOGIN, status=DOCUMENTED),
        Operation("GET", "/trsrv/secdef", session=LOGIN),
        Operation("GET", "/trsrv/all-conids", session=LOGIN),
        Operation("GET", "/contract/trading-schedule", session=LOGIN),
    ),
    *_section(
        "Market Data",
        Operation(
            "GET", "/iserver/marketdata/snapshot", limit=RateLimit(10, 1), preflight=Preflight.ACCOUNTS
        ),
        Operation("GET", "/iserver/marketdata/history", preflight=Preflight.ACCOUNTS),
        Operation(
            "POST",
            "/iserver/marketdata/unsubscribe",
            unsubscribes=True,
            hint="This contract has no open market-data line; no action needed.",
        ),
        Operation("GET", "/iserver/marketdata/unsubscribeall", CHANGES, repeatable=True, unsubscribes=True),
    ),
    *_section(
        "Orders",
        Operation(
            "POST",
            "/iserver/account/{allocation}/orders",
            TRADES,
            may_question=True,
            preflight=Preflight.ORDER,
        ),
        Operation("POST", "/iserver/account/{allocation}/orders/whatif", preflight=Preflight.ORDER),
        Operation(
            "POST",
            "/iserver/account/{account}/order/{order}",
            TRADES,
            may_question=True,
            preflight=Preflight.ORDER,
        ),
        Operation(
            "DELETE",
            "/iserver/account/{account}/order/{order}",
            DESTROYS,
            account=True,
            preflight=Preflight.ORDER,
        ),
        Operation("POST", "/iserver/reply/{reply}", TRADES, may_question=True),
        Operation("POST", "/iserver/questions/suppress", TRADES, repeatable=True),
        Operation("POST", "/iserver/questions/suppress/reset", CHANGES, account=True, repeatable=True),
        Operation("POST", "/iserver/notification", TRADES, status=DOCUMENTED),
    ),
    *_section(
        "Order Monitoring",
        Operation(
            "GET",
            "/iserver/account/orders",
            limit=ONE_PER_5_SECONDS,
            preflight=Preflight.ACCOUNTS,
            prefetch=1,
            cold_start=ColdStart.NO_ORDERS,
        ),
        Operation(
            "GET",
            "/iserver/account/order/status/{order}",
            preflight=Preflight.ACCOUNTS,
            hint="It must be an order of this session and of the selected account: see `list_live_orders`.",
        ),
        Operation(
            "GET",
            "/iserver/account/trades",
            limit=ONE_PER_5_SECONDS,
            preflight=Preflight.ACCOUNTS,
            prefetch=2,
            cold_start=ColdStart.NO_ROWS,
        ),
    ),
    *_section(
        "Portfolio",
        Operation("GET", "/portfolio/accounts", session=LOGIN, limit=ONE_PER_5_SECONDS, reuse=True),
        Operation("GET", "/portfolio/subaccounts", session=LOGIN, limit=ONE_PER_5_SECONDS, reuse=True),
        Operation("GET", "/portfolio/subaccounts2", session=LOGIN),
        Operation("POST", "/portfolio/allocation", session=LOGIN, preflight=Preflight.ALLOCATION),
        Operation("GET", "/portfolio/positions/{conid}", session=LOGIN, preflight=Preflight.PORTFOLIO),
        Operation("GET", "/portfolio/{account}/meta", session=LOGIN, preflight=Preflight.PORTFOLIO),
        Operation("GET", "/portfolio/{account}/summary", session=LOGIN, preflight=Preflight.PORTFOLIO),
        Operation("GET", "/portfolio/{account}/ledger", session=LOGIN, preflight=Preflight.PORTFOLIO),
        Operation("GET", "/portfolio/{account}/allocation", session=LOGIN, preflight=Preflight.PORTFOLIO),
        Operation(
            "GET",
            "/portfolio/{account}/positions/{page}",
            route="/portfolio/{account}/positions",
            session=LOGIN,
            preflight=Preflight.PORTFOLIO,
            cold_start=ColdStart.NO_NAMES,
        ),
        Operation("GET", "/portfolio2/{account}/positions", session=LOGIN, preflight=Preflight.PORTFOLIO),
        Operation(
            "GET", "/portfolio/{account}/position/{conid}", session=LOGIN, preflight=Preflight.PORTFOLIO
        ),
        Operation(
            "GET", "/portfolio/{account}/combo/positions", session=LOGIN, preflight=Preflight.PORTFOLIO
        ),
        Operation(
            "POST",
            "/portfolio/{account}/positions/invalidate",
            CHANGES,
            repeatable=True,
            session=LOGIN,
            preflight=Preflight.PORTFOLIO,
        ),
    ),
    *_section(
        "Portfolio Analyst",
        Operation(
            "POST", "/pa/performance", session=LOGIN, limit=ONE_PER_15_MINUTES, preflight=Preflight.PORTFOLIO
        ),
        Operation(
            "POST", "/pa/allperiods", session=LOGIN, limit=ONE_PER_15_MINUTES, preflight=Preflight.PORTFOLIO
        ),
        Operation(
            "POST", "/pa/transactions", session=LOGIN, limit=ONE_PER_15_MINUTES, preflight=Preflight.PORTFOLIO
        ),
        Operation(
            "POST", "/pa/allocation", session=LOGIN, limit=ONE_PER_15_MINUTES, preflight=Preflight.PORTFOLIO
        ),
    ),
    *_section(
        "Scanner",
        Operation("GET", "/iserver/scanner/params", limit=ONE_PER_15_MINUTES),
        Operation("POST", "/iserver/scanner/run", limit=ONE_PER_SECOND),
    ),
    *_section(
        "Alerts",
        Operation("GET", "/iserver/account/{account}/alerts", preflight=Preflight.ACCOUNTS),
        Operation("GET", "/iserver/account/alert/{alert}", preflight=Preflight.ACCOUNTS),
        Operation("GET", "/iserver/account/mta", preflight=Preflight.ACCOUNTS),
        Operation(
            "POST",
            "/iserver/account/{account}/alert",
            CHANGES,
            account=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
        ),
        Operation(
            "POST",
            "/iserver/account/{account}/alert/activate",
            CHANGES,
            account=True,
            repeatable=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
        ),
        Operation(
            "DELETE",
            "/iserver/account/{account}/alert/{alert}",
            DESTROYS,
            account=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
        ),
    ),
    *_section(
        "Watchlists",
        Operation("GET", "/iserver/watchlists"),
        Operation(
            "GET",
            "/iserver/watchlist",
            hint="If `list_watchlists` does not have this ID, there is no such list; otherwise retry once.",
        ),
        Operation("POST", "/iserver/watchlist", DESTROYS, repeatable=True),
        Operation("DELETE", "/iserver/watchlist", DESTROYS),
    ),
    *_section(
        "FYIs and Notifications",
        Operation("GET", "/fyi/unreadnumber", session=LOGIN, limit=ONE_PER_SECOND),
        Operation("GET", "/fyi/notifications", session=LOGIN, limit=ONE_PER_SECOND),
        Operation("GET", "/fyi/notifications/more", session=LOGIN, limit=ONE_PER_SECOND),
        Operation("PUT", "/fyi/notifications/{notification}", CHANGES, session=LOGIN, limit=ONE_PER_SECOND),
        Operation("GET", "/fyi/settings", session=LOGIN, limit=ONE_PER_SECOND),
        Operation(
            "POST", "/fyi/settings/{typecode}", CHANGES, repeatable=True, session=LOGIN, limit=ONE_PER_SECOND
        ),
        Operation("GET", "/fyi/disclaimer/{typecode}", session=LOGIN, limit=ONE_PER_SECOND),
        Operation("PUT", "/fyi/disclaimer/{typecode}", CHANGES, session=LOGIN, limit=ONE_PER_SECOND),
        Operation("GET", "/fyi/deliveryoptions", session=LOGIN, limit=ONE_PER_SECOND),
        Operation(
            "PUT",
            "/fyi/deliveryoptions/email",
            CHANGES,
            session=LOGIN,
            limit=ONE_PER_SECOND,
            status=DOCUMENTED,
        ),
        Operation(
            "POST",
            "/fyi/deliveryoptions/device",
            CHANGES,
            repeatable=True,
            session=LOGIN,
            limit=ONE_PER_SECOND,
            status=DOCUMENTED,
        ),
        Operation(
            "DELETE",
            "/fyi/deliveryoptions/{device}",
            DESTROYS,
            session=LOGIN,
            limit=ONE_PER_SECOND,
            status=SIMULATED_ONLY,
            empty_success=True,
        ),
    ),
    *_section(
        "Event Contracts",
        Operation("GET", "/forecast/category/tree", session=LOGIN),
        Operation("GET", "/forecast/contract/market", session=LOGIN),
        Operation("GET", "/forecast/contract/details", session=LOGIN),
        Operation("GET", "/forecast/contract/rules", session=LOGIN),
        Operation("GET", "/forecast/contract/schedules", session=LOGIN),
    ),
    *_section(
        "FA Allocation Management",
        Operation(
            "GET",
            "/iserver/account/allocation/accounts",
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "GET",
            "/iserver/account/allocation/group",
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "PUT",
            "/iserver/account/allocation/group",
            CHANGES,
            account=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "POST",
            "/iserver/account/allocation/group",
            CHANGES,
            account=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "POST",
            "/iserver/account/allocation/group/single",
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "POST",
            "/iserver/account/allocation/group/delete",
            DESTROYS,
            account=True,
            repeatable=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "GET",
            "/iserver/account/allocation/presets",
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "POST",
            "/iserver/account/allocation/presets",
            CHANGES,
            account=True,
            repeatable=True,
            preflight=Preflight.ACCOUNTS,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
    ),
    *_section(
        "FA Model Portfolios",
        Operation("POST", "/fa/model/list", status=DOCUMENTED, open_to=_ADVISORS),
        Operation("POST", "/fa/model/summary", status=DOCUMENTED, open_to=_ADVISORS),
        Operation("POST", "/fa/model/positions", status=DOCUMENTED, open_to=_ADVISORS),
        Operation("POST", "/fa/model/accounts-details", status=DOCUMENTED, open_to=_ADVISORS),
        Operation(
            "POST",
            "/fa/model/save",
            CHANGES,
            account=True,
            repeatable=True,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
        Operation(
            "POST", "/fa/model/invest-divest", CHANGES, account=True, status=DOCUMENTED, open_to=_ADVISORS
        ),
        Operation("POST", "/fa/model/invest-divest-positions", status=DOCUMENTED, open_to=_ADVISORS),
        Operation("POST", "/fa/model/submit-transfers", TRADES, status=DOCUMENTED, open_to=_ADVISORS),
        Operation("POST", "/fa/fa-preset/get", status=DOCUMENTED, open_to=_ADVISORS),
        Operation(
            "POST",
            "/fa/fa-preset/save",
            CHANGES,
            account=True,
            repeatable=True,
            status=DOCUMENTED,
            open_to=_ADVISORS,
        ),
    ),
    Operation("POST", "/iserver/reauthenticate", CHANGES, session=LOGIN, get_alias=True, ticker=True),
)

OPERATIONS: Final[Mapping[OperationKey, Operation]] = MappingProxyType({row.key: row for row in _ROWS})


def find_operation(key: OperationKey) -> Operation:
    """Return the operation's row; without one (generated routers), a row derived from its path."""
    return OPERATIONS.get(key) or _unlisted(key)


def match_operation(method: str, path: str) -> Operation | None:
    """Return the row whose route has this method and path, whatever the names of its path values."""
    return _BY_ROUTE.get(normalize((method, path)))


def normalize(key: OperationKey) -> OperationKey:
    """Return the key with unnamed path values, such as `("GET", "/iserver/account/{}/summary")`."""
    method, path = key
    return method, re.sub(r"\{\w+\}", "{}", path)


_BY_ROUTE: Final = {normalize((row.method, row.route or row.path)): row for row in _ROWS}


def _is_about_the_session(path: str) -> bool:
    return path.startswith(("/tickle", "/logout", "/sso/", "/iserver/auth/", "/iserver/reauthenticate"))


def _unlisted(key: OperationKey) -> Operation:
    method, path = key
    session, preflight = LOGIN, Preflight.NONE
    if path.startswith(("/iserver/", "/fa/")):
        session = BROKERAGE
    if path.startswith("/iserver/account/"):
        preflight = Preflight.ACCOUNTS
    elif path.startswith(("/portfolio/", "/portfolio2/", "/acesws/", "/pa/")):
        preflight = Preflight.PORTFOLIO
    effect = READS if method == "GET" else CHANGES
    return Operation(method, path, effect, session=session, preflight=preflight, status=DOCUMENTED)
