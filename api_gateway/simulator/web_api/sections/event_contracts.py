"""Event Contracts: forecast markets, their contracts, rules and trading hours."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.instruments.event_markets import EXCHANGE, MARKETS, ForecastMarket
from api_gateway.simulator.instruments.forecast_rows import (
    category_tree,
    details_row,
    forecast_schedule_rows,
    market_row,
    rules_row,
)
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import parse_whole_number, server_error
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Event Contracts")


@SECTION.route("GET", "/forecast/category/tree", requires=RequiredSession.LOGIN)
def forecast_categories(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return all categories and markets."""
    return category_tree()


@SECTION.route("GET", "/forecast/contract/market", requires=RequiredSession.LOGIN)
def forecast_market(simulation: Simulation, request: ApiRequest) -> Any:
    """Return a market's unexpired contracts; from then on they can be requested in snapshots."""
    conid = _required_number(request, "underlyingConid")
    market = MARKETS.get(conid)
    if market is None:
        raise _not_found()
    simulation.preflights.searched_conids.add(conid)
    exchange = request.query.get("exchange", "").upper()
    contracts = simulation.universe.derivatives_of(conid, "EC") if exchange in ("", EXCHANGE) else []
    return market_row(market, contracts)


@SECTION.route("GET", "/forecast/contract/details", requires=RequiredSession.LOGIN)
def forecast_contract(simulation: Simulation, request: ApiRequest) -> Any:
    """Return a contract's question and both of its sides."""
    market, contract = _required_contract(simulation, request)
    simulation.preflights.searched_conids.add(market.conid)
    return details_row(market, contract)


@SECTION.route("GET", "/forecast/contract/rules", requires=RequiredSession.LOGIN)
def forecast_rules(simulation: Simulation, request: ApiRequest) -> Any:
    """Return how a contract is settled."""
    market, contract = _required_contract(simulation, request)
    return rules_row(market, contract)


@SECTION.route("GET", "/forecast/contract/schedules", requires=RequiredSession.LOGIN)
def forecast_schedules(simulation: Simulation, request: ApiRequest) -> Any:
    """Return when a contract is traded; all have the same trading hours."""
    _required_contract(simulation, request)
    return forecast_schedule_rows()


def _required_contract(simulation: Simulation, request: ApiRequest) -> tuple[ForecastMarket, Instrument]:
    instrument = simulation.universe.by_conid(_required_number(request, "conid"))
    if instrument is None or instrument.sec_type != "EC" or instrument.underlying_conid is None:
        raise _not_found()
    return MARKETS[instrument.underlying_conid], instrument


def _required_number(request: ApiRequest, name: str) -> int:
    number = parse_whole_number(request.query.get(name, ""), name)
    if number == 0:
        raise server_error("Internal Server Error")
    return number


def _not_found() -> ApiError:
    """Return the error for the wrong kind of conid, such as a market's instead of a contract's."""
    return ApiError(404, {"error": "Not Found", "statusCode": 404})
