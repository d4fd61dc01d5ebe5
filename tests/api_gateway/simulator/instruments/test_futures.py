from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import Universe, build_universe

NEW_YORK = ZoneInfo("America/New_York")
DAY = 86400.0


@pytest.fixture
def clock() -> Clock:
    return Clock(start=datetime(2026, 11, 23, 12, tzinfo=NEW_YORK).timestamp(), frozen=True)


@pytest.fixture
def universe(clock: Clock) -> Universe:
    return build_universe(clock.now)


@pytest.mark.parametrize(
    ("symbol", "names"),
    [
        ("ES", "ESZ6 ESH7 ESM7 ESU7 ESZ7"),
        ("MNQ", "MNQZ6 MNQH7 MNQM7 MNQU7 MNQZ7"),
        ("GC", "GCZ6 GCG7 GCJ7 GCM7 GCQ7 GCV7"),
        ("CL", "CLF7 CLG7 CLH7"),
        ("NG", "NGZ6 NGF7 NGG7"),
        ("ZN", "ZNZ6 ZNH7 ZNM7"),
        ("EUR", "6EZ6 6EH7 6EM7"),
        ("VIX", "VXZ6 VXF7 VXG7"),
        ("DAX", "FDAXZ6 FDAXH7 FDAXM7"),
        ("HSI", "HSIX6 HSIZ6 HSIF7"),
    ],
)
def test_contracts_have_the_months_of_their_exchange(universe: Universe, symbol: str, names: str) -> None:
    found = [future.local_symbol for future in universe.futures_of(symbol)]
    assert " ".join(found).startswith(names)


@pytest.mark.parametrize(
    ("symbol", "delivery", "zone", "hour"),
    [
        ("ES", "cash", "America/New_York", 9.5),
        ("CL", "physical", "America/New_York", 14.5),
        ("ZN", "physical", "America/Chicago", 12 + 1 / 60),
        ("DAX", "cash", "Europe/Berlin", 13),
    ],
)
def test_a_future_ends_at_the_time_of_its_exchange(
    universe: Universe, symbol: str, delivery: str, zone: str, hour: float
) -> None:
    future = universe.futures_of(symbol)[0]
    ends = datetime.fromtimestamp(future.expires_at or 0, tz=ZoneInfo(zone))
    assert (future.delivery, f"{ends:%Y%m%d}") == (delivery, future.last_trading_day)
    assert ends.hour + ends.minute / 60 == pytest.approx(hour)
    assert future.trades_until == future.expires_at


def test_contracts_roll_with_the_clock_and_expired_contracts_can_still_be_found(
    universe: Universe, clock: Clock
) -> None:
    before = universe.futures_of("CL")
    clock.advance(365 * DAY)
    after = universe.futures_of("CL")
    assert len(after) == len(before)
    assert not {future.conid for future in before} & {future.conid for future in after}
    assert [universe.by_conid(future.conid) is not None for future in before] == [True] * len(before)
    assert all(f"{universe.today:%Y%m%d}" <= (future.expiry or "") for future in after)


def test_a_contract_that_is_not_listed_yet_cannot_be_found(universe: Universe, clock: Clock) -> None:
    last = universe.futures_of("ES")[-1]
    assert universe.by_conid(last.conid + 3) is None
    assert universe.by_conid(last.conid + 1) is None
    clock.advance(100 * DAY)
    found = universe.by_conid(last.conid + 3)
    assert found is not None
    assert found.local_symbol == "ESH8"


def test_the_front_month_is_traded_most(universe: Universe, clock: Clock) -> None:
    volumes = [future.average_volume for future in universe.futures_of("ES")]
    assert volumes == sorted(volumes, reverse=True)
    second = universe.futures_of("ES")[1]
    clock.advance(30 * DAY)
    front = universe.by_conid(second.conid)
    assert front is not None
    assert front.average_volume == volumes[0]


def test_a_micro_future_follows_the_same_index_as_the_full_size_future(universe: Universe) -> None:
    micro, large = universe.futures_of("MES")[0], universe.futures_of("ES")[0]
    index = universe.by_conid(micro.underlying_conid or 0)
    assert index is not None
    assert (index.symbol, index.price_source_conid) == ("MES", large.underlying_conid)
    assert micro.multiplier * 10 == large.multiplier
