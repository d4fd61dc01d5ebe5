"""Combinations for tests: the options nearest to the money, and conidexes of legs."""

from __future__ import annotations

from api_gateway.simulator.calendar.expiries import third_friday
from api_gateway.simulator.instruments.combinations import Combination, build_combination, parse_conidex
from api_gateway.simulator.instruments.universe import Instrument, Universe
from api_gateway.simulator.prices.prices import Prices
from tests.api_gateway.simulator.paper_account import AAPL

USD_SPREAD = 28812380


def option_near_money(
    universe: Universe,
    prices: Prices,
    epoch: float,
    *,
    right: str = "C",
    strikes_up: int = 0,
    expiry: int = 0,
) -> Instrument:
    """An option on Apple, `strikes_up` steps of 5 above the money; `expiry` 0 is the second monthly one."""
    days = [each.day for each in universe.expiries_of(AAPL)]
    monthly = [day for day in days if day == third_friday(day.year, day.month)]
    chain = universe.options_of(AAPL, expiry=f"{monthly[expiry + 1]:%Y%m%d}", right=right)
    options = [option for option in chain if (option.strike or 0.0) % 5 == 0]
    underlying = universe.by_conid(AAPL)
    assert underlying is not None
    spot = prices.price_at(underlying, epoch)
    nearest = min(range(len(options)), key=lambda i: abs((options[i].strike or 0.0) - spot))
    return options[nearest + strikes_up]


def conidex(*legs: tuple[Instrument | int, int], spread: int | str = USD_SPREAD) -> str:
    """The conidex of legs, each a contract or conid and its ratio."""
    parts = (f"{leg if isinstance(leg, int) else leg.conid}/{ratio}" for leg, ratio in legs)
    return f"{spread};;;{','.join(parts)}"


def make_combination(universe: Universe, text: str) -> Combination:
    """The combination of a valid conidex."""
    parsed = parse_conidex(text)
    assert parsed is not None
    return build_combination(universe, parsed)
