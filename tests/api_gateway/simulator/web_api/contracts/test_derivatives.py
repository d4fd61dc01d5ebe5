from __future__ import annotations

from collections.abc import Callable

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.derivatives import (
    contract_month_text,
    exchanges_text,
    months_text,
    today_yyyymmdd,
    unexpired_contracts,
)


def test_expired_contracts_are_not_listed(simulation: Simulation, skip: Callable[[float], None]) -> None:
    assert months_text(unexpired_contracts(simulation, 265598, "OPT")) == "MAR26;APR26;MAY26;JUN26"
    skip(30 * 86400)
    assert today_yyyymmdd(simulation) == "20260402"
    assert months_text(unexpired_contracts(simulation, 265598, "OPT")) == "APR26;MAY26;JUN26"


def test_a_contract_is_unexpired_on_its_last_day(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    skip(17 * 86400)
    assert today_yyyymmdd(simulation) == "20260320"
    assert months_text(unexpired_contracts(simulation, 265598, "OPT")).startswith("MAR26")


def test_crude_oil_futures_are_named_by_delivery_month(simulation: Simulation) -> None:
    first = unexpired_contracts(simulation, 17340715, "FUT")[0]
    assert (first.expiry, contract_month_text(first)) == ("20260320", "APR26")


def test_event_contracts_are_listed_as_options(simulation: Simulation) -> None:
    result = unexpired_contracts(simulation, 732764706, "OPT")
    assert {contract.sec_type for contract in result} == {"EC"}
    assert exchanges_text(result) == "FORECASTX"
