"""How an advisor's order is shared by accounts: by a group, or by amounts in the ticket itself."""

from __future__ import annotations

from math import floor
from typing import Any

from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.preview import expected_price
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import RejectedError
from api_gateway.simulator.web_api.routing import bad_request

_SHARES, _MONEY = "SHARE", "CASH"


def is_shared(simulation: Simulation, name: str, ticket: Ticket) -> bool:
    """Whether the order is for several accounts; refuses an allocation that makes no sense.

    `name` stands in the place of an account in the path.
    """
    return _profile(ticket) is not None or name in simulation.allocation.names


def members(simulation: Simulation, name: str, ticket: Ticket) -> list[str]:
    """The accounts between which the order is divided."""
    profile = _profile(ticket)
    if profile is not None:
        accounts = [str(each["account"]) for each in profile["allocations"]]
    else:
        groups = simulation.allocation.groups
        accounts = list(groups[name].amounts if name in groups else simulation.clients)
    if not set(accounts) <= set(simulation.clients) or len(set(accounts)) < len(accounts):
        raise RejectedError("An account is not one of the advisor's clients, or is named twice.")
    return accounts


def shares(simulation: Simulation, name: str, ticket: Ticket, order: Order) -> dict[str, float]:
    """How much each account gets of the order; who gets nothing is left out."""
    profile = _profile(ticket)
    if profile is None:
        # Under the method S the amounts of the group are the order's size, whatever the ticket says.
        return simulation.allocation.split(name, order.quantity)
    parts = {str(each["account"]): float(each["amount"]) for each in profile["allocations"]}
    if profile["alloc_type"] == _MONEY:
        broker = simulation.broker
        instrument = broker.instrument(order.conid)
        unit = expected_price(broker, instrument, order) * instrument.multiplier
        return {account: whole for account, money in parts.items() if (whole := float(floor(money / unit)))}
    if sum(parts.values()) != order.quantity:
        raise RejectedError("The allocated shares do not add up to the quantity of the order.")
    return parts


def _profile(ticket: Ticket) -> dict[str, Any] | None:
    """The amounts in the ticket, or None if there are none; a malformed one is a bad request."""
    profile = (ticket.raw.get("jsonPayload") or {}).get("allocation_profile")
    if profile is None:
        return None
    rows = profile.get("allocations") if isinstance(profile, dict) else None
    if not isinstance(rows, list) or not rows or profile.get("alloc_type") not in (_SHARES, _MONEY):
        raise bad_request("invalid allocation_profile")
    for row in rows:
        amount = row.get("amount") if isinstance(row, dict) else None
        if isinstance(amount, bool) or not isinstance(amount, int | float) or amount <= 0:
            raise bad_request("invalid allocation_profile")
        if not isinstance(row.get("account"), str):
            raise bad_request("invalid allocation_profile")
    return dict(profile)
