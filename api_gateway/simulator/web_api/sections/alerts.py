"""Alerts: what IBKR is to tell the user when a condition is met."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.notifications.alert_parsing import REQUIRED, UnreadableError, read_terms
from api_gateway.simulator.notifications.alert_rows import alert_details, alert_row
from api_gateway.simulator.notifications.alerts import Alert
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import LONGEST_NUMBER, unavailable
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Reply, Section, bad_request

SECTION = Section("Alerts")

_ALL = 0


@SECTION.answers("GET", "/iserver/account/{accountId}/alerts", needs=Needs.BROKERAGE, lists=True)
def alerts(simulation: Simulation, call: Call) -> Any:
    """One line for each alert of the account; the mobile alert is not among them."""
    return [alert_row(alert) for alert in simulation.alerts.of(_account(simulation, call))]


@SECTION.answers("GET", "/iserver/account/alert/{alertId}", needs=Needs.BROKERAGE)
def alert(simulation: Simulation, call: Call) -> Any:
    """One alert in full; that there is none is said with status 200."""
    if call.query.get("type") != "Q":
        raise bad_request("orderId and type are required")
    alert_id = _number(call.values["alertId"])
    if alert_id is None:
        raise Refusal(500, {"error": "orderId can't be parsed"})
    if alert_id == _ALL:
        return {"error": "MTA alert tool ID is wrong =0"}
    found = simulation.alerts.find(alert_id)
    if found is None:
        return {"error": f"Alert with order ID={alert_id} not found."}
    return alert_details(found, simulation.universe)


@SECTION.answers("GET", "/iserver/account/mta", needs=Needs.BROKERAGE)
def mobile_alert(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The alert of the Mobile Trading Assistant, under another order id each time."""
    return alert_details(simulation.alerts.read_mobile(), simulation.universe)


@SECTION.answers("POST", "/iserver/account/{accountId}/alert", needs=Needs.BROKERAGE)
def keep_alert(simulation: Simulation, call: Call) -> Any:
    """Make an alert, or change the one with `orderId`. IBKR denies that to everybody who was seen to try."""
    if not isinstance(call.body, dict) or not call.body:
        raise bad_request("body can't be empty")
    account = _account(simulation, call)
    missing = [name for name in REQUIRED if call.body.get(name) is None]
    if missing:
        raise Refusal(500, {"error": f"{missing[0]} is required"})
    if not simulation.options.alert_creation:
        return Reply(403, b"Error 403 - Access Denied", "text/html")
    try:
        terms = read_terms(call.body, simulation.universe)
    except UnreadableError as problem:
        raise Refusal(500, {"error": str(problem)}) from None
    order_id = call.body.get("orderId")
    if not order_id:
        kept = simulation.alerts.add(account, terms)
    else:
        kept = _existing(simulation, account, _number(str(order_id)))
        mobile = kept.tool_id is not None
        if not mobile and kept.terms.name != terms.name:
            raise Refusal(500, {"error": "Alert name cannot be modified"})
        if mobile and not terms.repeatable:
            raise Refusal(500, {"error": "MTA alert must be repeatable"})
        simulation.alerts.change(kept, terms)
    return {
        "request_id": None,
        "order_id": kept.order_id,
        "success": True,
        "text": "Submitted",
        "order_status": None,
        "warning_message": None,
    }


@SECTION.answers("POST", "/iserver/account/{accountId}/alert/activate", needs=Needs.BROKERAGE)
def activate_alert(simulation: Simulation, call: Call) -> Any:
    """Let an alert wait again, or no longer."""
    if not isinstance(call.body, dict) or not call.body:
        raise bad_request("body can't be empty")
    account = _account(simulation, call)
    alert_id, active = call.body.get("alertId"), call.body.get("alertActive")
    if isinstance(alert_id, bool) or not isinstance(alert_id, int):
        raise Refusal(500, {"error": "failed to activate/deactivate alert"})
    if isinstance(active, bool) or active not in (0, 1):
        raise Refusal(500, {"error": "failed to activate/deactivate alert"})
    simulation.alerts.switch(_existing(simulation, account, alert_id), active == 1)
    return _submitted(alert_id)


@SECTION.answers("DELETE", "/iserver/account/{accountId}/alert/{alertId}", needs=Needs.BROKERAGE)
def delete_alert(simulation: Simulation, call: Call) -> Any:
    """Delete an alert, or every alert of the account for 0; the mobile alert is reset."""
    account = _account(simulation, call)
    alert_id = _number(call.values["alertId"])
    if alert_id == _ALL:
        for each in simulation.alerts.of(account):
            simulation.alerts.remove(each)
    else:
        simulation.alerts.remove(_existing(simulation, account, alert_id))
    return _submitted(alert_id or _ALL)


def _account(simulation: Simulation, call: Call) -> str:
    account = call.values["accountId"]
    if account not in simulation.accounts:
        raise bad_request("unknown account")
    return account


def _existing(simulation: Simulation, account: str, alert_id: int | None) -> Alert:
    found = None if alert_id is None else simulation.alerts.find(alert_id)
    if found is None or found.account != account:
        raise unavailable()
    return found


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER else None


def _submitted(order_id: int) -> dict[str, Any]:
    return {
        "request_id": None,
        "order_id": order_id,
        "success": True,
        "text": "Request was submitted",
        "failure_list": None,
    }
