"""Measures: the numbers that a scan ranks and filters by, as a snapshot shows them as text."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from api_gateway.simulator.calendar.bars import DAY, WEEK
from api_gateway.simulator.calendar.trading_hours import HOURS, TradingSession, session_at
from api_gateway.simulator.prices.prices import Bar
from api_gateway.simulator.web_api.market_data.snapshot_fields import (
    CONTRACT_FIELDS,
    PRICE_FIELDS,
    ContractSnapshot,
)

Measure = Callable[[ContractSnapshot], float | None]

_TRADING_DAYS = 252
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9}


def snapshot_field(number: str) -> Measure:
    """Return a measure that reads one snapshot field; None if the field has no value."""
    write = CONTRACT_FIELDS.get(number) or PRICE_FIELDS[number]

    def measure(s: ContractSnapshot) -> float | None:
        text = write(s)
        return None if text is None else parse_number(str(text))

    return measure


def parse_number(text: str) -> float:
    """Return the number in `C267.80`, `1,300`, `0.54%` or `3.99B`."""
    digits = text.lstrip("CH").rstrip("%").replace(",", "")
    unit = _UNITS.get(digits[-1:], 1.0)
    return float(digits.rstrip("KMB")) * unit


def seeded_measure(key: int, low: float, high: float) -> Measure:
    """Return a constant pseudo-random measure per company or fund, for data that the simulator lacks."""
    return lambda s: low + (high - low) * s.seeded_value(key) if s.instrument.sec_type == "STK" else None


def last_price(s: ContractSnapshot) -> float:
    """Return the last price, in the contract's currency."""
    return s.quote.last


def in_dollars(measure: Measure) -> Measure:
    """Return the measure converted to US dollars."""

    def measure_in_dollars(s: ContractSnapshot) -> float | None:
        amount = measure(s)
        return (
            None
            if amount is None
            else amount * s.simulation.selected_account.exchange_rates.rate(s.instrument.currency)
        )

    return measure_in_dollars


def change(s: ContractSnapshot) -> float:
    """Return the change since the prior close."""
    return s.quote.last - s.quote.prior_close


def change_percent(s: ContractSnapshot) -> float | None:
    """Return the change since the prior close, in percent."""
    return _percent_change(s.quote.last, s.quote.prior_close)


def change_since_open(s: ContractSnapshot) -> float | None:
    """Return the change since the open, in percent."""
    return _percent_change(s.quote.last, s.quote.open)


def opening_gap(s: ContractSnapshot) -> float | None:
    """Return the change from the prior close to the open, in percent."""
    return _percent_change(s.quote.open, s.quote.prior_close)


def after_hours_change(s: ContractSnapshot) -> float | None:
    """Return the change since the close of regular hours, if trading continues outside them."""
    session = _session(s)
    if session.start == session.opens or s.quote.market_open:
        return None
    closed = s.moment >= session.closes
    close = s.simulation.prices.price_at(s.instrument, session.closes) if closed else s.quote.prior_close
    return s.quote.last - close


def after_hours_change_percent(s: ContractSnapshot) -> float | None:
    """Return the after-hours change in percent."""
    amount = after_hours_change(s)
    return None if amount is None else _percent_change(s.quote.last, s.quote.last - amount)


def price_range(s: ContractSnapshot) -> float:
    """Return the difference between today's high and low."""
    return s.quote.high - s.quote.low


def change_in_deviations(s: ContractSnapshot) -> float | None:
    """Return today's change as a multiple of the contract's daily standard deviation."""
    percent = change_percent(s)
    return None if percent is None else abs(percent) / (100 * _daily_deviation(s))


def range_in_deviations(s: ContractSnapshot) -> float:
    """Return today's range as a multiple of the contract's daily standard deviation."""
    return price_range(s) / s.quote.last / _daily_deviation(s)


def volume(s: ContractSnapshot) -> float | None:
    """Return today's volume; None for a contract that is not traded itself, such as an index."""
    return s.quote.volume if s.instrument.average_volume else None


def average_volume(s: ContractSnapshot) -> float | None:
    """Return the average daily volume."""
    return s.instrument.average_volume or None


