"""The simulator's books, from which facts are computed: accounts, prices and contracts, without our code."""

from __future__ import annotations

from datetime import date, datetime

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.calendar.bars import DAY
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.option_pricing import Greeks
from api_gateway.simulator.prices.quotes import Bar, Quote
from evals.situation import Situation


def account(situation: Situation, account_id: str = "") -> PaperAccount:
    """An account, by default the selected one."""
    simulation = situation.simulation
    return simulation.accounts[account_id] if account_id else simulation.selected_account


def clients(situation: Situation) -> dict[str, PaperAccount]:
    """An advisor's clients by ID, without the advisor's own account."""
    return situation.simulation.clients


def value(situation: Situation, account_id: str = "") -> Valuation:
    """What an account is worth."""
    return account(situation, account_id).valuation()


def holdings(situation: Situation, account_id: str = "") -> list[ValuedPosition]:
    """The open positions, the most valuable first."""
    positions = value(situation, account_id).open_positions
    return sorted(positions, key=lambda each: each.base_equity, reverse=True)


def holding(situation: Situation, symbol: str, kind: str = "STK", account_id: str = "") -> ValuedPosition:
    """The position in a symbol."""
    return next(
        each
        for each in holdings(situation, account_id)
        if (each.instrument.symbol, each.instrument.sec_type) == (symbol, kind)
    )


def weight(situation: Situation, position: ValuedPosition, account_id: str = "") -> float:
    """A position's part of net liquidation, in percent."""
    return position.base_equity / value(situation, account_id).net_liquidation * 100


def listed(situation: Situation, symbol: str, kind: str = "STK", currency: str = "USD") -> Instrument:
    """The first listing of a symbol in a currency, the US listing before others."""
    found = situation.simulation.universe.underlyings_of_symbol(symbol)
    return next(each for each in found if each.sec_type == kind and each.currency == currency)


def option(situation: Situation, symbol: str, expiry: str, strike: float, right: str) -> Instrument:
    """A listed option; `expiry` is yyyymmdd."""
    underlying = listed(situation, symbol)
    [found] = situation.simulation.universe.options_of(
        underlying.conid, expiry=expiry, strike=strike, right=right
    )
    return found


def quote(situation: Situation, instrument: Instrument, at: float | None = None) -> Quote:
    """The quote of an instrument."""
    return situation.simulation.prices.quote(instrument, at)


def pinned_quote(situation: Situation, option: Instrument) -> Quote:
    """The quote of an option, pinned from now on; otherwise bid and ask change with time."""
    prices = situation.simulation.prices
    prices.override_price(option.conid, prices.price_at(option, situation.simulation.clock.now()))
    return prices.quote(option)


def greeks(situation: Situation, option: Instrument) -> Greeks:
    """The Greeks of an option. Raises ValueError for other instruments."""
    found = situation.simulation.prices.greeks(option)
    if found is None:
        raise ValueError(f"{option.symbol} is not an option")
    return found


def day_percent(situation: Situation, instrument: Instrument) -> float:
    """The change since the close of the day before, in percent."""
    found = quote(situation, instrument)
    return (found.last / found.prior_close - 1) * 100


def close_on(situation: Situation, instrument: Instrument, day: date) -> float:
    """The regular close of a trading day."""
    session = session_on(HOURS[instrument.hours], day)
    if session is None:
        raise ValueError(f"no session of {instrument.symbol} on {day}")
    return situation.simulation.prices.price_at(instrument, session.closes)


def daily_bars(situation: Situation, instrument: Instrument, since: datetime) -> list[Bar]:
    """The daily bars since a time."""
    simulation = situation.simulation
    return simulation.prices.bars_between(instrument, since.timestamp(), simulation.clock.now(), DAY)


def printed_name(instrument: Instrument) -> str:
    """How an instrument is written: AAPL, ESZ6, EUR.USD, SPY 15Jan27 600P."""
    if instrument.sec_type == "OPT" and instrument.expiry:
        expires = datetime.strptime(instrument.expiry, "%Y%m%d").date()  # noqa: DTZ007
        return f"{instrument.symbol} {expires.day}{expires:%b%y} {instrument.strike:g}{instrument.right}"
    return instrument.local_symbol
