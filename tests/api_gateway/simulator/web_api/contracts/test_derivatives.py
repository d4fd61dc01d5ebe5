from __future__ import annotations

from collections.abc import Callable

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.derivatives import (
    exchange_names,
    listed_contracts,
    month_codes,
    today_yyyymmdd,
)

AAPL, ES, CL = 265598, 11004968, 17340715


def test_expired_months_are_removed_from_the_list_and_new_months_are_added(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    before = month_codes(simulation, AAPL, "OPT")
    skip(60 * 86400)
    after = month_codes(simulation, AAPL, "OPT")
    assert before[:3] == ["MAR26", "APR26", "MAY26"]
    assert after[:2] == ["MAY26", "JUN26"]
    assert set(after) - set(before)


def test_a_contract_is_listed_on_its_last_day(simulation: Simulation, skip: Callable[[float], None]) -> None:
    skip(17 * 86400)
    assert today_yyyymmdd(simulation) == "20260320"
    assert listed_contracts(simulation, AAPL, "OPT", contract_month="202603")[0].expiry == "20260320"


def test_crude_oil_futures_are_named_by_delivery_month(simulation: Simulation) -> None:
    first = listed_contracts(simulation, CL, "FUT")[0]
    assert (first.expiry, month_codes(simulation, CL, "FUT")[0]) == ("20260320", "APR26")


def test_event_contracts_are_listed_as_options(simulation: Simulation) -> None:
    result = listed_contracts(simulation, 732764706, "OPT")
    assert {contract.sec_type for contract in result} == {"EC"}
    assert exchange_names(simulation, 732764706, "OPT") == ["FORECASTX"]
    assert month_codes(simulation, 732764706, "FOP") == []


def test_options_on_futures_are_limited_by_month_strike_and_right(simulation: Simulation) -> None:
    assert exchange_names(simulation, ES, "FOP") == ["CME"]
    found = listed_contracts(simulation, ES, "FOP", contract_month="202603", strike=6700.0, right="P")
    assert {(each.strike, each.right, each.contract_month) for each in found} == {(6700.0, "P", "202603")}
    assert len({each.trading_class for each in found}) > 5
