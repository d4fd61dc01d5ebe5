"""The connection to IBKR in one picture: what works, what does not, why, and what to do about it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from api_gateway.access_policy import TradingMode
from api_gateway.errors import GatewayError
from api_gateway.session.diagnosis import Actor, Diagnosis
from api_gateway.session.maintenance import MaintenanceWindow, login_end, next_window, window_at
from api_gateway.session.states import BLOCKING_STATES, SessionRequirement, SessionState
from mcp_server.ticker.client import TickerLook

if TYPE_CHECKING:
    from api_gateway.client.gateway import GatewayClient
    from api_gateway.client.preflight import Accounts
    from api_gateway.session.monitor import SessionCheck
    from mcp_server.ticker.client import Ticker

PATIENCE = 1.5
"""Seconds for a look at the gateway."""

KEPT = 1.0
"""Seconds for which a look that found all well serves those who ask next."""

EVERY = 5.0
"""Seconds between two questions to the ticker."""

SURELY = 2
"""Reports in a row by which this server is the only one: so many, as another may have begun just now."""

ACCOUNTS_PATIENCE = 0.4
"""Seconds more for the list of accounts, where IBKR has not been asked for it yet."""

USUAL_LINES = 100
"""Contracts that IBKR sends market data for at a time, unless more have been bought."""

_NOT_LOOKED = (
    "An order waits for an answer to IBKR's question, and asking anything now would void it, so nothing was "
    "asked."
)
_QUOTES = "quotes, price history, searches for contracts, orders and trades"
_PORTFOLIO = "positions, balances, performance and the accounts' data"
_ACTS = {Actor.TICKER: "the ticker", Actor.USER: "the user", Actor.NOBODY: "nobody"}
_NEEDS_THE_PAGE = frozenset(
    {SessionState.NOT_LOGGED_IN, SessionState.ADDRESS_REFUSED, SessionState.UPSTREAM_SILENT}
)
_STATES = frozenset(state.value for state in SessionState)
_LOGGED_IN = frozenset(
    {SessionState.CLOSED, SessionState.OPENING, SessionState.COMPETING, SessionState.ESTABLISHED}
)


@dataclass(frozen=True)
class Picture:
    """One look at everything: at the gateway (None where nothing is known), at the ticker, and when."""

    look: SessionCheck | None
    ticker: TickerLook
    accounts: Accounts | None
    at: datetime
    held_still: bool = False

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What the gateway's answer means, with the next step that the ticker, or its absence, leaves."""
        if self.look is None:
            return None
        found = self.look.diagnosis
        if self.ticker.alive or not (found.ready or found.found is SessionState.CLOSED):
            return found
        why = (
            "It works now, but without the ticker it closes after five idle minutes."
            if found.ready
            else "The ticker would open it again, but does not run."
        )
        return replace(found, next_step=f"{why} {self.ticker.next_step}", actor=Actor.USER)


