"""The status of the connection to IBKR: what works, what doesn't, why, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Actor, Cause, Explanation, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.preflight import Accounts
from api_gateway.errors import GatewayError
from api_gateway.operations import SessionRequirement
from api_gateway.session.diagnosis import Diagnosis
from api_gateway.session.maintenance import MaintenanceWindow, login_end, next_window, window_at
from api_gateway.session.monitor import SessionCheck
from api_gateway.session.states import BLOCKING_STATES, SessionState
from mcp_server.ticker.client import TickerClient, TickerStatus

CHECK_TIMEOUT = 1.5
"""Timeout of a check of the gateway, in seconds."""

CHECK_TTL = 1.0
"""Seconds for which the result of a successful check is reused."""

POLL_INTERVAL = 5.0
"""Seconds between two requests to the ticker."""

SOLE_SERVER_REPORTS = 2
"""Consecutive reports that must count this server alone, because another may have just started."""

ACCOUNTS_TIMEOUT = 0.4
"""Additional seconds for the list of accounts, if it has not been requested yet."""

DEFAULT_LINE_LIMIT = 100
"""Market-data lines that a login can have open, unless more have been bought."""

_BROKERAGE_FEATURES = "quotes, price history, contract search, orders and trades"
_PORTFOLIO_FEATURES = "positions, balances, performance and account data"
_ACTORS = {Actor.TICKER: "the ticker", Actor.USER: "the user", Actor.NOBODY: "nobody"}
_NEEDS_LOGIN_PAGE = frozenset(
    {SessionState.NOT_LOGGED_IN, SessionState.ADDRESS_REFUSED, SessionState.UPSTREAM_SILENT}
)
_KNOWN_STATES = frozenset(state.value for state in SessionState)
_LOGGED_IN = frozenset(
    {SessionState.CLOSED, SessionState.OPENING, SessionState.COMPETING, SessionState.ESTABLISHED}
)


@dataclass(frozen=True)
class ConnectionStatus:
    """The result of one check: of the gateway (None if unknown) and of the ticker, and its time."""

    check: SessionCheck | None
    ticker: TickerStatus
    accounts: Accounts | None
    checked_at: datetime
    awaiting_confirmation: bool = False

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis of the gateway's response; its next step depends on whether the ticker is running."""
        if self.check is None:
            return None
        found = self.check.diagnosis
        if self.ticker.alive or not (found.ready or found.found is SessionState.CLOSED):
            return found
        return found.with_cause(Cause.READY_WITHOUT_TICKER if found.ready else Cause.CLOSED_WITHOUT_TICKER)


