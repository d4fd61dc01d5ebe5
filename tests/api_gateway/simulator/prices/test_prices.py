from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.bars import DAY, MONTH, WEEK
from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.option_pricing import Carry, implied_volatility, option_price
from api_gateway.simulator.instruments.universe import Instrument, Universe, build_universe
from api_gateway.simulator.prices.prices import Prices

NEW_YORK = ZoneInfo("America/New_York")
CARRY = Carry(growth=0.0364, interest=0.0364)


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=NEW_YORK).timestamp()  # type: ignore[arg-type, misc]  # year to minute


TUESDAY_NOON = at(2026, 3, 3, 12)


@pytest.fixture
def clock() -> Clock:
    return Clock(start=TUESDAY_NOON, frozen=True)


@pytest.fixture
def universe(clock: Clock) -> Universe:
    return build_universe(clock.now())


@pytest.fixture
def prices(universe: Universe, clock: Clock) -> Prices:
    return Prices(universe, clock, seed=1)


@pytest.fixture
def apple(universe: Universe) -> Instrument:
    return named(universe, 265598)


def named(universe: Universe, conid: int) -> Instrument:
    found = universe.by_conid(conid)
    assert found is not None
    return found


def kinds(universe: Universe) -> list[Instrument]:
    """One instrument of each security type and pricing method."""
    picked = {(i.sec_type, i.hours, i.price_source_conid is None): i for i in universe.all()}
    return list(picked.values())


def test_price_does_not_depend_on_earlier_calls(universe: Universe, clock: Clock, apple: Instrument) -> None:
    patient, hasty = Prices(universe, clock, seed=1), Prices(universe, clock, seed=1)
    for second in range(0, 40_000, 7):
        patient.price_at(apple, TUESDAY_NOON + second)
    later = TUESDAY_NOON + 86_400 * 30 + 3
    assert patient.price_at(apple, later) == hasty.price_at(apple, later)


def test_prices_depend_on_the_seed(universe: Universe, clock: Clock, apple: Instrument) -> None:
    quotes = {Prices(universe, clock, seed=seed).quote(apple).last for seed in range(8)}
    assert len(quotes) > 5


def test_quote_changes_twice_per_second(prices: Prices, clock: Clock, apple: Instrument) -> None:
    first = prices.quote(apple)
    clock.advance(0.3)
    assert prices.quote(apple) == first
    clock.advance(0.2)
    assert prices.quote(apple) != first


def test_price_changes_between_steps_are_small(prices: Prices, apple: Instrument) -> None:
    path = [prices.price_at(apple, TUESDAY_NOON + step / 2) for step in range(3600)]
    assert max(abs(b / a - 1) for a, b in pairwise(path)) < 0.005
    assert len(set(path)) > 20


def test_high_and_low_of_the_day_contain_every_price(prices: Prices, clock: Clock, apple: Instrument) -> None:
    seen = []
    clock.advance(at(2026, 3, 4, 9, 30) - TUESDAY_NOON)
    for _ in range(60):
        clock.advance(17.5)
        quote = prices.quote(apple)
        seen.append(quote.last)
        assert quote.low <= min(seen)
        assert max(seen) <= quote.high
    assert quote.open == prices.price_at(apple, at(2026, 3, 4, 9, 30))
    assert quote.prior_close == prices.price_at(apple, at(2026, 3, 3, 16))


def test_quote_of_every_instrument_is_plausible(prices: Prices, universe: Universe) -> None:
    for instrument in universe.all():
        quote = prices.quote(instrument)
        assert 0 <= quote.low <= quote.open <= quote.high
        assert 0 <= quote.bid <= quote.last <= quote.ask
        assert quote.last == pytest.approx(round(quote.last / instrument.tick) * instrument.tick)
        assert quote.volume >= 0


@pytest.mark.parametrize(
    ("moment", "is_open", "extended"),
    [
        (at(2026, 3, 3, 12), True, False),
        (at(2026, 3, 3, 8), False, True),
        (at(2026, 3, 3, 18), False, True),
        (at(2026, 3, 3, 22), False, False),
        (at(2026, 3, 7, 12), False, False),
        (at(2026, 11, 26, 12), False, False),
    ],
)
def test_market_is_open_in_regular_hours_only(
    prices: Prices, apple: Instrument, moment: float, is_open: bool, extended: bool
) -> None:
    quote = prices.quote(apple, moment)
    assert (quote.market_open, quote.extended_hours) == (is_open, extended)


def test_price_stays_at_the_close_while_the_market_is_closed(prices: Prices, apple: Instrument) -> None:
    friday_close = prices.price_at(apple, at(2026, 3, 6, 16))
    weekend = [prices.quote(apple, at(2026, 3, 7, hour)) for hour in (1, 9, 23)]
    assert {quote.last for quote in weekend} == {friday_close}
    assert len(set(weekend)) == 1