def turnover(s: ContractSnapshot) -> float | None:
    """Return today's turnover, in the contract's currency."""
    traded = volume(s)
    return None if traded is None else traded * s.quote.last * s.instrument.multiplier


def average_turnover(s: ContractSnapshot) -> float | None:
    """Return the average daily turnover, in the contract's currency."""
    traded = average_volume(s)
    return None if traded is None else traded * s.quote.last * s.instrument.multiplier


def relative_volume(s: ContractSnapshot) -> float | None:
    """Return today's volume as a multiple of the average daily volume."""
    traded = volume(s)
    return None if traded is None else traded / s.instrument.average_volume


def volume_rate(s: ContractSnapshot) -> float | None:
    """Return the volume per minute since the session began."""
    traded, session = volume(s), _session(s)
    minutes = (min(s.moment, session.end) - session.start) / 60
    return None if traded is None else traded / max(1.0, minutes)


def trade_count(s: ContractSnapshot) -> float | None:
    """Return today's number of trades, assuming trades of the contract's usual size."""
    traded = volume(s)
    return None if traded is None else traded // (40 + 160 * s.seeded_value(20))


def trade_rate(s: ContractSnapshot) -> float | None:
    """Return the trades per minute since the session began."""
    count, rate, traded = trade_count(s), volume_rate(s), volume(s)
    return None if not count or not rate or not traded else rate * count / traded


def recent_volume(minutes: int) -> Measure:
    """Return a measure of the volume of the last `minutes`."""

    def measure(s: ContractSnapshot) -> float | None:
        if not s.instrument.average_volume:
            return None
        begin = s.moment - 60 * minutes
        bars = s.simulation.prices.bars_between(s.instrument, begin, s.moment, 60, outside_rth=True)
        return sum(bar.volume for bar in bars)

    return measure


def percent_from_high(weeks: int) -> Measure:
    """Return a measure of the last price relative to the `weeks` high, in percent: 0 or less."""
    return lambda s: _percent_change(s.quote.last, max(bar.high for bar in _recent_bars(s, weeks)))


def percent_from_low(weeks: int) -> Measure:
    """Return a measure of the last price relative to the `weeks` low, in percent: 0 or more."""
    return lambda s: _percent_change(s.quote.last, min(bar.low for bar in _recent_bars(s, weeks)))


def halted_change_percent(s: ContractSnapshot) -> float | None:
    """Return the change in percent of a halted contract; None for any other."""
    return change_percent(s) if s.quote.halted else None


def closed_market_volume(s: ContractSnapshot) -> float | None:
    """Return the average volume of a contract outside its regular hours; None for any other."""
    return None if s.quote.market_open else float(s.instrument.average_volume)


def conid(s: ContractSnapshot) -> float:
    """Return the conid."""
    return s.instrument.conid


def coupon(s: ContractSnapshot) -> float | None:
    """Return a bond's coupon, in percent."""
    return s.instrument.coupon


def maturity(s: ContractSnapshot) -> float | None:
    """Return a bond's maturity, as the number yyyymmdd."""
    return float(s.instrument.expiry) if s.instrument.sec_type == "BOND" and s.instrument.expiry else None


def option_open_interest(s: ContractSnapshot) -> float | None:
    """Return the open interest in options on the contract; None if it has no options."""
    return s.option_volume * 8.0 if s.has_options else None


def in_millions(measure: Measure) -> Measure:
    """Return the measure in millions."""

    def scaled(s: ContractSnapshot) -> float | None:
        amount = measure(s)
        return None if amount is None else amount / 1e6

    return scaled


def _daily_deviation(s: ContractSnapshot) -> float:
    return s.instrument.volatility / sqrt(_TRADING_DAYS)


def _percent_change(now: float, before: float) -> float | None:
    return 100 * (now / before - 1) if before else None


def _session(s: ContractSnapshot) -> TradingSession:
    return session_at(HOURS[s.instrument.hours], s.moment)


def _recent_bars(s: ContractSnapshot, weeks: int) -> list[Bar]:
    return s.simulation.prices.bars_between(s.instrument, s.moment - weeks * WEEK, s.moment, DAY)
