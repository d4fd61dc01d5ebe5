from __future__ import annotations

import pytest

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.snapshot_fields import ContractSnapshot
from api_gateway.simulator.web_api.scanner import measures as by
from api_gateway.simulator.web_api.scanner.measures import parse_number, snapshot_field
from tests.api_gateway.simulator.paper_account import AAPL, SPY

SPX, TOYOTA = 416904, "7203"


def contract_snapshot(simulation: Simulation, conid: int = AAPL) -> ContractSnapshot:
    instrument = simulation.universe.by_conid(conid)
    assert instrument is not None
    return ContractSnapshot(
        simulation, instrument, simulation.prices.quote(instrument), simulation.clock.now()
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("C267.80", 267.8),
        ("H1.5", 1.5),
        ("1,300", 1300),
        ("-0.54%", -0.54),
        ("3.99B", 3.99e9),
        ("471K", 471e3),
    ],
)
def test_parse_number_reads_every_snapshot_format(text: str, number: float) -> None:
    assert parse_number(text) == pytest.approx(number)


def test_a_measure_equals_its_snapshot_field(simulation: Simulation) -> None:
    s = contract_snapshot(simulation)
    assert snapshot_field("31")(s) == s.quote.last
    assert snapshot_field("7283")(s) == pytest.approx(26)


def test_a_measure_of_an_empty_field_is_none(simulation: Simulation) -> None:
    s = contract_snapshot(simulation, SPX)
    assert snapshot_field("7287")(s) is None
    assert by.volume(s) is None
    assert by.trade_count(s) is None
    assert by.recent_volume(3)(s) is None


def test_changes_are_in_percent_of_the_starting_price(simulation: Simulation) -> None:
    s = contract_snapshot(simulation)
    quote = s.quote
    assert by.change_percent(s) == pytest.approx(100 * (quote.last / quote.prior_close - 1))
    assert by.change_since_open(s) == pytest.approx(100 * (quote.last / quote.open - 1))
    assert by.opening_gap(s) == pytest.approx(100 * (quote.open / quote.prior_close - 1))


def test_after_hours_changes_start_at_the_regular_close(simulation: Simulation) -> None:
    assert by.after_hours_change(contract_snapshot(simulation)) is None
    simulation.clock.advance(5 * 3600)  # 17:00
    s = contract_snapshot(simulation)
    close = simulation.prices.price_at(s.instrument, simulation.clock.now() - 3600)
    assert by.after_hours_change(s) == pytest.approx(s.quote.last - close)
    assert by.after_hours_change_percent(s) == pytest.approx(100 * (s.quote.last / close - 1))


def test_weekly_highs_and_lows_match_the_daily_bars(simulation: Simulation) -> None:
    s = contract_snapshot(simulation)
    high, low = by.percent_from_high(52)(s), by.percent_from_low(52)(s)
    assert high is not None
    assert low is not None
    assert high <= 0 <= low
    assert high == pytest.approx(100 * (s.quote.last / (snapshot_field("7293")(s) or 0) - 1), abs=0.01)
    nearer = by.percent_from_high(13)(s)
    assert nearer is not None
    assert nearer >= high


def test_recent_volume_grows_with_the_minutes(simulation: Simulation) -> None:
    s = contract_snapshot(simulation, SPY)
    three, ten = by.recent_volume(3)(s), by.recent_volume(10)(s)
    assert three is not None
    assert ten is not None
    assert 0 < three < ten < s.quote.volume


def test_in_dollars_converts_amounts(simulation: Simulation) -> None:
    (toyota,) = simulation.universe.underlyings_of_symbol(TOYOTA)
    s = contract_snapshot(simulation, toyota.conid)
    dollars = by.in_dollars(by.last_price)(s)
    assert dollars is not None
    assert 10 < dollars < 40
    assert by.in_dollars(by.coupon)(s) is None


def test_seeded_measures_never_change(simulation: Simulation) -> None:
    measure = by.seeded_measure(21, 5, 6)
    before = measure(contract_snapshot(simulation))
    simulation.clock.advance(86400)
    assert measure(contract_snapshot(simulation)) == before
    assert before is not None
    assert 5 <= before < 6
    assert measure(contract_snapshot(simulation, SPX)) is None