@pytest.mark.parametrize("step", [60.0, 300.0, 3600.0, 14_400.0])
def test_bar_contains_its_quotes_and_closes_with_the_last_one(
    prices: Prices, universe: Universe, step: float
) -> None:
    end = TUESDAY_NOON + 77.5
    for instrument in kinds(universe):
        bars = prices.bars(instrument, end, step, 3)
        assert len(bars) == 3
        for bar, after in zip(bars, [*bars[1:], None], strict=True):
            until = min(bar.start + step, end if after is None else after.start)
            for moment in (bar.start, (bar.start + until) / 2, until - 0.5):
                if prices.quote(instrument, moment).market_open:
                    assert bar.low <= prices.price_at(instrument, moment) <= bar.high
        assert bars[-1].close == prices.price_at(instrument, end)
        assert bars[-1].open == prices.price_at(instrument, bars[-1].start)


@pytest.mark.parametrize("step", [DAY, WEEK, MONTH])
def test_daily_and_longer_bars_are_ordered_and_consistent(
    prices: Prices, apple: Instrument, step: float
) -> None:
    bars = prices.bars(apple, TUESDAY_NOON, step, 12)
    assert len(bars) == 12
    assert all(a.start < b.start for a, b in pairwise(bars))
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)


def test_daily_bar_equals_its_minutes_merged(prices: Prices, apple: Instrument) -> None:
    end = at(2026, 3, 3, 16)
    minutes, (day,) = prices.bars(apple, end, 60.0, 390), prices.bars(apple, end, DAY, 1)
    assert minutes[0].start == day.start
    assert (minutes[0].open, minutes[-1].close) == (day.open, day.close)
    assert max(bar.high for bar in minutes) == day.high
    assert min(bar.low for bar in minutes) == day.low
    assert sum(bar.volume for bar in minutes) == day.volume
    assert day.high == prices.quote(apple, end).high


def test_weekly_bar_equals_its_days_merged(prices: Prices, universe: Universe) -> None:
    spx = named(universe, 416904)
    week = prices.bars(spx, at(2026, 3, 6, 16), WEEK, 1)[0]
    days = prices.bars(spx, at(2026, 3, 6, 16), DAY, 5)
    assert (week.open, week.close) == (days[0].open, days[-1].close)
    assert (week.high, week.low) == (max(d.high for d in days), min(d.low for d in days))


def test_bars_between_two_times_start_at_the_first_or_later(prices: Prices, apple: Instrument) -> None:
    bars = prices.bars_between(apple, at(2026, 3, 2, 15), at(2026, 3, 3, 10), 1800.0)
    starts = [datetime.fromtimestamp(bar.start, tz=NEW_YORK).strftime("%d %H:%M") for bar in bars]
    assert starts == ["02 15:00", "02 15:30", "03 09:30"]
    outside = prices.bars_between(apple, at(2026, 3, 2, 15), at(2026, 3, 3, 10), 1800.0, True)
    assert len(outside) > 20


def test_option_price_follows_black_scholes(prices: Prices, universe: Universe) -> None:
    apple = named(universe, 265598)
    (option,) = universe.options_of(265598, expiry="20260320", strike=270, right="C")
    quote, spot = prices.quote(option), prices.quote(apple).last
    years = (at(2026, 3, 20, 16) - TUESDAY_NOON) / (365 * 86400)
    volatility = implied_volatility(spot, 270, years, apple.volatility)
    assert quote.last == pytest.approx(option_price(spot, 270, years, volatility, "C", CARRY), abs=0.02)
    assert prices.implied_volatility(option) == pytest.approx(volatility, rel=0.001)
    assert prices.implied_volatility(apple) is None
    found = prices.greeks(option)
    assert found is not None
    assert 0 < found.delta < 1
    assert prices.greeks(apple) is None


def test_call_with_a_higher_strike_is_cheaper(prices: Prices, universe: Universe) -> None:
    calls = [o for o in universe.options_of(756733) if o.right == "C" and o.expiry == "20260320"]
    premiums = [prices.quote(call).last for call in calls]
    assert premiums == sorted(premiums, reverse=True)


def test_expired_option_is_worth_its_intrinsic_value(prices: Prices, universe: Universe) -> None:
    apple = named(universe, 265598)
    call = universe.options_of(265598, expiry="20260320", right="C")[0]
    later = at(2026, 3, 20, 20)
    spot = prices.price_at(apple, at(2026, 3, 20, 16))
    assert prices.price_at(call, later) == pytest.approx(spot - (call.strike or 0), abs=0.02)


def test_futures_and_funds_follow_their_index(prices: Prices, universe: Universe) -> None:
    spx, spy = named(universe, 416904), named(universe, 756733)
    future = universe.futures_of("ES")[0]
    for days in range(0, 14, 3):
        moment = TUESDAY_NOON + days * 86400
        index = prices.price_at(spx, moment)
        assert prices.price_at(future, moment) == pytest.approx(index, rel=0.01)
        assert prices.price_at(spy, moment) == pytest.approx(index / 10, rel=0.001)


def test_yes_and_no_prices_add_up_to_a_dollar(prices: Prices, universe: Universe) -> None:
    yes, no = universe.derivatives_of(732764706, "EC")[:2]
    assert prices.quote(yes).last + prices.quote(no).last == pytest.approx(1)


