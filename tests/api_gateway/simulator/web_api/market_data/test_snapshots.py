from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.market_data.snapshots import availability, snapshot_row

FRIDAY_NIGHT = datetime(2026, 3, 6, 22, tzinfo=ZoneInfo("America/New_York")).timestamp()


@pytest.mark.parametrize(
    ("options", "by_day", "at_night"),
    [
        (SimulationOptions(availability="RpB"), "RpB", "ZpB"),
        (SimulationOptions(availability="DPB"), "DPB", "YPB"),
        (SimulationOptions(availability="Z"), "Z", "Z"),
        (SimulationOptions(availability="N"), "N", "N"),
    ],
)
def test_market_data_is_frozen_while_the_market_is_closed(
    simulation: Simulation, noon: float, skip: Callable[[float], None], by_day: str, at_night: str
) -> None:
    apple = simulation.selected_account.instrument(265598)
    assert availability(simulation, apple) == by_day
    skip(FRIDAY_NIGHT - noon)
    assert availability(simulation, apple) == at_night
    assert availability(simulation, simulation.selected_account.instrument(479624278)) == by_day


def test_every_field_arrives_within_half_a_second_to_one_second(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    apple = simulation.selected_account.instrument(265598)
    fields = ["31", "70", "71", "84", "85", "86", "88", "7295", "7741"]
    arrived = []
    for _ in range(11):
        arrived.append(len(snapshot_row(simulation, apple, "265598", fields).keys() & set(fields)))
        skip(0.1)
    assert arrived[:5] == [0] * 5
    assert arrived == sorted(arrived)
    assert 0 < arrived[7] < len(fields)
    assert arrived[10] == len(fields)


def test_a_row_without_fields_has_only_the_availability(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    apple = simulation.selected_account.instrument(265598)
    assert set(snapshot_row(simulation, apple, "265598", [])) == {"conid", "conidEx"}
    skip(0.5)
    result = snapshot_row(simulation, apple, "265598", [])
    assert set(result) == {"conid", "conidEx", "server_id", "6119", "6509", "_updated"}
