from __future__ import annotations

from datetime import date

from api_gateway.simulator.instruments.schedule_rows import upcoming_schedule, venue_schedule
from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.wire_types import type_mismatches


def test_liquid_hours_of_upcoming_days_are_within_extended_hours(simulation: Simulation) -> None:
    found = upcoming_schedule(simulation.selected_account.instrument(265598), simulation.clock.now())
    assert type_mismatches("GET /contract/trading-schedule", found) == []
    assert found["exchange_time_zone"] == "US/Eastern"
    assert list(found["schedules"]) == [
        "20260303",
        "20260304",
        "20260305",
        "20260306",
        "20260309",
        "20260310",
    ]
    for day in found["schedules"].values():
        liquid, whole = day["liquid_hours"][0], day["extended_hours"][0]
        assert whole["opening"] < liquid["opening"] < liquid["closing"] < whole["closing"]


def test_venue_schedule_has_a_regular_week_and_the_exceptions_of_a_month(simulation: Simulation) -> None:
    found = venue_schedule(simulation.selected_account.instrument(8314), date(2026, 11, 23))
    assert (found["exchange"], found["timezone"]) == ("NYSE", "America/New_York")
    days = {day["tradingScheduleDate"]: day for day in found["schedules"]}
    assert list(days)[:7] == [f"2000010{n}" for n in range(1, 8)]
    assert days["20000101"]["tradingtimes"] == []
    assert days["20000103"]["sessions"] == [{"openingTime": "0930", "closingTime": "1600", "prop": "LIQUID"}]
    assert days["20000103"]["tradingtimes"][0]["openingTime"] == "0400"
    assert days["20261126"]["tradingtimes"] == []
    assert days["20261127"]["sessions"][0]["closingTime"] == "1300"
    assert "20261124" not in days


def test_every_instrument_has_both_schedules(simulation: Simulation) -> None:
    listings = {(i.hours, i.exchange): i for i in simulation.universe.all()}
    for instrument in listings.values():
        assert len(upcoming_schedule(instrument, simulation.clock.now())["schedules"]) == 6
        assert len(venue_schedule(instrument, date(2026, 3, 3))["schedules"]) >= 7