def test_price_override_applies_until_it_is_removed(prices: Prices, clock: Clock, apple: Instrument) -> None:
    before = prices.price_at(apple, TUESDAY_NOON - 1)
    prices.override_price(apple.conid, 100.0)
    clock.advance(120)
    quote = prices.quote(apple)
    assert (quote.last, quote.bid, quote.ask) == (100.0, 99.99, 100.01)
    assert quote.low == 100.0
    assert prices.price_at(apple, TUESDAY_NOON - 1) == before
    bar = prices.bars(apple, clock.now(), 60.0, 1)[0]
    assert (bar.open, bar.high, bar.low, bar.close) == (100.0, 100.0, 100.0, 100.0)
    prices.override_price(apple.conid, None)
    assert prices.quote(apple).last != 100.0


def test_option_follows_an_overridden_underlying(prices: Prices, clock: Clock, universe: Universe) -> None:
    (call,) = universe.options_of(265598, expiry="20260320", strike=270, right="C")
    cheap = prices.quote(call).last
    prices.override_price(265598, 400.0)
    clock.advance(1)
    assert prices.quote(call).last == pytest.approx(130, abs=1)
    assert prices.quote(call).last > cheap


def test_option_on_a_closed_market_follows_an_overridden_underlying(
    prices: Prices, clock: Clock, universe: Universe
) -> None:
    (call,) = universe.options_of(265598, expiry="20260320", strike=270, right="C")
    clock.advance(at(2026, 3, 7, 12) - TUESDAY_NOON)
    prices.override_price(265598, 400.0)
    assert prices.quote(call).last == pytest.approx(130, abs=1)


def test_halted_instrument_has_a_constant_price_and_is_not_open(
    prices: Prices, clock: Clock, apple: Instrument
) -> None:
    prices.halt(apple.conid)
    last = prices.quote(apple).last
    clock.advance(600)
    quote = prices.quote(apple)
    assert (quote.last, quote.halted, quote.market_open) == (last, True, False)
    prices.resume(apple.conid)
    clock.advance(600)
    assert not prices.quote(apple).halted
    assert prices.quote(apple).market_open


def test_halting_an_unknown_instrument_does_nothing(prices: Prices) -> None:
    prices.halt(1)
    prices.resume(1)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "begin", [at(2026, 3, 3, 9, 15), at(2026, 3, 3, 12), at(2026, 3, 3, 15, 45), at(2026, 3, 6, 19, 50)]
)
def test_every_price_is_within_the_range_of_its_period(
    prices: Prices, universe: Universe, clock: Clock, begin: float
) -> None:
    leaders = [i for i in universe.all() if i.sec_type in ("STK", "IND")]
    clock.advance(begin + 600 - clock.now() if begin > clock.now() else 0)
    for leader in leaders[::3]:
        prices.override_price(leader.conid, prices.price_at(leader, begin) * 1.01)
    for instrument in kinds(universe):
        for length in (0.5, 61.5, 900.0):
            # The last price of a closed market is not in the next day's range.
            open_at = session_at(HOURS[instrument.hours], begin + length).start
            since = max(begin, open_at)
            span = prices.range_between(instrument, since, begin + length)
            steps = (since + 0.5 * step for step in range(int((begin + length - since) * 2) + 1))
            seen = [prices.price_at(instrument, moment) for moment in steps]
            assert span.low <= min(seen) <= max(seen) <= span.high, instrument


def test_instrument_is_halted_until_it_is_resumed(prices: Prices, apple: Instrument) -> None:
    assert not prices.is_halted(apple.conid)
    prices.halt(apple.conid)
    assert prices.is_halted(apple.conid)
    prices.resume(apple.conid)
    assert not prices.is_halted(apple.conid)


def test_prices_of_a_contract_end_when_its_trading_ends(
    prices: Prices, universe: Universe, clock: Clock
) -> None:
    options = universe.options_of(416904, expiry="20260306", strike=6000, right="C")
    (future,) = (f for f in universe.futures_of("ES") if f.contract_month == "202603")
    event = next(i for i in universe.all() if i.sec_type == "EC")
    for contract in (*options, future, event):
        ends = contract.trades_until
        assert ends is not None
        before = prices.price_at(contract, ends)
        clock.advance(max(0.0, ends - clock.now()) + 30 * DAY)
        for step in (60.0, 3600.0, DAY):
            bars = prices.bars(contract, clock.now(), step, 5)
            assert bars
            assert max(bar.start for bar in bars) < ends
            assert bars[-1].close == before
        quote = prices.quote(contract)
        assert (quote.last, quote.market_open, quote.extended_hours) == (before, False, False)
        assert prices.range_between(contract, ends + DAY, clock.now()).high == before


def test_an_option_costs_at_least_a_tick_until_it_expires(prices: Prices, universe: Universe) -> None:
    worthless = max(
        universe.options_of(416904, expiry="20260304", right="C"), key=lambda option: option.strike or 0.0
    )
    quote = prices.quote(worthless)
    assert (quote.bid, quote.last) == (0.0, worthless.tick)
    assert quote.ask >= worthless.tick
    assert worthless.expires_at is not None
    assert prices.price_at(worthless, worthless.expires_at) == 0.0
