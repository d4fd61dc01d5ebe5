"""Seeded prices of every instrument at every time, without a data feed.

A price depends only on the seed, the instrument and the time, not on earlier calls: the clock can skip any
period. Options follow their underlying (Black-Scholes), futures and index funds their index, and CFDs their
stock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice, pairwise, takewhile
from math import exp

from api_gateway.simulator.calendar.bars import bar_windows_before
from api_gateway.simulator.calendar.trading_hours import (
    HOURS,
    PRICE_STEP,
    Hours,
    TradingSession,
    session_at,
    sessions_before,
)
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.corporate_actions.price_adjustment import PriceAdjustment
from api_gateway.simulator.corporate_actions.splits import shares_per_share, splits_of
from api_gateway.simulator.instruments.combinations import Combination, contracts_of
from api_gateway.simulator.instruments.option_pricing import (
    SECONDS_PER_YEAR,
    Carry,
    Greeks,
    greeks,
    implied_volatility,
    option_price,
)
from api_gateway.simulator.instruments.universe import Instrument, Universe
from api_gateway.simulator.prices.combination_prices import (
    bound_options,
    combine_quotes,
    combine_ranges,
)
from api_gateway.simulator.prices.option_carry import OptionCarry
from api_gateway.simulator.prices.order_book import build_order_book
from api_gateway.simulator.prices.price_overrides import PriceOverrides
from api_gateway.simulator.prices.price_path import PricePath
from api_gateway.simulator.prices.quotes import Bar, PriceRange, Quote
from api_gateway.simulator.prices.seeded_noise import hash_keys
from api_gateway.simulator.prices.volumes import volume_until

__all__ = ["Bar", "PriceRange", "Prices", "Quote"]

_OPTIONS = frozenset({"OPT", "FOP"})
_MAX_CENTS = 99  # an event contract is priced between 1 and 99 cents


class Prices:
    """Market prices: quotes at the clock's time, prices and bars at any time."""

    def __init__(self, universe: Universe, clock: Clock, seed: int = 1) -> None:
        self._universe = universe
        self._clock = clock
        self._key = hash_keys(seed, 0)
        self._paths: dict[int, PricePath] = {}
        self._overrides = PriceOverrides()
        self._halted: set[int] = set()
        self._carry = OptionCarry(universe)

    def quote(self, instrument: Instrument, epoch: float | None = None) -> Quote:
        """The quote at `epoch`, or now. It changes every 500 ms while the market is open.

        That of a contract whose trading has ended is the last one.
        """
        epoch = self._clock.now() if epoch is None else epoch
        if isinstance(instrument, Combination):
            return combine_quotes(instrument, [self.quote(leg, epoch) for leg in contracts_of(instrument)])
        now = _floor_to_step(instrument.until_its_end(epoch))
        has_ended = instrument.trades_until is not None and epoch >= instrument.trades_until
        session = session_at(_hours(instrument), now)
        moment = min(now, session.end)
        last = self.price_at(instrument, now)
        begun = now >= session.opens
        day = self.range_between(
            instrument, session.opens if begun else session.start, min(now, session.closes) if begun else now
        )
        pinned = self._overrides.price_at(instrument.conid, now) is not None
        key = hash_keys(hash_keys(self._key, instrument.conid), int(moment / PRICE_STEP))
        book = build_order_book(instrument, last, key, centred=pinned)
        halted = instrument.conid in self._halted
        trades = not halted and not has_ended
        return Quote(
            last=last,
            bid=book.bid,
            ask=book.ask,
            open=day.open,
            high=day.high,
            low=day.low,
            prior_close=self.prior_close(instrument, now),
            bid_size=book.bid_size,
            ask_size=book.ask_size,
            last_size=book.last_size,
            volume=self._volume_until(instrument, session, moment),
            market_open=session.is_open_at(now) and trades,
            halted=halted,
            extended_hours=session.is_trading_at(now) and not session.is_open_at(now) and trades,
        )

    def price_at(self, instrument: Instrument, epoch: float) -> float:
        """The last price at `epoch` (seconds since 1970), past or future; none is later than its end."""
        if isinstance(instrument, Combination):
            return instrument.price_of(self.price_at(leg, epoch) for leg in contracts_of(instrument))
        now = _floor_to_step(instrument.until_its_end(epoch))
        pinned = self._overrides.price_at(instrument.conid, now)
        if pinned is not None:
            return pinned
        session = session_at(_hours(instrument), now)
        moment = min(now, session.end)
        leader = self._price_source(instrument)
        if leader is None:
            return _ticks_to_price(instrument, self._path(instrument).ticks_at(session, moment))
        fixed = self._overrides.price_at(leader.conid, now)
        spot = self.price_at(leader, moment) if fixed is None else fixed
        return self._derived_price(instrument, spot, moment)

    def range_between(self, instrument: Instrument, since: float, until: float) -> PriceRange:
        """Open, high, low and close between two times, including price overrides.

        For a combination, high and low are bounds that its price may not reach.
        """
        if isinstance(instrument, Combination):
            legs = contracts_of(instrument)
            bounds = combine_ranges(instrument, [self.range_between(leg, since, until) for leg in legs])
            spots = self._common_source_range(instrument, since, until)
            if spots is None:
                return bounds
            return bound_options(instrument, bounds, spots, (since, until), self._derived_price)
        since, until = instrument.until_its_end(since), instrument.until_its_end(until)
        total: PriceRange | None = None
        for left, right in pairwise(self._overrides.boundaries(instrument.conid, since, until)):
            fixed = self._overrides.price_at(instrument.conid, left)
            part = (
                self._unfixed_range(instrument, left, right)
                if fixed is None
                else PriceRange(fixed, fixed, fixed, fixed)
            )
            total = part if total is None else total.merge(part)
        if total is None:
            raise ValueError(f"no time between {since} and {until}")
        last = self._overrides.price_at(instrument.conid, until)
        return total if last is None else total.merge(PriceRange(last, last, last, last))

    def prior_close(self, instrument: Instrument, epoch: float) -> float:
        """The regular close of the session before the one at `epoch`, in shares as of `epoch`."""
        session, before = islice(sessions_before(_hours(instrument), epoch), 2)
        ratio = self._split_ratio(instrument, before.day, session.day)
        return self.price_at(instrument, before.closes) * ratio

    def greeks(self, instrument: Instrument) -> Greeks | None:
        """The Greeks of an option at the clock's time; None for other instruments."""
        terms = self._option_terms(instrument)
        return None if terms is None else greeks(*terms[:4], instrument.right or "C", terms[4])

    def implied_volatility(self, instrument: Instrument) -> float | None:
        """The volatility that an option's price implies at the clock's time; None for other instruments."""
        terms = self._option_terms(instrument)
        return None if terms is None else terms[3]

    def bars(
        self, instrument: Instrument, end: float, step: float, count: int, outside_rth: bool = False
    ) -> list[Bar]:
        """The last `count` bars of `step` seconds before `end`, the oldest first.

        Steps of `bars.DAY`, `WEEK` and `MONTH` follow the calendar. The last bar may be unfinished: its
        close is the price at `end`.
        """
        return list(islice(self._iterate_bars_backwards(instrument, end, step, outside_rth), count))[::-1]

    def bars_between(
        self,
        instrument: Instrument,
        begin: float,
        end: float,
        step: float,
        outside_rth: bool = False,
        *,
        limit: int | None = None,
    ) -> list[Bar]:
        """The bars of `step` seconds that start at `begin` or later and before `end`, the oldest first.

        Only the last `limit` of them, if that is given.
        """
        bars = self._iterate_bars_backwards(instrument, end, step, outside_rth)
        return list(islice(takewhile(lambda bar: bar.start >= begin, bars), limit))[::-1]

    def override_price(self, conid: int, price: float | None) -> None:
        """Fix one instrument's price from now on; None ends the override."""
        self._overrides.set(conid, _floor_to_step(self._clock.now()), price)

    def is_halted(self, conid: int) -> bool:
        """True while trading in one instrument is halted."""
        return conid in self._halted

    def halt(self, conid: int) -> None:
        """Halt trading in one instrument; its price does not change."""
        instrument = self._universe.by_conid(conid)
        if instrument is not None:
            self.override_price(conid, self.price_at(instrument, self._clock.now()))
            self._halted.add(conid)

    def resume(self, conid: int) -> None:
        """Resume trading in one instrument."""
        self._halted.discard(conid)
        self.override_price(conid, None)

    def _iterate_bars_backwards(
        self, instrument: Instrument, end: float, step: float, outside_rth: bool
    ) -> Iterator[Bar]:
        today = session_at(_hours(instrument), self._clock.now()).day
        for windows in bar_windows_before(
            _hours(instrument),
            _floor_to_step(instrument.until_its_end(end)),
            step,
            outside_rth=outside_rth,
        ):
            # As IBKR's history: in today's shares, and not adjusted for dividends.
            ratios = [self._split_ratio(instrument, session.day, today) for session, _, _ in windows]
            spans = [
                self.range_between(instrument, since, until).scale(ratio)
                for ratio, (_, since, until) in zip(ratios, windows, strict=True)
            ]
            total = spans[0]
            for span in spans[1:]:
                total = total.merge(span)
            volume = sum(
                (
                    self._volume_until(instrument, session, until)
                    - self._volume_until(instrument, session, since)
                )
                / ratio
                for ratio, (session, since, until) in zip(ratios, windows, strict=True)
            )
            yield Bar(windows[0][1], total.open, total.high, total.low, total.close, round(volume))

    def _split_ratio(self, instrument: Instrument, day: date, later: date) -> float:
        """The factor that converts one day's price to the shares of a later day."""
        first_day = self._universe.build_date
        if day >= later or not splits_of(instrument, first_day):
            return 1.0
        then, now = (shares_per_share(instrument, first_day, each) for each in (day, later))
        return then / now

    def _common_source_range(self, combination: Combination, since: float, until: float) -> PriceRange | None:
        """The range of the underlying that all legs' prices derive from, or None; only within one session."""
        legs = contracts_of(combination)
        source = self._price_source(legs[0])
        session = session_at(_hours(combination), since)
        if (
            source is None
            or until > session.end
            or any(leg.sec_type not in _OPTIONS or self._price_source(leg) != source for leg in legs)
            or any(self._overrides.is_set(leg.conid) for leg in legs)
        ):
            return None
        return self.range_between(source, since, until)

    def _unfixed_range(self, instrument: Instrument, since: float, until: float) -> PriceRange:
        covered = []
        for session in sessions_before(_hours(instrument), until):
            if session.end <= since:
                break
            covered.append((max(since, session.start), min(until, session.end), session))
        leader = self._price_source(instrument)
        total: PriceRange | None = None
        for left, right, session in reversed(covered):
            if leader is None:
                ticks = self._path(instrument).range_between(session, left, right)
                bounds = (ticks.open, ticks.high, ticks.low, ticks.close)
                part = PriceRange(*(_ticks_to_price(instrument, t) for t in bounds))
            else:
                part = self._derived_range(instrument, self.range_between(leader, left, right), left, right)
            total = part if total is None else total.merge(part)
        if total is None:
            price = self.price_at(instrument, since)
            total = PriceRange(price, price, price, price)
        return total if leader is None else self._with_overrides_of(leader, instrument, total, since, until)

    def _with_overrides_of(
        self, leader: Instrument, instrument: Instrument, found: PriceRange, since: float, until: float
    ) -> PriceRange:
        """The range, and the prices that follow from overrides of the leader while the market was closed."""
        changes = [
            self.price_at(instrument, at)
            for at in self._overrides.boundaries(leader.conid, since, until)
            if self._overrides.price_at(leader.conid, at) is not None
        ]
        if not changes:
            return found
        last = self.price_at(instrument, until)
        return PriceRange(found.open, max(found.high, last, *changes), min(found.low, last, *changes), last)

    def _volume_until(self, instrument: Instrument, session: TradingSession, epoch: float) -> int:
        if instrument.average_volume == 0:
            return 0
        key = hash_keys(hash_keys(self._key, instrument.conid), 1)
        return volume_until(key, instrument.average_volume, session, epoch)

    def _derived_price(self, instrument: Instrument, spot: float, epoch: float) -> float:
        """The price derived from the source instrument's price at one time."""
        leader = self._price_source(instrument)
        if instrument.sec_type == "EC":
            exact = 1 - spot
        elif instrument.sec_type in _OPTIONS and instrument.strike is not None and leader is not None:
            strike, years = instrument.strike, _years_left(instrument, epoch)
            volatility = implied_volatility(spot, strike, years, instrument.volatility)
            carry = self._carry.at(instrument, leader, epoch)
            exact = option_price(spot, strike, years, volatility, instrument.right or "C", carry)
            if years > 0:  # nothing is traded for less than a tick
                exact = max(instrument.tick, exact)
        else:
            exact = spot * instrument.ratio * exp(instrument.carry * _years_left(instrument, epoch))
        return _ticks_to_price(instrument, round(exact / instrument.tick))

    def _derived_range(
        self, instrument: Instrument, source_range: PriceRange, since: float, until: float
    ) -> PriceRange:
        """The range derived from the source's extremes at both ends, between which values rise or decay."""
        corners = [
            self._derived_price(instrument, spot, epoch)
            for spot in (source_range.high, source_range.low)
            for epoch in (since, until)
        ]
        return PriceRange(
            self._derived_price(instrument, source_range.open, since),
            max(corners),
            min(corners),
            self._derived_price(instrument, source_range.close, until),
        )

    def _option_terms(self, instrument: Instrument) -> tuple[float, float, float, float, Carry] | None:
        """Spot, strike, years left, volatility and carry of an option now; None for others."""
        leader = self._price_source(instrument)
        if instrument.sec_type not in _OPTIONS or leader is None or instrument.strike is None:
            return None
        now = instrument.until_its_end(self._clock.now())
        spot, years = self.price_at(leader, now), _years_left(instrument, now)
        volatility = implied_volatility(spot, instrument.strike, years, instrument.volatility)
        return spot, instrument.strike, years, volatility, self._carry.at(instrument, leader, now)

    def _price_source(self, instrument: Instrument) -> Instrument | None:
        """The instrument that this one's price is derived from, or None if it has its own path."""
        conid = instrument.price_source_conid
        return None if conid is None else self._universe.by_conid(conid)

    def _path(self, instrument: Instrument) -> PricePath:
        path = self._paths.get(instrument.conid)
        if path is None:
            path = self._paths[instrument.conid] = self._build_path(instrument)
        return path

    def _build_path(self, instrument: Instrument) -> PricePath:
        first_day = self._universe.build_date
        path: PricePath
        adjustment = PriceAdjustment(
            instrument, first_day, lambda day: path.unadjusted_close_before(day) * instrument.tick
        )
        has_actions = instrument.dividend or splits_of(instrument, first_day)
        path = PricePath(
            key=hash_keys(self._key, instrument.conid),
            hours=_hours(instrument),
            reference=instrument.reference_price / instrument.tick,
            volatility=instrument.volatility,
            reference_date=first_day,
            max_ticks=_MAX_CENTS if instrument.sec_type == "EC" else 0,
            factor=adjustment.factor if has_actions else None,
        )
        return path


def _hours(instrument: Instrument) -> Hours:
    return HOURS[instrument.hours]


def _floor_to_step(epoch: float) -> float:
    return epoch // PRICE_STEP * PRICE_STEP


def _ticks_to_price(instrument: Instrument, ticks: int) -> float:
    return round(ticks * instrument.tick, instrument.decimals)


def _years_left(instrument: Instrument, epoch: float) -> float:
    """Years until expiry; 0 after it and for instruments without one."""
    return (
        0.0 if instrument.expires_at is None else max(0.0, (instrument.expires_at - epoch) / SECONDS_PER_YEAR)
    )
