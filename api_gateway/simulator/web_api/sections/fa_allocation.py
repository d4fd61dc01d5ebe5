"""FA Allocation Management: how an advisor's orders are allocated to groups of accounts.

Nothing here is recorded; the shapes follow IBKR's document. Assumed: a body of the wrong shape is 400; an
error that only the back end can detect (an unknown group or account, a duplicate name, amounts that do not
add up) is 500; and a login that is not an advisor's gets the 503 of an unavailable feature.
"""

from __future__ import annotations

import math
from typing import Any

from api_gateway.simulator.advisors.allocation_groups import (
    AllocationError,
    AllocationGroup,
    AllocationMethod,
)
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import required_object, required_text, server_error, unavailable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("FA Allocation Management")

_GROUP = "/iserver/account/allocation/group"
_PRESETS = "/iserver/account/allocation/presets"
# Only the presets write this method as a name instead of a letter.
_AVAILABLE_EQUITY = "AvailableEquity"


def _require_advisor(simulation: Simulation) -> None:
    if not simulation.clients:
        raise unavailable()


def _required_body(simulation: Simulation, request: ApiRequest) -> dict[str, Any]:
    _require_advisor(simulation)
    return required_object(request)


@SECTION.route("GET", "/iserver/account/allocation/accounts", requires=RequiredSession.BROKERAGE)
def allocatable_accounts(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return each client account's equity and available funds, as text in base currency."""
    _require_advisor(simulation)
    rows = []
    for account, paper_account in simulation.clients.items():
        total = paper_account.valuation().total
        amounts = {"NetLiquidation": total.net_liquidation, "AvailableEquity": total.available_funds}
        data = [{"value": f"{amount:.2f}", "key": key} for key, amount in amounts.items()]
        rows.append({"data": data, "name": account})
    return {"accounts": rows}


@SECTION.route("GET", _GROUP, requires=RequiredSession.BROKERAGE)
def list_groups(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the groups with their methods and number of accounts."""
    _require_advisor(simulation)
    groups = simulation.allocation_groups.groups.values()
    return {
        "data": [
            {"allocation_method": str(group.method), "size": len(group.amounts), "name": group.name}
            for group in groups
        ]
    }


@SECTION.route("POST", _GROUP, requires=RequiredSession.BROKERAGE)
def create_group(simulation: Simulation, request: ApiRequest) -> Any:
    """Create a group."""
    group = _parse_group(_required_body(simulation, request))
    try:
        simulation.allocation_groups.save(group)
    except AllocationError as problem:
        raise server_error(str(problem)) from None
    return {"success": True}


@SECTION.route("PUT", _GROUP, requires=RequiredSession.BROKERAGE)
def modify_group(simulation: Simulation, request: ApiRequest) -> Any:
    """Change a group's method or accounts, or with `prev_name` its name."""
    body = _required_body(simulation, request)
    group = _parse_group(body)
    before = required_text(body, "prev_name") if "prev_name" in body else group.name
    try:
        simulation.allocation_groups.save(group, instead_of=before)
    except (AllocationError, LookupError) as problem:
        raise server_error(str(problem)) from None
    return {"success": True}


@SECTION.route("POST", f"{_GROUP}/single", requires=RequiredSession.BROKERAGE, read_only=True)
def get_group(simulation: Simulation, request: ApiRequest) -> Any:
    """Return one group with its accounts, and their amounts if it has any."""
    group = simulation.allocation_groups.groups.get(
        required_text(_required_body(simulation, request), "name")
    )
    if group is None:
        raise server_error("no such group")
    return {
        "name": group.name,
        "accounts": [
            {"name": account} if amount is None else {"name": account, "amount": _compact_number(amount)}
            for account, amount in group.amounts.items()
        ],
        "default_method": str(group.method),
    }


@SECTION.route("POST", f"{_GROUP}/delete", requires=RequiredSession.BROKERAGE)
def delete_group(simulation: Simulation, request: ApiRequest) -> Any:
    """Delete a group; its accounts' positions do not change."""
    name = required_text(_required_body(simulation, request), "name")
    try:
        simulation.allocation_groups.delete(name)
    except LookupError as problem:
        raise server_error(str(problem)) from None
    return {"success": True}


@SECTION.route("GET", _PRESETS, requires=RequiredSession.BROKERAGE)
def allocation_presets(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the defaults for orders to groups."""
    _require_advisor(simulation)
    presets = simulation.allocation_groups.presets
    equity = presets.method is AllocationMethod.AVAILABLE_EQUITY
    return {
        **presets.switches,
        "default_method_for_all": _AVAILABLE_EQUITY if equity else str(presets.method),
    }


@SECTION.route("POST", _PRESETS, requires=RequiredSession.BROKERAGE)
def set_allocation_presets(simulation: Simulation, request: ApiRequest) -> Any:
    """Change the given defaults for orders to groups."""
    body, presets = _required_body(simulation, request), simulation.allocation_groups.presets
    method = body.get("default_method_for_all", str(presets.method))
    method = AllocationMethod.AVAILABLE_EQUITY if method == _AVAILABLE_EQUITY else _parse_method(method)
    switches = {name: value for name, value in body.items() if name in presets.switches}
    if not all(isinstance(value, bool) for value in switches.values()):
        raise bad_request("a preset must be a boolean")
    presets.method = method
    presets.switches.update(switches)
    return {"success": True}


def _parse_group(body: dict[str, Any]) -> AllocationGroup:
    name, rows = required_text(body, "name"), body.get("accounts")
    if not isinstance(rows, list) or not rows:
        raise bad_request("accounts is required")
    method = _parse_method(body.get("default_method"))
    amounts: dict[str, float | None] = {}
    for row in rows:
        account = row.get("name") if isinstance(row, dict) else None
        amount = row.get("amount") if isinstance(row, dict) else None
        number = isinstance(amount, int | float) and not isinstance(amount, bool) and math.isfinite(amount)
        if not isinstance(account, str) or account in amounts or not (amount is None or number):
            raise bad_request("invalid accounts")
        amounts[account] = None if amount is None else float(amount)
    return AllocationGroup(name, method, amounts)


def _parse_method(letter: Any) -> AllocationMethod:
    try:
        return AllocationMethod(letter)
    except ValueError:
        raise bad_request("invalid default_method") from None


def _compact_number(amount: float) -> float | int:
    return int(amount) if amount.is_integer() else amount
