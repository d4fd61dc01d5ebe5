"""FA Allocation Management: how an advisor's orders are spread over groups of accounts.

Nothing here is recorded; the shapes are those of IBKR's document. Assumed: a body of the wrong shape is 400,
what only the back end can find out (an unknown group or account, a name that is taken, amounts that do not
fit) is 500, and a login that is no advisor's gets the 503 of a missing feature.
"""

from __future__ import annotations

import math
from typing import Any

from api_gateway.simulator.advisors.allocation_groups import AllocationError, Group, Method
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import unavailable
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section, bad_request

SECTION = Section("FA Allocation Management")

_GROUP = "/iserver/account/allocation/group"
_PRESETS = "/iserver/account/allocation/presets"
# In the presets, and nowhere else, this method has a name and not a letter.
_AVAILABLE_EQUITY = "AvailableEquity"


def _advisor(simulation: Simulation) -> None:
    if not simulation.clients:
        raise unavailable()


def _body(simulation: Simulation, call: Call) -> dict[str, Any]:
    _advisor(simulation)
    if not isinstance(call.body, dict):
        raise bad_request("a JSON object is required")
    return call.body


def _text(body: dict[str, Any], name: str) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text:
        raise bad_request(f"{name} is required")
    return text


def _failed(problem: Exception) -> Refusal:
    return Refusal(500, {"error": str(problem), "statusCode": 500})


@SECTION.answers("GET", "/iserver/account/allocation/accounts", needs=Needs.BROKERAGE)
def allocatable_accounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """What each client's account is worth and may spend, as text in base currency."""
    _advisor(simulation)
    rows = []
    for account, broker in simulation.clients.items():
        total = broker.valuation().total
        amounts = {"NetLiquidation": total.net_liquidation, "AvailableEquity": total.available_funds}
        data = [{"value": f"{amount:.2f}", "key": key} for key, amount in amounts.items()]
        rows.append({"data": data, "name": account})
    return {"accounts": rows}


@SECTION.answers("GET", _GROUP, needs=Needs.BROKERAGE)
def list_groups(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The groups with their methods and how many accounts each has."""
    _advisor(simulation)
    groups = simulation.allocation.groups.values()
    return {
        "data": [
            {"allocation_method": str(each.method), "size": len(each.amounts), "name": each.name}
            for each in groups
        ]
    }


@SECTION.answers("POST", _GROUP, needs=Needs.BROKERAGE)
def create_group(simulation: Simulation, call: Call) -> Any:
    """A new group."""
    group = _group(_body(simulation, call))
    try:
        simulation.allocation.save(group)
    except AllocationError as problem:
        raise _failed(problem) from None
    return {"success": True}


@SECTION.answers("PUT", _GROUP, needs=Needs.BROKERAGE)
def modify_group(simulation: Simulation, call: Call) -> Any:
    """Another method, other accounts, or with `prev_name` another name for a group."""
    body = _body(simulation, call)
    group = _group(body)
    before = _text(body, "prev_name") if "prev_name" in body else group.name
    try:
        simulation.allocation.save(group, instead_of=before)
    except (AllocationError, LookupError) as problem:
        raise _failed(problem) from None
    return {"success": True}


@SECTION.answers("POST", f"{_GROUP}/single", needs=Needs.BROKERAGE, reads=True)
def one_group(simulation: Simulation, call: Call) -> Any:
    """One group with its accounts, and their amounts where they have any."""
    group = simulation.allocation.groups.get(_text(_body(simulation, call), "name"))
    if group is None:
        raise _failed(LookupError("no such group"))
    return {
        "name": group.name,
        "accounts": [
            {"name": account} if amount is None else {"name": account, "amount": _shown(amount)}
            for account, amount in group.amounts.items()
        ],
        "default_method": str(group.method),
    }


@SECTION.answers("POST", f"{_GROUP}/delete", needs=Needs.BROKERAGE)
def delete_group(simulation: Simulation, call: Call) -> Any:
    """Forget a group; its accounts keep what they hold."""
    name = _text(_body(simulation, call), "name")
    try:
        simulation.allocation.delete(name)
    except LookupError as problem:
        raise _failed(problem) from None
    return {"success": True}


@SECTION.answers("GET", _PRESETS, needs=Needs.BROKERAGE)
def allocation_presets(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """How groups behave where an order does not say it."""
    _advisor(simulation)
    presets = simulation.allocation.presets
    equity = presets.method is Method.AVAILABLE_EQUITY
    return {
        **presets.switches,
        "default_method_for_all": _AVAILABLE_EQUITY if equity else str(presets.method),
    }


@SECTION.answers("POST", _PRESETS, needs=Needs.BROKERAGE)
def set_allocation_presets(simulation: Simulation, call: Call) -> Any:
    """Change how groups behave; what is left out stays."""
    body, presets = _body(simulation, call), simulation.allocation.presets
    method = body.get("default_method_for_all", str(presets.method))
    method = Method.AVAILABLE_EQUITY if method == _AVAILABLE_EQUITY else _method(method)
    switches = {name: value for name, value in body.items() if name in presets.switches}
    if not all(isinstance(value, bool) for value in switches.values()):
        raise bad_request("a preset must be a boolean")
    presets.method = method
    presets.switches.update(switches)
    return {"success": True}


def _group(body: dict[str, Any]) -> Group:
    name, listed = _text(body, "name"), body.get("accounts")
    if not isinstance(listed, list) or not listed:
        raise bad_request("accounts is required")
    method = _method(body.get("default_method"))
    amounts: dict[str, float | None] = {}
    for each in listed:
        account = each.get("name") if isinstance(each, dict) else None
        amount = each.get("amount") if isinstance(each, dict) else None
        number = isinstance(amount, int | float) and not isinstance(amount, bool) and math.isfinite(amount)
        if not isinstance(account, str) or account in amounts or not (amount is None or number):
            raise bad_request("invalid accounts")
        amounts[account] = None if amount is None else float(amount)
    return Group(name, method, amounts)


def _method(letter: Any) -> Method:
    try:
        return Method(letter)
    except ValueError:
        raise bad_request("invalid default_method") from None


def _shown(amount: float) -> float | int:
    return int(amount) if amount.is_integer() else amount
