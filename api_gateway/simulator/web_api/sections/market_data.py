"""Market Data: snapshots, price history and market data lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api_gateway.simulator.instruments.combinations import SMART, trades_on
from api_gateway.simulator.replies import ApiError, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import (
    is_true,
    parse_whole_number,
    require_accounts_call,
    server_error,
    split_csv,
)
from api_gateway.simulator.web_api.market_data.conidex import find_quoted, join_legs, leading_conid
from api_gateway.simulator.web_api.market_data.history import (
    SOURCES,
    TIME_FORMAT,
    bars_for_period,
    history_response,
    parse_period,
)
from api_gateway.simulator.web_api.market_data.snapshots import DELAY_SECONDS, snapshot_row, visible_until
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Market Data")

_MAX_CONIDS, _MAX_FIELDS = 100, 50
_NO_CHART = "Chart data unavailable"


@SECTION.route("GET", "/iserver/marketdata/snapshot", requires=RequiredSession.BROKERAGE, returns_list=True)
def snapshot(simulation: Simulation, request: ApiRequest) -> Any:
    """Return one row per conid; the first response for a conid or field only acknowledges it."""
    require_accounts_call(simulation)
    conids = join_legs(split_csv(request.query.get("conids", "")))
    fields = list(dict.fromkeys(split_csv(request.query.get("fields", ""))))
    if not conids:
        raise bad_request("conids is required")
    if len(conids) > _MAX_CONIDS:
        raise bad_request(f"at most {_MAX_CONIDS} conids")
    if len(fields) > _MAX_FIELDS:
        raise bad_request(f"at most {_MAX_FIELDS} fields")
    if any(leading_conid(conidex) is None for conidex in conids):
        raise bad_request("invalid conids")
    return [_contract_row(simulation, conidex, fields) for conidex in conids]


@SECTION.route("GET", "/iserver/marketdata/history", requires=RequiredSession.BROKERAGE)
def history(simulation: Simulation, request: ApiRequest) -> Any:
    """Return bars up to `startTime` or now. An unknown period or bar size is replaced by a default."""
    require_accounts_call(simulation)
    instrument = simulation.universe.by_conid(parse_whole_number(request.query.get("conid", ""), "conid"))
    exchange = request.query.get("exchange") or SMART
    if instrument is None or not trades_on(instrument, exchange) or request.query.get("direction") == "1":
        raise server_error(_NO_CHART)
    if simulation.availability.startswith("N"):
        raise server_error("No market data permissions")
    latest = visible_until(simulation, instrument)
    end = min(latest, _parse_time(request.query.get("startTime", ""), latest))
    if end < 0:
        raise server_error(_NO_CHART)
    period_text = request.query.get("period") or "1d"
    period, outside = parse_period(period_text), is_true(request, "outsideRth")
    source = request.query.get("source", "Last")
    step, bars = bars_for_period(
        simulation, instrument, period, request.query.get("bar", ""), end, outside_rth=outside
    )
    if not bars:
        raise server_error(_NO_CHART)
    return history_response(
        instrument,
        bars,
        step,
        period=period_text if period else "1d",
        end=end,
        outside_rth=outside,
        source=source if source in SOURCES else "Last",
        delay=DELAY_SECONDS if simulation.availability.startswith("D") else 0.0,
    )


@SECTION.route("POST", "/iserver/marketdata/unsubscribe", requires=RequiredSession.BROKERAGE)
def unsubscribe(simulation: Simulation, request: ApiRequest) -> Any:
    """Release one market data line; 500 for a conid without a line, as from IBKR."""
    conid = request.body.get("conid") if isinstance(request.body, dict) else None
    if isinstance(conid, bool) or not isinstance(conid, int):
        raise bad_request("conid is required")
    if simulation.preflights.subscriptions.pop(conid, None) is None:
        raise ApiError(500, {"error": "unknown"})
    return {"success": True}


@SECTION.route("GET", "/iserver/marketdata/unsubscribeall", requires=RequiredSession.BROKERAGE)
def unsubscribe_all(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001 takes no arguments
    """Release all market data lines."""
    simulation.preflights.subscriptions.clear()
    return {"unsubscribed": True}


def _contract_row(simulation: Simulation, conidex: str, fields: list[str]) -> dict[str, Any]:
    instrument = find_quoted(simulation.universe, conidex)
    if instrument is None:
        return {"conid": leading_conid(conidex), "conidEx": conidex}
    return snapshot_row(simulation, instrument, conidex, fields)


def _parse_time(text: str, default: float) -> float:
    if not text:
        return default
    try:
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise bad_request("invalid startTime") from None
