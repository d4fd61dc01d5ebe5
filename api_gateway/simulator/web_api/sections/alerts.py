"""Alerts: notify the user when conditions are met."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.notifications.alert_parsing import REQUIRED_FIELDS, InvalidAlertError, parse_terms
from api_gateway.simulator.notifications.alert_rows import alert_details, alert_row
from api_gateway.simulator.notifications.alerts import Alert
from api_gateway.simulator.replies import ApiError, ApiResponse, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import MAX_DIGITS, unavailable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Alerts")

_ALL = 0


@SECTION.route(
    "GET", "/iserver/account/{accountId}/alerts", requires=RequiredSession.BROKERAGE, returns_list=True
)
def alerts(simulation: Simulation, request: ApiRequest) -> Any:
    """Return one row per alert of the account, without the mobile alert."""
    return [
        alert_row(alert) for alert in simulation.alerts.for_account(_required_account(simulation, request))
    ]


@SECTION.route("GET", "/iserver/account/alert/{alertId}", requires=RequiredSession.BROKERAGE)
def alert(simulation: Simulation, request: ApiRequest) -> Any:
    """Return one alert in full; for an unknown alert, an error with status 200."""
    if request.query.get("type") != "Q":
        raise bad_request("orderId and type are required")
    alert_id = _parse_number(request.path_params["alertId"])
    if alert_id is None:
        raise ApiError(500, {"error": "orderId can't be parsed"})
    if alert_id == _ALL:
        return {"error": "MTA alert tool ID is wrong =0"}
    stored = simulation.alerts.find(alert_id)
    if stored is None:
        return {"error": f"Alert with order ID={alert_id} not found."}
    return alert_details(stored, simulation.universe)


@SECTION.route("GET", "/iserver/account/mta", requires=RequiredSession.BROKERAGE)
def mobile_alert(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the Mobile Trading Assistant's alert; its order ID changes on each call."""
    return alert_details(simulation.alerts.fetch_mobile(), simulation.universe)


@SECTION.route("POST", "/iserver/account/{accountId}/alert", requires=RequiredSession.BROKERAGE)
def save_alert(simulation: Simulation, request: ApiRequest) -> Any:
    """Create an alert, or modify the one with `orderId`. IBKR rejected every observed attempt with 403."""
    if not isinstance(request.body, dict) or not request.body:
        raise bad_request("body can't be empty")
    account = _required_account(simulation, request)
    missing = [name for name in REQUIRED_FIELDS if request.body.get(name) is None]
    if missing:
        raise ApiError(500, {"error": f"{missing[0]} is required"})
    if not simulation.options.alert_creation:
        return ApiResponse(403, b"Error 403 - Access Denied", "text/html")
    try:
        terms = parse_terms(request.body, simulation.universe)
    except InvalidAlertError as problem:
        raise ApiError(500, {"error": str(problem)}) from None
    order_id = request.body.get("orderId")
    if not order_id:
        saved = simulation.alerts.add(account, terms)
    else:
        saved = _required_alert(simulation, account, _parse_number(str(order_id)))
        mobile = saved.tool_id is not None
        if not mobile and saved.terms.name != terms.name:
            raise ApiError(500, {"error": "Alert name cannot be modified"})
        if mobile and not terms.repeatable:
            raise ApiError(500, {"error": "MTA alert must be repeatable"})
        simulation.alerts.change(saved, terms)
    return {
        "request_id": None,
        "order_id": saved.order_id,
        "success": True,
        "text": "Submitted",
        "order_status": None,
        "warning_message": None,
    }


@SECTION.route("POST", "/iserver/account/{accountId}/alert/activate", requires=RequiredSession.BROKERAGE)
def activate_alert(simulation: Simulation, request: ApiRequest) -> Any:
    """Activate or deactivate an alert."""
    if not isinstance(request.body, dict) or not request.body:
        raise bad_request("body can't be empty")
    account = _required_account(simulation, request)
    alert_id, active = request.body.get("alertId"), request.body.get("alertActive")
    if isinstance(alert_id, bool) or not isinstance(alert_id, int):
        raise ApiError(500, {"error": "failed to activate/deactivate alert"})
    if isinstance(active, bool) or active not in (0, 1):
        raise ApiError(500, {"error": "failed to activate/deactivate alert"})
    simulation.alerts.set_active(_required_alert(simulation, account, alert_id), active == 1)
    return _submitted_response(alert_id)


@SECTION.route("DELETE", "/iserver/account/{accountId}/alert/{alertId}", requires=RequiredSession.BROKERAGE)
def delete_alert(simulation: Simulation, request: ApiRequest) -> Any:
    """Delete an alert, or with 0 all alerts of the account; the mobile alert is reset."""
    account = _required_account(simulation, request)
    alert_id = _parse_number(request.path_params["alertId"])
    if alert_id == _ALL:
        for alert in simulation.alerts.for_account(account):
            simulation.alerts.remove(alert)
    else:
        simulation.alerts.remove(_required_alert(simulation, account, alert_id))
    return _submitted_response(alert_id or _ALL)


def _required_account(simulation: Simulation, request: ApiRequest) -> str:
    account = request.path_params["accountId"]
    if account not in simulation.accounts:
        raise bad_request("unknown account")
    return account


def _required_alert(simulation: Simulation, account: str, alert_id: int | None) -> Alert:
    alert = None if alert_id is None else simulation.alerts.find(alert_id)
    if alert is None or alert.account != account:
        raise unavailable()
    return alert


def _parse_number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS else None


def _submitted_response(order_id: int) -> dict[str, Any]:
    return {
        "request_id": None,
        "order_id": order_id,
        "success": True,
        "text": "Request was submitted",
        "failure_list": None,
    }