class ConnectionReporter:
    """Reports the status of the connection, in this trading mode.

    `prefetch` lets it prefetch, in a new session, what IBKR is slow to return at first. `data_problem`
    returns why the data folder cannot be used, if so.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        ticker: TickerClient,
        mode: TradingMode,
        *,
        prefetch: bool = True,
        data_problem: Callable[[], Explanation | None] = lambda: None,
    ) -> None:
        self.gateway = gateway
        self._ticker = ticker
        self._mode = mode
        self._prefetch = prefetch
        self._data_problem = data_problem

    async def current_status(self, *, max_age: float = CHECK_TTL) -> ConnectionStatus:
        """The status, within two seconds in any state; never raises a `GatewayError`."""
        monitor = self.gateway.session_monitor
        check, ticker = await asyncio.gather(
            monitor.check_within(timeout=CHECK_TIMEOUT, max_age=max_age), self._ticker.fetch_status()
        )
        accounts = self.gateway.accounts
        if accounts is None and check is not None and check.diagnosis.ready:
            accounts = await self._fetch_accounts()
        return ConnectionStatus(
            check, ticker, accounts, self.gateway.current_time(), self.gateway.order_question.open
        )

    async def poll_ticker(self) -> None:
        """Poll the ticker until cancelled, so that no call has to wait to find out what is missing.

        When a new session opens, the state of the old one is discarded, and what is slow at first is
        prefetched; but not during a hold, because the order may be somebody else's, and not if other servers
        use the same ticker, because together they would exceed IBKR's limits.
        """
        since: str | None = None
        reports_alone = 0
        while True:
            report = (await self._ticker.fetch_status()).report
            reports_alone = reports_alone + 1 if report is not None and report.servers == 1 else 0
            if report is not None and report.state in _KNOWN_STATES:
                state = SessionState(report.state)
                self.gateway.session_monitor.mark_suspect(state)
                if state.ready and report.since != since:
                    since = report.since
                    self.gateway.reset_session_state()
                if (
                    self._prefetch
                    and state.ready
                    and reports_alone >= SOLE_SERVER_REPORTS
                    and not report.holds
                ):
                    await self.gateway.prefetch(self._must_defer_prefetch)
            await asyncio.sleep(POLL_INTERVAL)

    async def _must_defer_prefetch(self) -> bool:
        """True if the ticker is on hold, counts another server, or does not respond."""
        report = (await self._ticker.fetch_status()).report
        return report is None or bool(report.holds) or report.servers != 1

    async def _fetch_accounts(self) -> Accounts | None:
        if self.gateway.order_question.open:
            return None
        try:
            async with asyncio.timeout(ACCOUNTS_TIMEOUT):
                await self.gateway.get("/iserver/accounts")
        except (GatewayError, TimeoutError):
            return None
        return self.gateway.accounts

    def to_json(self, status: ConnectionStatus) -> dict[str, Any]:
        """The status as JSON, the sentence first; unknown values are left out."""
        settings = self.gateway.settings
        diagnosis, check, report = status.diagnosis, status.check, status.ticker.report
        state = None if diagnosis is None else diagnosis.found
        order_waits = explain(Cause.ORDER_AWAITS_CONFIRMATION)
        result: dict[str, Any] = {
            "sentence": order_waits.sentence if diagnosis is None else diagnosis.sentence,
            "next_step": order_waits.next_step if diagnosis is None else self._next_step(status),
            "who_acts": _ACTORS[Actor.USER if diagnosis is None else diagnosis.actor],
            "login_url": settings.gateway_login_url if state in _NEEDS_LOGIN_PAGE else None,
            "detail": (diagnosis.detail or None) if diagnosis else None,
            "state": diagnosis.state if diagnosis else "unknown",
            "ready": diagnosis is not None and diagnosis.ready,
        }
        if check is not None:
            agrees = report is not None and report.state == check.diagnosis.state and report.since
            result["since"] = report.since if report is not None and agrees else _format_time(check.since)
        if diagnosis is not None and state is not None:
            result |= _describe_features(state)
        if status.awaiting_confirmation and check is not None:
            result["note"] = f"This is the result of the last check. {order_waits.sentence}"
        result["login"] = self._login_expiry(status)
        result["resets"] = self._reset_windows(status)
        result["trading_mode"] = self._mode
        result["account_kind"] = _account_kind(status.accounts)
        result["accounts"] = list(status.accounts.ids) if status.accounts else None
        result["market_data_lines"] = {
            "open_here": self.gateway.market_data_lines,
            "usual_limit": DEFAULT_LINE_LIMIT,
        }
        result["pacing"] = self._rate_limits()
        result["ticker"] = _drop_none(
            {
                "works": status.ticker.alive,
                "sentence": status.ticker.message,
                "next_step": status.ticker.next_step or None,
                "state": report.state if report else None,
                "next_check_in_seconds": report.next_look_in_seconds if report else None,
                "when_another_program_competes": (report.compete or None) if report else None,
            }
        )
        if problem := self._data_problem():
            result["data_folder"] = {"sentence": problem.sentence, "next_step": problem.next_step}
        return _drop_none(result)

    def _next_step(self, status: ConnectionStatus) -> str:
        """The next step; if another program competes, the one that the ticker's policy allows."""
        diagnosis, report = status.diagnosis, status.ticker.report
        if diagnosis is None:
            return ""
        if diagnosis.found is SessionState.COMPETING and report is not None and status.ticker.alive:
            if report.compete == "ask":
                if self._mode is TradingMode.READ:
                    # `take_over_session` is not available in this mode, and a chat cannot send POST /take.
                    return diagnosis.next_step
                return diagnosis.with_cause(Cause.COMPETING_ASK_HERE).next_step
            if report.state == SessionState.COMPETING:
                return report.next_step
        if diagnosis.ready and status.ticker.alive and report is not None and report.login_warning:
            return f"{diagnosis.next_step} {report.login_warning}"
        return diagnosis.next_step

    def _login_expiry(self, status: ConnectionStatus) -> dict[str, Any] | None:
        """When IBKR ends the login, if there is one."""
        if status.check is None or status.check.diagnosis.found not in _LOGGED_IN:
            return None
        report = status.ticker.report
        if report is not None and report.login_ends_in_seconds is not None:
            return _drop_none(
                {
                    "ends_in_seconds": round(report.login_ends_in_seconds),
                    "ends_at": report.login_ends_at,
                    "warning": report.login_warning,
                }
            )
        ends = login_end(self.gateway.settings.gateway_region, status.checked_at)
        return {
            "ends_in_seconds": round((ends - status.checked_at).total_seconds()),
            "ends_at": _format_time(ends),
            "note": "At the latest: IBKR ends every login at midnight in the account's region.",
        }

    def _reset_windows(self, status: ConnectionStatus) -> dict[str, Any]:
        region = self.gateway.settings.gateway_region
        now = window_at(region, status.checked_at)
        return _drop_none(
            {
                "now": _window_to_json(now) if now else None,
                "next": _window_to_json(next_window(region, status.checked_at)),
            }
        )

    def _rate_limits(self) -> dict[str, Any]:
        limits = self.gateway.rate_limiter.status()
        return _drop_none(
            {
                "penalty_seconds": ceil(limits.penalty_seconds),
                "requests_left_this_second": 0 if limits.penalty_seconds else limits.remaining_requests,
                "available_again_in_seconds": {
                    f"{method} {template}": ceil(seconds)
                    for (method, template), seconds in limits.blocked.items()
                }
                or None,
            }
        )


def _describe_features(state: SessionState) -> dict[str, str]:
    if state is SessionState.ESTABLISHED:
        return {"works": f"Everything: {_BROKERAGE_FEATURES}; {_PORTFOLIO_FEATURES}."}
    if state is SessionState.PENALTY_BOX:
        return {"does_not_work": "Nothing works until the penalty is over: no request is sent to IBKR."}
    if state in BLOCKING_STATES[SessionRequirement.LOGIN]:
        return {"does_not_work": f"Nothing works: neither {_BROKERAGE_FEATURES} nor {_PORTFOLIO_FEATURES}."}
    if state in BLOCKING_STATES[SessionRequirement.BROKERAGE]:
        return {
            "works": f"{_PORTFOLIO_FEATURES.capitalize()}.",
            "does_not_work": f"{_BROKERAGE_FEATURES.capitalize()}.",
        }
    return {}


def _account_kind(accounts: Accounts | None) -> str | None:
    if accounts is None or accounts.paper is None:
        return None
    return "paper (simulated money)" if accounts.paper else "live (real money)"


def _window_to_json(window: MaintenanceWindow) -> dict[str, str]:
    return {"what": window.what, "begins": _format_time(window.begins), "ends": _format_time(window.ends)}


def _format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _drop_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
