from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.universe import Universe, build_universe

NEW_YORK = ZoneInfo("America/New_York")
AAPL, SPY, SPX, IBM, ES, CL, GC = 265598, 756733, 416904, 8314, 11004968, 17340715, 17340718
DAY = 86400.0


def at(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK).timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock(start=at(2026, 11, 23), frozen=True)


@pytest.fixture
def universe(clock: Clock) -> Universe:
    return build_universe(clock.now)


def expiry_days(universe: Universe, conid: int, month: str, sec_type: str = "OPT") -> list[tuple[str, int]]:
    return [
        (each.option_class.trading_class(each.day), each.day.day)
        for each in universe.expiries_of(conid, sec_type)
        if each.contract_month == month
    ]


def test_a_month_has_weeklies_and_dailies(universe: Universe) -> None:
    assert expiry_days(universe, IBM, "202612") == [("IBM", day) for day in (4, 11, 18, 24, 31)]
    assert {2, 4, 7, 11, 18} <= {day for _, day in expiry_days(universe, AAPL, "202612")}
    assert {1, 2, 3, 4, 7} <= {day for _, day in expiry_days(universe, SPY, "202612")}


def test_two_classes_of_index_options_expire_on_the_third_friday(universe: Universe) -> None:
    assert [name for name, day in expiry_days(universe, SPX, "202612") if day == 18] == ["SPX", "SPXW"]
    morning, evening = (
        option
        for option in universe.options_of(SPX, expiry="20261218", strike=6700, right="C")
        if option.delivery == "cash"
    )
    assert (morning.trading_class, morning.last_trading_day) == ("SPX", "20261217")
    assert (morning.trades_until, morning.expires_at) == (at(2026, 12, 17, 16), at(2026, 12, 18, 9, 30))
    assert (evening.trading_class, evening.last_trading_day) == ("SPXW", "20261218")
    assert evening.trades_until == evening.expires_at == at(2026, 12, 18, 16)
    assert morning.conid != evening.conid


def test_options_expire_early_on_a_short_day(universe: Universe) -> None:
    option = universe.options_of(AAPL, expiry="20261224")[0]
    assert option.expires_at == at(2026, 12, 24, 13)


def test_options_on_futures_deliver_the_future_that_outlives_them(universe: Universe) -> None:
    for conid, month, first in ((ES, "202612", "ESZ6"), (CL, "202701", "CLF7"), (GC, "202701", "GCG7")):
        option = universe.options_of(conid, "FOP", contract_month=month)[0]
        future = universe.by_conid(option.underlying_conid or 0)
        assert future is not None
        assert future.local_symbol == first
        assert (option.expires_at or 0) <= (future.expires_at or 0)
        assert (option.delivery, option.root_conid, option.venues) == ("physical", conid, (future.exchange,))


def test_families_of_weekly_options_on_futures_are_named_by_their_day(universe: Universe) -> None:
    names = {day: name for name, day in expiry_days(universe, ES, "202612", "FOP")}
    assert [names[day] for day in (1, 2, 3, 4, 7, 31)] == ["E1B", "E1C", "E1D", "EW1", "E1A", "EW"]


def test_strikes_are_denser_near_the_money_and_in_near_expiries(universe: Universe) -> None:
    near, far = (
        sorted({o.strike or 0 for o in universe.options_of(AAPL, expiry=day)})
        for day in ("20261218", "20280121")
    )
    money = min(range(len(near)), key=lambda i: abs(near[i] - 268))
    assert near[money + 1] - near[money] == 2.5
    assert near[-1] - near[-2] == 10
    assert min(b - a for a, b in pairwise(far)) > 2.5
    assert min(far) < 0.6 * 268 < 1.45 * 268 < max(far)


def test_every_option_is_found_by_its_conid_without_its_chain(universe: Universe, clock: Clock) -> None:
    for conid, kind in ((AAPL, "OPT"), (SPX, "OPT"), (ES, "FOP"), (CL, "FOP"), (GC, "FOP")):
        for expiry in universe.expiries_of(conid, kind)[::7]:
            for option in universe.options_of(conid, kind, expiry=f"{expiry.day:%Y%m%d}")[::97]:
                assert build_universe(clock.now).by_conid(option.conid) == option


def test_conids_of_unlisted_options_are_unknown(universe: Universe) -> None:
    option = universe.options_of(IBM, expiry="20261218", strike=250, right="C")[0]
    # One step of strikes is two numbers.
    assert universe.by_conid(option.conid + 2 * 1000) is None
    assert (
        universe.by_conid(option.conid + 1)
        == universe.options_of(IBM, expiry="20261218", strike=250, right="P")[0]
    )
    assert universe.by_conid(2_147_000_000) is None


def test_an_option_has_the_same_conid_in_every_run(universe: Universe) -> None:
    later = build_universe(at(2026, 12, 7))
    for before in universe.options_of(AAPL, contract_month="202612"):
        after = later.by_conid(before.conid)
        assert after is not None
        assert after.local_symbol == before.local_symbol


def test_new_expiries_are_listed_and_expired_options_can_still_be_found(
    universe: Universe, clock: Clock
) -> None:
    before = universe.options_of(SPY)
    for _ in range(12):
        clock.advance(30.5 * DAY)
        days = [expiry.day for expiry in universe.expiries_of(SPY)]
        assert min(days) >= universe.today
        assert len(days) > 20
    assert universe.today == date(2027, 11, 24)
    assert all(universe.by_conid(option.conid) == option for option in before[::41])
    assert not {option.conid for option in before} & {o.conid for o in universe.options_of(SPY)[:500]}


def test_strikes_follow_the_price_and_stay_listed(universe: Universe, clock: Clock) -> None:
    moves = [(at(2026, 11, 25), 400.0)]

    def price(instrument: Instrument, epoch: float) -> float:
        return next((spot for since, spot in moves if epoch >= since), instrument.reference_price)

    universe.follow_prices(price)
    before = {option.conid for option in universe.options_of(IBM, expiry="20261218")}
    assert not universe.options_of(IBM, expiry="20261218", strike=400)
    clock.advance(7 * DAY)
    after = universe.options_of(IBM, expiry="20261218")
    assert before < {option.conid for option in after}
    assert universe.options_of(IBM, expiry="20261218", strike=400)


def test_a_class_without_a_space_is_named_after_its_symbol(universe: Universe) -> None:
    (berkshire,) = universe.underlyings_of_symbol("BRK B")
    option = universe.options_of(berkshire.conid, contract_month="202612")[0]
    assert (option.symbol, option.trading_class) == ("BRK B", "BRKB")
    assert option.local_symbol.startswith("BRKB  2612")
