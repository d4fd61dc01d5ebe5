"""Whether a market is open, from IBKR's trading schedule of a contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.accounts import AccountBook
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.times import from_epoch, in_new_york
from mcp_server.facts.fact_store import FactStore

US_STOCKS: Final = 756733
"""SPY, whose schedule is that of US stocks and funds."""

_MAX_AGE: Final = timedelta(hours=12)


@dataclass(frozen=True)
class Session:
    """One trading session: regular, or extended hours, which include the regular ones.

    `day` is the trading day that the exchange counts it to.
    """

    opens: datetime
    closes: datetime
    regular: bool
    day: date | None = None


@dataclass(frozen=True)
class MarketState:
    """The state of a market at one time, as answers name it; `is_open` means regular trading hours.

    `is_trading_day`: it opens on this day in New York, or the schedule is unknown.
    """

    words: str
    is_open: bool
    next_open: datetime | None = None
    closes: datetime | None = None
    is_trading_day: bool = True


class MarketHours:
    """Reads trading schedules, each once in twelve hours."""

    def __init__(
        self, gateway: GatewayClient, facts: FactStore, accounts: AccountBook, clock: IbkrClock
    ) -> None:
        self._gateway = gateway
        self._facts = facts
        self._accounts = accounts
        self._clock = clock

    async def sessions(self, conid: int = US_STOCKS, venue: str = "") -> tuple[Session, ...]:
        """The sessions of the next days, today's included; empty if IBKR has no schedule for the contract.

        Contracts with the same `venue` share the schedule of the first of them that is read.
        """

        async def fetch() -> Any:
            try:
                return (await self._gateway.get("/contract/trading-schedule", conid=conid)).value
            except Refused:
                return {}

        fact = await self._facts.get_or_fetch(
            await self._accounts.scope(),
            "trading schedule",
            f"{venue or conid} {self._clock.today()}",
            _MAX_AGE,
            fetch,
        )
        return parse_sessions(fact.value)

    async def state(self, conid: int = US_STOCKS, venue: str = "") -> MarketState:
        """The market's state now. Without a schedule, the words are empty."""
        try:
            return state_at(await self.sessions(conid, venue), self._clock.now())
        except (Refused, Failed, RateLimited):
            return MarketState("", False)


def parse_sessions(value: Any) -> tuple[Session, ...]:
    """The sessions in a response to /contract/trading-schedule, in order."""
    schedules = value.get("schedules") if isinstance(value, dict) else None
    found = []
    for name, day in schedules.items() if isinstance(schedules, dict) else ():
        for key, regular in (("liquid_hours", True), ("extended_hours", False)):
            listed = day.get(key) if isinstance(day, dict) else None
            for hours in listed if isinstance(listed, list) else ():
                if not isinstance(hours, dict):
                    continue
                opens, closes = from_epoch(hours.get("opening")), from_epoch(hours.get("closing"))
                if opens is not None and closes is not None:
                    found.append(Session(opens, closes, regular, _parse_day(name)))
    return tuple(sorted(found, key=lambda each: each.opens))


def _parse_day(name: str) -> date | None:
    try:
        return datetime.strptime(name, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day
    except ValueError:
        return None


def state_at(sessions: tuple[Session, ...], moment: datetime) -> MarketState:
    """The state at a time within the days that the sessions cover."""
    if not sessions:
        return MarketState("", False)
    regular = [each for each in sessions if each.regular] or list(sessions)
    upcoming = next((each.opens for each in regular if each.opens > moment), None)
    current = next((each for each in regular if each.opens <= moment < each.closes), None)
    if current is not None:
        return MarketState("market open", True, upcoming, current.closes)
    if any(each.opens <= moment < each.closes for each in sessions):
        today = in_new_york(moment).date()
        before = upcoming is not None and in_new_york(upcoming).date() == today
        return MarketState("pre-market" if before else "after hours", False, upcoming)
    opens = f", opens {in_new_york(upcoming):%a %H:%M}" if upcoming is not None else ""
    trades = any(
        in_new_york(each.opens).date() == in_new_york(moment).date() for each in sessions if each.regular
    )
    return MarketState(f"market closed{opens}", False, upcoming, is_trading_day=trades)
