"""Option classes: the options on one underlying with the same name, cycle, strike step and settlement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.expiries import business_day_before, last_business_day
from api_gateway.simulator.calendar.holidays import early_closes
from api_gateway.simulator.calendar.option_cycles import CYCLES, SEVERAL_A_WEEK
from api_gateway.simulator.instruments.conids import BLOCKS, STRIKES
from api_gateway.simulator.instruments.instrument import Delivery, Instrument
from api_gateway.simulator.instruments.listings import OPTION_VENUES
from api_gateway.simulator.instruments.tables import read_table

_NEW_YORK = ZoneInfo("US/Eastern")
_EARLY_CLOSE = 780
_MULTIPLES = {0.5: (1, 2, 10), 1.0: (1, 5, 10), 5.0: (1, 5, 20), 10.0: (1, 5, 10)}
_OTHER_MULTIPLES = (1, 2, 4)
_FEWEST = 6
_NO_NAMES = ("",) * 6


@dataclass(frozen=True)
class StrikeLayer:
    """Strikes at every `multiple`th step, up to `reach` (a share of the price) from the money."""

    multiple: int
    reach: float


@dataclass(frozen=True, eq=False)
class OptionClass:
    """One class. `first_block` and the following `slots` are its numbers in conids.

    Options expire `minute` minutes after midnight in New York, or when New York closes early. If
    `stops_day_before`, they are last traded on the business day before. `names` are the names of the options
    that expire at the end of a month and on Monday to Friday, with `{n}` for the number of that weekday in
    the month; an empty name means `name`. For an option on a future, `future_margin` is the minimum number of
    days by which the future outlives the option, and `names_next_month` means that its month is the one after
    its expiry.
    """

    name: str
    root: Instrument
    cycle: str
    step: float
    first_block: int
    exchange: str
    venues: tuple[str, ...]
    sec_type: Literal["OPT", "FOP"] = "OPT"
    multiplier: float = 100.0
    tick: float = 0.01
    hours: str = "us_option"
    delivery: Delivery = "physical"
    minute: int = 960
    stops_day_before: bool = False
    names: tuple[str, ...] = _NO_NAMES
    future_margin: int = 0
    names_next_month: bool = False
    busiest: int = 4000

    @property
    def slots(self) -> int:
        """How many blocks of conids it has: one, or one per weekday."""
        return slots_of(self.cycle)

    def block(self, day: date) -> int:
        """The block of the options that expire on `day`."""
        return self.first_block + (day.weekday() if self.slots > 1 else 0)

    def lead_days(self, day: date) -> int:
        """How many days before `day` the options that expire then are listed; 0 if none expire then."""
        return CYCLES[self.cycle](day)

    def trading_class(self, day: date) -> str:
        """The name of the options that expire on `day`."""
        end_of_month = day == last_business_day(day.year, day.month)
        name = self.names[0] if end_of_month and self.names[0] else self.names[1 + day.weekday()]
        return name.format(n=(day.day + 6) // 7) or self.name

    def contract_month(self, day: date) -> str:
        """The month of the options that expire on `day`: yyyymm."""
        if self.names_next_month:
            day = day.replace(day=1) + timedelta(days=31)
        return f"{day:%Y%m}"

    def last_trading_day(self, day: date) -> date:
        """The last day on which the options that expire on `day` are traded."""
        return business_day_before(day) if self.stops_day_before else day

    def expires_at(self, day: date) -> float:
        """When the options of `day` are settled, in seconds since 1970."""
        return _new_york_time(day, self.minute)

    def trades_until(self, day: date) -> float:
        """When trading in the options of `day` ends, in seconds since 1970."""
        return (
            _new_york_time(business_day_before(day), 960) if self.stops_day_before else self.expires_at(day)
        )

    def strikes(self, day: date, today: date, lowest: float, highest: float) -> tuple[int, ...]:
        """The strikes for `day`, in steps, listed by `today`; the price has been between the two since."""
        found: set[int] = set()
        for layer in self._layers(day, today):
            spacing = self.step * layer.multiple
            first = -int(-lowest * (1 - layer.reach) // spacing)
            last = int(highest * (1 + layer.reach) // spacing)
            found.update(number * layer.multiple for number in range(max(1, first), last + 1))
        return tuple(sorted(number for number in found if number < STRIKES))

    def _layers(self, day: date, today: date) -> list[StrikeLayer]:
        """Fewer strikes far from the money and for distant expiries, as exchanges list them."""
        near, middle, far = _MULTIPLES.get(self.step, _OTHER_MULTIPLES)
        days, volatility = (day - today).days, self.root.volatility
        least = _FEWEST * self.step / self.root.reference_price
        layers = [StrikeLayer(middle, min(0.7, max(volatility, least)))]
        if days <= 45:
            layers.append(StrikeLayer(near, min(0.6, max(0.4 * volatility, least))))
        if self.lead_days(day) > 45:
            layers.append(StrikeLayer(far, min(0.85, max(2 * volatility, least))))
        return layers


def slots_of(cycle: str) -> int:
    """How many blocks of conids a class with this cycle has."""
    return 5 if cycle in SEVERAL_A_WEEK else 1


def usual_step(price: float, cycle: str) -> float:
    """The usual distance between strikes for a stock or fund at that price."""
    if cycle == "daily":
        return 1.0
    bounds: Sequence[tuple[float, float]] = ((25, 0.5), (100, 1.0), (250, 2.5), (750, 5.0), (2000, 10.0))
    if cycle == "mon-wed-fri":
        bounds = ((60, 0.5), (200, 1.0), (750, 2.5), (2000, 5.0))
    return next((step for bound, step in bounds if price < bound), 20.0)


def build_option_classes(
    roots: Mapping[str, Instrument], cycles: Mapping[str, str], first_block: int = 0
) -> list[OptionClass]:
    """The classes of option_classes.csv, then one for each underlying in `cycles`.

    `roots` are the underlyings by symbol@exchange, `cycles` the cycles of their stock options. Raises
    ValueError if there are more classes than conids.
    """
    found: list[OptionClass] = []
    for row in read_table("option_classes.csv"):
        root = roots.get(f"{row['symbol']}@{row['exchange']}")
        if root is not None:
            found.append(_class_of_row(row, root, first_block))
            first_block += found[-1].slots
    for key, cycle in cycles.items():
        found.append(_stock_class(roots[key], cycle, first_block))
        first_block += found[-1].slots
    if first_block > BLOCKS:
        raise ValueError(f"{len(found)} option classes exceed the available conids")
    return found


def _class_of_row(row: Mapping[str, str], root: Instrument, first_block: int) -> OptionClass:
    on_future = row["type"] == "FOP"
    return OptionClass(
        name=row["class"],
        root=root,
        sec_type="FOP" if on_future else "OPT",
        cycle=row["cycle"],
        step=float(row["step"]),
        first_block=first_block,
        exchange=root.exchange if on_future else "SMART",
        venues=(root.exchange,) if on_future else ("SMART", "CBOE", "IBUSOPT"),
        multiplier=float(row["multiplier"]),
        tick=float(row["tick"]),
        hours=root.hours if on_future else "us_index_option",
        delivery=cast(Delivery, row["settled"]),
        minute=int(row["minute"]),
        stops_day_before=row["stops"] == "day before",
        names=tuple(row["names"].split("/")) if row["names"] else _NO_NAMES,
        future_margin=int(row["margin"] or 0),
        names_next_month=row["month"] == "next",
        busiest=int(row["volume"]),
    )


def _stock_class(root: Instrument, cycle: str, first_block: int) -> OptionClass:
    return OptionClass(
        # A class name has no spaces: options on BRK B have the class BRKB.
        name=root.symbol.replace(" ", ""),
        root=root,
        cycle=cycle,
        step=usual_step(root.reference_price, cycle),
        first_block=first_block,
        exchange="SMART",
        venues=OPTION_VENUES,
        busiest=max(40, root.average_volume // 4000),
    )


def _new_york_time(day: date, minute: int) -> float:
    if day in early_closes(day.year):
        minute = min(minute, _EARLY_CLOSE)
    midnight = datetime(day.year, day.month, day.day, tzinfo=_NEW_YORK)
    return (midnight + timedelta(minutes=minute)).timestamp()