class Connection:
    """Draws the picture for everybody who asks, in this trading mode.

    `ask_ahead` lets it ask a new session for what is slow at first.
    """

    def __init__(
        self, gateway: GatewayClient, ticker: Ticker, mode: TradingMode, *, ask_ahead: bool = True
    ) -> None:
        self.gateway = gateway
        self._ticker = ticker
        self._mode = mode
        self._ask_ahead = ask_ahead

    async def picture(self, *, no_older_than: float = KEPT) -> Picture:
        """The picture, within two seconds in any state; never raises a `GatewayError`."""
        looks = self.gateway.session_monitor
        look, ticker = await asyncio.gather(
            looks.check_within(timeout=PATIENCE, max_age=no_older_than), self._ticker.look()
        )
        accounts = self.gateway.accounts
        if accounts is None and look is not None and look.diagnosis.ready:
            accounts = await self._accounts()
        return Picture(look, ticker, accounts, self.gateway.current_time(), self.gateway.order_question.open)

    async def listen(self) -> None:
        """Hear from the ticker, for ever, what is missing, so that no call has to wait to find that out.

        What an earlier session was asked is forgotten when another is open, and that is asked ahead for what
        is slow at first; but not while the ticker holds still, for an order that may be somebody else's, and
        not where other servers listen, too: together they would break IBKR's limits.
        """
        since: str | None = None
        alone = 0
        while True:
            report = (await self._ticker.look()).report
            alone = alone + 1 if report is not None and report.servers == 1 else 0
            if report is not None and report.state in _STATES:
                state = SessionState(report.state)
                self.gateway.session_monitor.mark_suspect(state)
                if state.ready and report.since != since:
                    since = report.since
                    self.gateway.reset_session_state()
                if self._ask_ahead and state.ready and alone >= SURELY and not report.holds:
                    await self.gateway.prefetch(self._must_wait)
            await asyncio.sleep(EVERY)

    async def _must_wait(self) -> bool:
        """True if the ticker holds still, counts another server, or does not say."""
        report = (await self._ticker.look()).report
        return report is None or bool(report.holds) or report.servers != 1

    async def _accounts(self) -> Accounts | None:
        if self.gateway.order_question.open:
            return None
        try:
            async with asyncio.timeout(ACCOUNTS_PATIENCE):
                await self.gateway.get("/iserver/accounts")
        except (GatewayError, TimeoutError):
            return None
        return self.gateway.accounts

    def told(self, picture: Picture) -> dict[str, Any]:
        """The picture as JSON, the sentence first; what is not known is left out."""
        settings = self.gateway.settings
        found, look, report = picture.diagnosis, picture.look, picture.ticker.report
        state = None if found is None else found.found
        told: dict[str, Any] = {
            "sentence": _NOT_LOOKED if found is None else found.sentence,
            "next_step": "Answer the question, then ask again."
            if found is None
            else self._next_step(picture),
            "who_acts": _ACTS[Actor.USER if found is None else found.actor],
            "login_url": settings.gateway_login_url if state in _NEEDS_THE_PAGE else None,
            "detail": (found.detail or None) if found else None,
            "state": found.state if found else "unknown",
            "ready": found is not None and found.ready,
        }
        if look is not None:
            agrees = report is not None and report.state == look.diagnosis.state and report.since
            told["since"] = report.since if report is not None and agrees else _written(look.since)
        if found is not None and state is not None:
            told |= _what_works(state)
        if picture.held_still and look is not None:
            told["note"] = f"This is the last look. {_NOT_LOOKED}"
        told["login"] = self._login(picture)
        told["resets"] = self._resets(picture)
        told["trading_mode"] = self._mode
        told["account_kind"] = _kind(picture.accounts)
        told["accounts"] = list(picture.accounts.ids) if picture.accounts else None
        told["market_data_lines"] = {
            "open_here": self.gateway.market_data_lines,
            "usual_limit": USUAL_LINES,
        }
        told["pacing"] = self._pacing()
        told["ticker"] = _without_nothing(
            {
                "works": picture.ticker.alive,
                "sentence": picture.ticker.sentence,
                "next_step": picture.ticker.next_step or None,
                "sees": report.state if report else None,
                "looks_again_in_seconds": report.next_look_in_seconds if report else None,
                "when_another_program_competes": (report.compete or None) if report else None,
            }
        )
        return _without_nothing(told)

    def _next_step(self, picture: Picture) -> str:
        """The next step; where another program competes, the one that the ticker's policy leaves."""
        found, report = picture.diagnosis, picture.ticker.report
        if found is None:
            return ""
        if found.found is SessionState.COMPETING and report is not None and picture.ticker.alive:
            if report.compete == "ask":
                if self._mode is TradingMode.READ:
                    return found.next_step  # the tool is not here, and nobody can post to the ticker by chat
                return f"{found.next_step} Or let that program lose the connection: `take_over_session`."
            if report.state == SessionState.COMPETING:
                return report.next_step
        if found.ready and picture.ticker.alive and report is not None and report.login_warning:
            return f"Nothing is to be done now. {report.login_warning}"
        return found.next_step

    def _login(self, picture: Picture) -> dict[str, Any] | None:
        """When IBKR ends the login, where there is one."""
        if picture.look is None or picture.look.diagnosis.found not in _LOGGED_IN:
            return None
        report = picture.ticker.report
        if report is not None and report.login_ends_in_seconds is not None:
            return _without_nothing(
                {
                    "ends_in_seconds": round(report.login_ends_in_seconds),
                    "ends_at": report.login_ends_at,
                    "warning": report.login_warning,
                }
            )
        ends = login_end(self.gateway.settings.gateway_region, picture.at)
        return {
            "ends_in_seconds": round((ends - picture.at).total_seconds()),
            "ends_at": _written(ends),
            "note": "At the latest: IBKR ends every login at midnight of the account's region.",
        }

    def _resets(self, picture: Picture) -> dict[str, Any]:
        region = self.gateway.settings.gateway_region
        now = window_at(region, picture.at)
        return _without_nothing(
            {"now": _window(now) if now else None, "next": _window(next_window(region, picture.at))}
        )

    def _pacing(self) -> dict[str, Any]:
        budget = self.gateway.rate_limiter.status()
        return _without_nothing(
            {
                "silence_seconds": ceil(budget.penalty_seconds),
                "requests_left_this_second": 0 if budget.penalty_seconds else budget.remaining_requests,
                "not_again_before_seconds": {
                    f"{method} {template}": ceil(seconds)
                    for (method, template), seconds in budget.blocked.items()
                }
                or None,
            }
        )


def _what_works(state: SessionState) -> dict[str, str]:
    if state is SessionState.ESTABLISHED:
        return {"works": f"Everything: {_QUOTES}; {_PORTFOLIO}."}
    if state is SessionState.PENALTY_BOX:
        return {"does_not_work": "Nothing works until the wait is over: no question is sent to IBKR."}
    if state in BLOCKING_STATES[SessionRequirement.LOGIN]:
        return {"does_not_work": f"Nothing works: neither {_QUOTES} nor {_PORTFOLIO}."}
    if state in BLOCKING_STATES[SessionRequirement.BROKERAGE]:
        return {"works": f"{_PORTFOLIO.capitalize()}.", "does_not_work": f"{_QUOTES.capitalize()}."}
    return {}


def _kind(accounts: Accounts | None) -> str | None:
    if accounts is None or accounts.paper is None:
        return None
    return "paper (pretended money)" if accounts.paper else "live (real money)"


def _window(window: MaintenanceWindow) -> dict[str, str]:
    return {"what": window.what, "begins": _written(window.begins), "ends": _written(window.ends)}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _without_nothing(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}
