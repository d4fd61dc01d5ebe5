from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.position_rows import incomplete_row, portfolio2_row
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.universe_file.universe_file import OwnUniverse
from api_gateway.simulator.variants import Variants

HELD = OwnUniverse(
    "own.toml", '[[position]]\nsymbol = "VOD"\nexchange = "LSE"\nquantity = 1000\nprice = 0.9\n'
)


@pytest.mark.parametrize(("variants", "factor"), [(Variants(), 100), (Variants(london_prices="pounds"), 1)])
def test_quotes_are_in_pence_or_pounds_and_positions_in_pounds(
    clock: Clock, variants: Variants, factor: int
) -> None:
    simulation = Simulation(SimulationOptions(variants=variants, own_universe=HELD), clock)
    (vodafone,) = simulation.universe.underlyings_of_symbol("VOD")
    quote = simulation.prices.quote(vodafone)
    assert vodafone.currency == "GBP"
    assert quote.last == pytest.approx(0.92 * factor, rel=0.1)
    assert quote.bid < quote.ask
    position = simulation.selected_account.valuation().open_position(vodafone.conid)
    assert position is not None
    assert position.market_value == pytest.approx(1000 * quote.last / factor)
    row, new_row = incomplete_row("DU1", position, 0.0), portfolio2_row(position, 0)
    assert row["mktPrice"] == new_row["marketPrice"] == pytest.approx(quote.last / factor)
    assert row["avgCost"] == row["avgPrice"] == pytest.approx(0.9)
    assert row["unrealizedPnl"] == pytest.approx(row["mktValue"] - 900)


def test_london_shares_in_other_currencies_are_quoted_in_those_currencies(clock: Clock) -> None:
    universe = Simulation(SimulationOptions(), clock).universe
    magnifiers = {
        (each.exchange, each.currency): each.price_magnifier
        for each in universe.all()
        if each.sec_type == "STK"
    }
    assert [market for market, magnifier in magnifiers.items() if magnifier != 1] == [("LSE", "GBP")]
    assert ("LSE", "USD") in magnifiers
