"""Event Contracts: forecast markets, their contracts, rules and trading hours."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.instruments.event_markets import EXCHANGE, MARKETS, Market
from api_gateway.simulator.instruments.forecast_rows import (
    category_tree,
    details_row,
    market_row,
    rules_row,
    schedules,
)
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.derivatives import living
from api_gateway.simulator.web_api.guards import whole_number
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section

SECTION = Section("Event Contracts")


@SECTION.answers("GET", "/forecast/category/tree", needs=Needs.LOGIN)
def forecast_categories(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """Every category and market there is."""
    return category_tree()


@SECTION.answers("GET", "/forecast/contract/market", needs=Needs.LOGIN)
def forecast_market(simulation: Simulation, call: Call) -> Any:
    """A market's contracts that have not expired. Snapshots of them are open from then on."""
    conid = _number(call, "underlyingConid")
    market = MARKETS.get(conid)
    if market is None:
        raise _unknown()
    simulation.preflights.searched.add(conid)
    asked = call.query.get("exchange", "").upper()
    contracts = living(simulation, conid, "EC") if asked in ("", EXCHANGE) else []
    return market_row(market, contracts, simulation.universe.day)


@SECTION.answers("GET", "/forecast/contract/details", needs=Needs.LOGIN)
def forecast_contract(simulation: Simulation, call: Call) -> Any:
    """What a contract asks, and both its sides."""
    market, contract = _contract(simulation, call)
    simulation.preflights.searched.add(market.conid)
    return details_row(market, contract, simulation.universe)


@SECTION.answers("GET", "/forecast/contract/rules", needs=Needs.LOGIN)
def forecast_rules(simulation: Simulation, call: Call) -> Any:
    """How a contract is settled."""
    market, contract = _contract(simulation, call)
    return rules_row(market, contract, simulation.universe.day)


@SECTION.answers("GET", "/forecast/contract/schedules", needs=Needs.LOGIN)
def forecast_schedules(simulation: Simulation, call: Call) -> Any:
    """When a contract is traded: all are traded at the same times."""
    _contract(simulation, call)
    return schedules()


def _contract(simulation: Simulation, call: Call) -> tuple[Market, Instrument]:
    instrument = simulation.universe.by_conid(_number(call, "conid"))
    if instrument is None or instrument.sec_type != "EC" or instrument.underlying_conid is None:
        raise _unknown()
    return MARKETS[instrument.underlying_conid], instrument


def _number(call: Call, name: str) -> int:
    number = whole_number(call.query.get(name, ""), name)
    if number == 0:
        raise Refusal(500, {"error": "Internal Server Error", "statusCode": 500})
    return number


def _unknown() -> Refusal:
    """What another kind of conid gets, such as a market's where a contract's is meant."""
    return Refusal(404, {"error": "Not Found", "statusCode": 404})
