"""Option chains, built when they are needed: what is listed today, and every contract by its conid.

A chain follows the price of its underlying: strikes are added around it each day and stay listed until they
expire. Expired contracts are still found by their conids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import exp, log

from api_gateway.simulator.calendar.expiries import last_moment_of
from api_gateway.simulator.calendar.option_cycles import LONGEST_LEAD
from api_gateway.simulator.instruments.conids import option_conid, option_terms
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.option_classes import OptionClass

SpotPrice = Callable[[Instrument, float], float]
FindFuture = Callable[[int, date], Instrument]
_RIGHTS = ("C", "P")
_WEEKDAYS = 5


@dataclass(frozen=True)
class Expiry:
    """The options of one class that expire on one day."""

    option_class: OptionClass
    day: date

    @property
    def contract_month(self) -> str:
        """Their contract month: yyyymm."""
        return self.option_class.contract_month(self.day)


class OptionChains:
    """The options of some classes. `find_future` returns the first future on an index from a given day on."""

    def __init__(self, classes: Iterable[OptionClass], find_future: FindFuture) -> None:
        self._by_root: dict[int, list[OptionClass]] = defaultdict(list)
        self._by_block: dict[int, OptionClass] = {}
        for each in classes:
            self._by_root[each.root.conid].append(each)
            self._by_block.update(dict.fromkeys(range(each.first_block, each.first_block + each.slots), each))
        self._find_future = find_future
        self._spot: SpotPrice = _reference_price
        self._weekly_price = lru_cache(maxsize=8192)(self._find_weekly_price)
        self._strikes = lru_cache(maxsize=2048)(self._find_strikes)
        self._contract = lru_cache(maxsize=4096)(self._build)

    def follow_prices(self, spot: SpotPrice) -> None:
        """From now on, list strikes around the prices that `spot` returns for an instrument and a time."""
        self._spot = spot

    def classes_of(self, root_conid: int, sec_type: str) -> list[OptionClass]:
        """The classes of options (OPT or FOP) on one underlying."""
        return [each for each in self._by_root.get(root_conid, ()) if each.sec_type == sec_type]

    def expiries_of(self, root_conid: int, sec_type: str, today: date) -> list[Expiry]:
        """Every expiry that is listed on `today`, the earliest first; two classes can expire on one day."""
        found = [
            Expiry(each, day)
            for each in self.classes_of(root_conid, sec_type)
            for day in _listed_days(each, today)
        ]
        return sorted(found, key=lambda expiry: (expiry.day, expiry.option_class.first_block))

    def strikes(self, expiry: Expiry, today: date) -> list[float]:
        """The strikes of one expiry that are listed on `today`, in ascending order."""
        step = expiry.option_class.step
        return [number * step for number in self._strikes(expiry, min(today, expiry.day))]

    def contracts(
        self, expiry: Expiry, today: date, *, strike: float | None = None, right: str | None = None
    ) -> Iterator[Instrument]:
        """The options of one expiry by strike and right, limited to the given ones."""
        step = expiry.option_class.step
        for number in self._strikes(expiry, min(today, expiry.day)):
            if strike is None or abs(number * step - strike) < step / 1000:
                for each in _RIGHTS:
                    if right in (None, each):
                        yield self._contract(expiry, number, each)

    def by_conid(self, conid: int, today: date) -> Instrument | None:
        """The option with this conid, if it is or was listed by `today`; else None."""
        terms = option_terms(conid, today)
        option_class = self._by_block.get(terms.block) if terms else None
        if terms is None or option_class is None:
            return None
        for offset in range(_WEEKDAYS):
            day = terms.monday + timedelta(days=offset)
            lead = option_class.lead_days(day)
            if lead and option_class.block(day) == terms.block:
                expiry = Expiry(option_class, day)
                if (day - today).days <= lead and terms.strike in self._strikes(expiry, min(today, day)):
                    return self._contract(expiry, terms.strike, terms.right)
        return None

    def _find_strikes(self, expiry: Expiry, today: date) -> tuple[int, ...]:
        """The strikes of an expiry as of `today`, in steps: around every price since it was listed."""
        option_class, day = expiry.option_class, expiry.day
        first = day - timedelta(days=option_class.lead_days(day))
        prices = [
            self._weekly_price(option_class.root, number)
            for number in range(first.toordinal() // 7, today.toordinal() // 7 + 1)
        ]
        prices.append(self._close_before(option_class.root, today))
        return option_class.strikes(day, today, min(prices), max(prices))

    def _find_weekly_price(self, root: Instrument, week: int) -> float:
        return self._close_before(root, date.fromordinal(week * 7))

    def _close_before(self, root: Instrument, day: date) -> float:
        return self._spot(root, last_moment_of(f"{day - timedelta(days=1):%Y%m%d}"))

    def _build(self, expiry: Expiry, number: int, right: str) -> Instrument:
        option_class, day = expiry.option_class, expiry.day
        root, strike = option_class.root, number * option_class.step
        on_future = option_class.sec_type == "FOP"
        underlying = root
        if on_future:
            underlying = self._find_future(root.conid, day + timedelta(days=option_class.future_margin))
        distance = abs(log(strike / root.reference_price)) / root.volatility
        return Instrument(
            conid=option_conid(option_class.block(day), day, number, right),
            symbol=root.symbol,
            name=root.name,
            sec_type=option_class.sec_type,
            exchange=option_class.exchange,
            currency=root.currency,
            reference_price=option_class.tick,
            tick=option_class.tick,
            volatility=root.volatility,
            trading_class=option_class.trading_class(day),
            multiplier=option_class.multiplier,
            underlying_conid=underlying.conid,
            root_conid=root.conid,
            expiry=f"{day:%Y%m%d}",
            last_trading_day=f"{option_class.last_trading_day(day):%Y%m%d}",
            contract_month=expiry.contract_month,
            trades_until=option_class.trades_until(day),
            expires_at=option_class.expires_at(day),
            delivery=option_class.delivery,
            strike=strike,
            right=right,
            sector=root.sector,
            group=root.group,
            industry=root.industry,
            category=root.category,
            is_us=root.is_us,
            venues=option_class.venues,
            hours=root.hours if on_future else option_class.hours,
            average_volume=round(option_class.busiest * exp(-distance / 0.4)) + 12,
            price_source_conid=underlying.conid,
        )


@lru_cache(maxsize=1024)
def _listed_days(option_class: OptionClass, today: date) -> tuple[date, ...]:
    """The expiries of a class whose options are listed on `today`."""
    found = []
    for ahead in range(LONGEST_LEAD + 1):
        day = today + timedelta(days=ahead)
        if day.weekday() < _WEEKDAYS and (lead := option_class.lead_days(day)) and lead >= ahead:
            found.append(day)
    return tuple(found)


def _reference_price(instrument: Instrument, _: float) -> float:
    return instrument.reference_price
