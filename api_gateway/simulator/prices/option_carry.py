"""What it costs to hold an option's underlying until expiry: interest, less dividends."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import exp

from api_gateway.simulator.accounts.interest_rates import INTEREST_RATES, OTHER_CURRENCY
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.dividends import dividends_from
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.option_pricing import SECONDS_PER_YEAR, Carry
from api_gateway.simulator.instruments.universe import Universe

_LONGEST_LISTING = timedelta(days=1200)


class OptionCarry:
    """The carry of every option, from the rates that futures and accounts use."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        # By conid: hashing an instrument takes longer than pricing it.
        self._rates: dict[int, tuple[Carry, tuple[tuple[float, float], ...]]] = {}

    def at(self, option: Instrument, underlying: Instrument, epoch: float) -> Carry:
        """The carry of an option at a time: a share's dividends count until their ex-dates."""
        rates = self._rates.get(option.conid)
        if rates is None:
            rates = self._rates[option.conid] = self._find_rates(option, underlying)
        carry, dividends = rates
        worth = sum(
            amount * exp(-carry.interest * (at - epoch) / SECONDS_PER_YEAR)
            for at, amount in dividends
            if at > epoch
        )
        return Carry(carry.growth, carry.interest, worth) if worth else carry

    def _find_rates(
        self, option: Instrument, underlying: Instrument
    ) -> tuple[Carry, tuple[tuple[float, float], ...]]:
        """The carry without dividends, and each dividend until the expiry with the time of its ex-date."""
        interest = INTEREST_RATES.get(option.currency, OTHER_CURRENCY).benchmark
        if underlying.sec_type == "FUT":
            return Carry(0.0, interest), ()
        if underlying.sec_type == "IND":
            growth = self._universe.carry_of_futures(underlying)
            return Carry(interest if growth is None else growth, interest), ()
        if underlying.price_source_conid is not None:  # its price does not drop on an ex-date
            return Carry(interest - underlying.dividend / underlying.reference_price, interest), ()
        return Carry(interest, interest), tuple(_dividends_until_expiry(option, underlying))


def _dividends_until_expiry(option: Instrument, share: Instrument) -> list[tuple[float, float]]:
    expiry = datetime.strptime(option.expiry or "", "%Y%m%d").date()  # noqa: DTZ007 a date has no time zone
    found = []
    for dividend in dividends_from(share, expiry - _LONGEST_LISTING):
        session = session_on(HOURS[share.hours], dividend.ex_date)
        if dividend.ex_date > expiry:
            break
        if session is not None:
            found.append((session.start, dividend.per_share * share.price_magnifier))
    return found
