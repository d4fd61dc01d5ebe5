"""Alert conditions: what they compare, and when they are first met."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from itertools import takewhile
from types import MappingProxyType
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, PRICE_STEP, sessions_before
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.orders.triggers import first_matching_step
from api_gateway.simulator.prices.prices import PriceRange

_SPX = 416904
TIME_FORMAT = "%Y%m%d-%H:%M:%S"
ANY_CONTRACT = "*@*"


class ConditionType(IntEnum):
    """The condition types, by IBKR's number; types 7 and up are only valid in the mobile alert."""

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
    """One condition. `conidex` is `265598@SMART` or `*@*`; `value` is the text that the client sent.

    What `value` means depends on the type: a price or volume of the contract, the margin cushion in
    percent, the day's change of the market or of a position in percent, the daily profit in base currency,
    a time as `YYYYMMDD-HH:mm:ss` in `time_zone` or in UTC, and `*` for a trade. `bind` joins it to the next
    condition.
    """

    kind: ConditionType
    conidex: str
    comparison: str
    value: str
    bind: str = END
    trigger_method: str | None = "0"
    time_zone: str | None = None

    @property
    def conid(self) -> int | None:
        """The contract, or None for any contract."""
        conid = self.conidex.partition("@")[0]
        return int(conid) if conid.isdecimal() else None

    @property
    def time_threshold(self) -> float:
        """The time of a time condition, in seconds since 1970."""
        zone = ZoneInfo(self.time_zone) if self.time_zone else UTC
        return datetime.strptime(self.value, TIME_FORMAT).replace(tzinfo=zone).timestamp()

    def is_met_by(self, value: float) -> bool:
        """Return whether a value meets the condition."""
        threshold = self.time_threshold if self.kind is ConditionType.TIME else float(self.value)
        return OPERATORS[self.comparison](value, threshold)


def first_trigger_time(
    conditions: Sequence[Condition],
    paper_account: PaperAccount,
    since: float,
    until: float,
    *,
    outside_rth: bool,
) -> float | None:
    """Return the first moment after `since` and up to `until` at which the alert fires, or None.

    "and" binds more tightly than "or". Times, prices and trades are dated exactly; every other type is
    evaluated once, at `until`, which must be the current time.
    """
    times = [
        _group_trigger_time(group, paper_account, since, until, outside_rth)
        for group in _and_groups(conditions)
    ]
    return min((time for time in times if time is not None), default=None)


def _and_groups(conditions: Sequence[Condition]) -> Iterator[list[Condition]]:
    group: list[Condition] = []
    for condition in conditions:
        group.append(condition)
        if condition.bind == OR:
            yield group
            group = []
    if group:
        yield group


def _group_trigger_time(
    group: list[Condition], paper_account: PaperAccount, since: float, until: float, outside_rth: bool
) -> float | None:
    times = [
        _condition_trigger_time(condition, paper_account, since, until, outside_rth) for condition in group
    ]
    met_at = [time for time in times if time is not None]
    if len(met_at) < len(group):
        return None
    for moment in dict.fromkeys((max(met_at), until)):
        if len(group) == 1 or all(
            _is_met(condition, paper_account, since, moment, outside_rth) for condition in group
        ):
            return moment
    return None


def _condition_trigger_time(
    condition: Condition, paper_account: PaperAccount, since: float, until: float, outside_rth: bool
) -> float | None:
    if condition.kind is ConditionType.TIME:
        moments = (since + PRICE_STEP, max(since + PRICE_STEP, condition.time_threshold))
        return next((at for at in moments if at <= until and condition.is_met_by(at)), None)
    if condition.kind is ConditionType.TRADE:
        return next((at for at in _trade_times(condition, paper_account) if since < at <= until), None)
    if condition.kind is ConditionType.PRICE:
        return _price_trigger_time(condition, paper_account, since, until, outside_rth)
    return until if _is_met(condition, paper_account, since, until, outside_rth) else None


def _price_trigger_time(
    condition: Condition, paper_account: PaperAccount, since: float, until: float, outside_rth: bool
) -> float | None:
    instrument = paper_account.instrument(condition.conid or 0)

    def may_match(span: PriceRange) -> bool:
        if condition.comparison == "==":
            return span.low <= float(condition.value) <= span.high
        return condition.is_met_by(span.high) or condition.is_met_by(span.low)

    def matches(moment: float) -> bool:
        return condition.is_met_by(paper_account.prices.price_at(instrument, moment))

    for start, end in _trading_intervals(instrument, since, until, outside_rth):
        first_match = first_matching_step(
            paper_account.prices, instrument, start, end, may_match=may_match, matches=matches
        )
        if first_match is not None:
            return first_match
    return None


def _trading_intervals(
    instrument: Instrument, since: float, until: float, outside_rth: bool
) -> Iterator[tuple[float, float]]:
    """Yield the first and last half-second step of each trading interval in (`since`, `until`]."""
    first, last = since // PRICE_STEP * PRICE_STEP + PRICE_STEP, until // PRICE_STEP * PRICE_STEP
    sessions = takewhile(lambda session: session.end > since, sessions_before(HOURS[instrument.hours], until))
    for session in reversed(list(sessions)):
        start, end = (session.start, session.end) if outside_rth else (session.opens, session.closes)
        if max(first, start) <= min(last, end - PRICE_STEP):
            yield max(first, start), min(last, end - PRICE_STEP)


def _is_met(
    condition: Condition, paper_account: PaperAccount, since: float, moment: float, outside_rth: bool
) -> bool:
    """Return whether the condition holds at `moment`; only prices, times and trades can be in the past."""
    if condition.kind is ConditionType.TRADE:
        return any(since < at <= moment for at in _trade_times(condition, paper_account))
    if condition.kind is ConditionType.TIME:
        return condition.is_met_by(moment)
    if condition.kind is ConditionType.PRICE:
        instrument = paper_account.instrument(condition.conid or 0)
        intervals = _trading_intervals(instrument, moment - PRICE_STEP, moment, outside_rth)
        return any(True for _ in intervals) and condition.is_met_by(
            paper_account.prices.price_at(instrument, moment)
        )
    return any(condition.is_met_by(value) for value in _current_values(condition, paper_account))


def _current_values(condition: Condition, paper_account: PaperAccount) -> list[float]:
    """Return the current values to compare: one, or one per position."""
    if condition.kind is ConditionType.VOLUME:
        return [paper_account.prices.quote(paper_account.instrument(condition.conid or 0)).volume]
    if condition.kind is ConditionType.MARKET:
        return [_daily_change_percent(paper_account, condition.conid or _SPX)]
    valuation = paper_account.valuation()
    if condition.kind is ConditionType.POSITION:
        return [
            _daily_change_percent(paper_account, position.instrument.conid)
            for position in valuation.open_positions
        ]
    if condition.kind is ConditionType.MARGIN:
        total = valuation.net_liquidation
        return [100 * valuation.total.excess_liquidity / total] if total else []
    return [float(valuation.daily_pnl)]


def _daily_change_percent(paper_account: PaperAccount, conid: int) -> float:
    """Return the contract's change today in percent."""
    quote = paper_account.prices.quote(paper_account.instrument(conid))
    return 100 * (quote.last / quote.prior_close - 1) if quote.prior_close else 0.0


def _trade_times(condition: Condition, paper_account: PaperAccount) -> list[float]:
    return sorted(
        execution.at for execution in paper_account.executions if condition.conid in (None, execution.conid)
    )
