"""What an alert waits for, and when that first comes true."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from itertools import takewhile
from types import MappingProxyType
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.calendar.trading_hours import HOURS, STEP, sessions_before
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.orders.triggers import first_moment
from api_gateway.simulator.prices.prices import Span

_SPX = 416904
TIME_FORMAT = "%Y%m%d-%H:%M:%S"
ANYTHING = "*@*"


class Kind(IntEnum):
    """The kinds of condition, by IBKR's number; those from 7 on belong to the mobile alert."""

    PRICE = 1
    TIME = 3
    MARGIN = 4
    TRADE = 5
    VOLUME = 6
    MARKET = 7
    POSITION = 8
    DAILY_PROFIT = 9


OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq}
)
AND, OR, END = "a", "o", "n"


@dataclass(frozen=True)
class Condition:
    """One condition. `conidex` is `265598@SMART` or `*@*`; `value` is text as it was sent.

    A price and a volume are the contract's, a margin is the cushion in percent, a market's and a position's
    value is the change of the day in percent, a daily profit is in base currency, a time is
    `YYYYMMDD-HH:mm:ss` of `time_zone` or of UTC, and a trade has `*`. `bind` joins it to the next one.
    """

    kind: Kind
    conidex: str
    comparison: str
    value: str
    bind: str = END
    trigger_method: str | None = "0"
    time_zone: str | None = None

    @property
    def conid(self) -> int | None:
        """The contract, or None for any."""
        conid = self.conidex.partition("@")[0]
        return int(conid) if conid.isdecimal() else None

    @property
    def moment(self) -> float:
        """The time that is waited for, in seconds since 1970."""
        zone = ZoneInfo(self.time_zone) if self.time_zone else UTC
        return datetime.strptime(self.value, TIME_FORMAT).replace(tzinfo=zone).timestamp()

    def holds_for(self, value: float) -> bool:
        """Whether a value meets the condition."""
        threshold = self.moment if self.kind is Kind.TIME else float(self.value)
        return OPERATORS[self.comparison](value, threshold)


def first_met(
    conditions: Sequence[Condition], broker: Broker, since: float, until: float, *, outside_rth: bool
) -> float | None:
    """The first moment after `since` and until `until` at which the alert fires, or None.

    Conditions that are joined by "and" bind more tightly than those joined by "or". Times, prices and
    trades are found at their very moment; everything else is looked at when `until` is now.
    """
    firsts = [_all_met(group, broker, since, until, outside_rth) for group in _groups(conditions)]
    return min((first for first in firsts if first is not None), default=None)


def _groups(conditions: Sequence[Condition]) -> Iterator[list[Condition]]:
    group: list[Condition] = []
    for condition in conditions:
        group.append(condition)
        if condition.bind == OR:
            yield group
            group = []
    if group:
        yield group


def _all_met(
    group: list[Condition], broker: Broker, since: float, until: float, outside: bool
) -> float | None:
    firsts = [_first(condition, broker, since, until, outside) for condition in group]
    found = [first for first in firsts if first is not None]
    if len(found) < len(group):
        return None
    for moment in dict.fromkeys((max(found), until)):
        if len(group) == 1 or all(_met(each, broker, since, moment, outside) for each in group):
            return moment
    return None


def _first(condition: Condition, broker: Broker, since: float, until: float, outside: bool) -> float | None:
    if condition.kind is Kind.TIME:
        moments = (since + STEP, max(since + STEP, condition.moment))
        return next((at for at in moments if at <= until and condition.holds_for(at)), None)
    if condition.kind is Kind.TRADE:
        return next((at for at in _trades(condition, broker) if since < at <= until), None)
    if condition.kind is Kind.PRICE:
        return _first_price(condition, broker, since, until, outside)
    return until if _met(condition, broker, since, until, outside) else None


def _first_price(
    condition: Condition, broker: Broker, since: float, until: float, outside: bool
) -> float | None:
    instrument = broker.instrument(condition.conid or 0)

    def may(span: Span) -> bool:
        if condition.comparison == "==":
            return span.low <= float(condition.value) <= span.high
        return condition.holds_for(span.high) or condition.holds_for(span.low)

    def holds(moment: float) -> bool:
        return condition.holds_for(broker.prices.price_at(instrument, moment))

    for start, end in _trading(instrument, since, until, outside):
        found = first_moment(broker.prices, instrument, start, end, may=may, holds=holds)
        if found is not None:
            return found
    return None


def _trading(
    instrument: Instrument, since: float, until: float, outside: bool
) -> Iterator[tuple[float, float]]:
    """First and last half-second steps of every stretch of trading after `since` and until `until`."""
    first, last = since // STEP * STEP + STEP, until // STEP * STEP
    sessions = takewhile(lambda session: session.end > since, sessions_before(HOURS[instrument.hours], until))
    for session in reversed(list(sessions)):
        start, end = (session.start, session.end) if outside else (session.opens, session.closes)
        if max(first, start) <= min(last, end - STEP):
            yield max(first, start), min(last, end - STEP)


def _met(condition: Condition, broker: Broker, since: float, moment: float, outside: bool) -> bool:
    """Whether it holds at a moment, which is now for all but prices, times and trades."""
    if condition.kind is Kind.TRADE:
        return any(since < at <= moment for at in _trades(condition, broker))
    if condition.kind is Kind.TIME:
        return condition.holds_for(moment)
    if condition.kind is Kind.PRICE:
        instrument = broker.instrument(condition.conid or 0)
        here = _trading(instrument, moment - STEP, moment, outside)
        return any(True for _ in here) and condition.holds_for(broker.prices.price_at(instrument, moment))
    return any(condition.holds_for(value) for value in _levels(condition, broker))


def _levels(condition: Condition, broker: Broker) -> list[float]:
    """What is compared now: one value, or one for each position."""
    if condition.kind is Kind.VOLUME:
        return [broker.prices.quote(broker.instrument(condition.conid or 0)).volume]
    if condition.kind is Kind.MARKET:
        return [_change(broker, condition.conid or _SPX)]
    valuation = broker.valuation()
    if condition.kind is Kind.POSITION:
        return [_change(broker, line.instrument.conid) for line in valuation.held]
    if condition.kind is Kind.MARGIN:
        total = valuation.net_liquidation
        return [100 * valuation.total.excess_liquidity / total] if total else []
    return [float(valuation.daily)]


def _change(broker: Broker, conid: int) -> float:
    """The day's change of a contract in percent."""
    quote = broker.prices.quote(broker.instrument(conid))
    return 100 * (quote.last / quote.prior_close - 1) if quote.prior_close else 0.0


def _trades(condition: Condition, broker: Broker) -> list[float]:
    return sorted(each.at for each in broker.executions if condition.conid in (None, each.conid))
