"""Scanner: the scan parameters, and running a scan."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.instruments.contract_names import listing_exchange_name
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import required_text, server_error
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section
from api_gateway.simulator.web_api.scanner.parameters import scanner_parameters
from api_gateway.simulator.web_api.scanner.scan import UnknownScanError, scan_contracts

SECTION = Section("Scanner")


@SECTION.route("GET", "/iserver/scanner/params", requires=RequiredSession.BROKERAGE)
def parameters(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return all scan parameters; a large response that does not change during the day."""
    return scanner_parameters()


@SECTION.route("POST", "/iserver/scanner/run", requires=RequiredSession.BROKERAGE, read_only=True)
def run_scanner(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the contracts that a scan finds, in rank order; the ranked values are not sent."""
    body = request.body if isinstance(request.body, dict) else {}
    instrument, kind, location = (required_text(body, name) for name in ("instrument", "type", "location"))
    filters = body.get("filter") or []
    if not isinstance(filters, list) or not all(isinstance(item, dict) for item in filters):
        raise bad_request("filter must be a list of code and value")
    filter_values = [(required_text(item, "code"), item.get("value")) for item in filters]
    try:
        result = scan_contracts(simulation, instrument, kind, location, filter_values)
    except UnknownScanError as problem:
        raise server_error(str(problem)) from None
    rows = [_contract_row(rank, contract) for rank, contract in enumerate(result.contracts)]
    if rows:
        # Only the first row names the column; the key follows the rank.
        rank = {"server_id": rows[0]["server_id"], "column_name": result.column}
        rows[0] = rank | rows[0]
    return {"contracts": rows, "scan_data_column_name": result.column}


def _contract_row(rank: int, contract: Instrument) -> dict[str, Any]:
    return {
        "server_id": str(rank),
        "symbol": contract.symbol,
        "conidex": str(contract.conid),
        "con_id": contract.conid,
        "available_chart_periods": "#R|1",
        "company_name": contract.name,
        "contract_description_1": contract.local_symbol,
        "listing_exchange": listing_exchange_name(contract),
        "sec_type": contract.sec_type,
    }
