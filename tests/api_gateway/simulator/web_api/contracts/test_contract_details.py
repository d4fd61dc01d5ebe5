from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.contracts.contract_details import (
    bond_filters,
    contract_info_row,
    contract_rules_row,
    derivative_row,
    security_row,
    underlying_row,
)
from tests.api_gateway.simulator.wire_types import type_mismatches


@pytest.fixture
def ibm(simulation: Simulation) -> Instrument:
    return simulation.selected_account.instrument(8314)


@pytest.fixture
def option(simulation: Simulation) -> Instrument:
    return simulation.universe.options_of(8314, expiry="20260320", strike=220)[0]


def test_stock_details_match_the_recorded_types(simulation: Simulation, ibm: Instrument) -> None:
    result = contract_info_row(simulation, ibm)
    assert type_mismatches("GET /iserver/contract/{id}/info", result) == []
    nulls = {key for key, value in result.items() if value is None}
    assert {"cusip", "multiplier", "maturity_date", "contract_month", "expiry_full"} <= nulls
    assert (result["industry"], result["category"]) == ("Computers", "Computer Services")


def test_option_details_name_the_underlying(simulation: Simulation, option: Instrument) -> None:
    result = contract_info_row(simulation, option)
    assert result["underlying_con_id"] == 8314
    assert (result["right"], result["strike"], result["multiplier"]) == ("CALL", "220", "100")
    assert result["maturity_date"] == result["expiry_full"] == "20260320"
    assert result["contract_month"] == "202603"
    assert result["text"] == "MAR 20 '26 220 Call"


def test_rules_have_float_prices_and_sizes_and_a_lower_case_stopprice(
    simulation: Simulation, ibm: Instrument
) -> None:
    buy, sell = (contract_rules_row(simulation, ibm, is_buy=side) for side in (True, False))
    assert "stopPrice" not in buy
    for key in ("limitPrice", "stopprice", "increment", "sizeIncrement", "defaultSize", "cashQtyIncr"):
        assert isinstance(buy[key], float), key
    quote = simulation.prices.quote(ibm)
    assert (buy["limitPrice"], sell["limitPrice"]) == (quote.ask, quote.bid)
    assert buy["canTradeAcctIds"] == ["DU1234567"]


@pytest.mark.parametrize(
    ("options", "accounts"),
    [
        (SimulationOptions(profile="fa"), ["DF1234567", "DU1234567", "DU1234568", "DU1234569"]),
        (SimulationOptions(profile="dynamic"), ["DU7000001"]),
    ],
    ids=["fa", "dynamic"],
)
def test_rules_list_the_accounts_that_can_trade(
    simulation: Simulation, ibm: Instrument, options: SimulationOptions, accounts: list[str]
) -> None:
    assert options.profile != "retail"
    assert contract_rules_row(simulation, ibm, is_buy=True)["canTradeAcctIds"] == accounts


def test_every_row_can_be_built_for_every_instrument(simulation: Simulation) -> None:
    for instrument in {(i.sec_type, i.hours): i for i in simulation.universe.all()}.values():
        assert contract_info_row(simulation, instrument)["con_id"] == instrument.conid
        assert contract_rules_row(simulation, instrument, is_buy=True)["increment"] == instrument.tick
        assert type_mismatches("GET /trsrv/secdef", {"secdef": [security_row(simulation, instrument)]}) == []
        assert derivative_row(instrument, "")["conid"] == underlying_row(instrument)["conid"]


def test_bond_filters_list_the_values_of_the_bonds(simulation: Simulation) -> None:
    filters = bond_filters(simulation.universe.bonds_of("e1400789"))
    assert {f["columnId"]: [o["value"] for o in f["options"]] for f in filters} == {
        27: ["203302", "203905"],
        28: ["20190515", "20230206"],
        25: ["4.15", "4.75"],
        5: ["USD"],
    }
    assert filters[0]["options"][0]["text"] == "Feb 2033"
