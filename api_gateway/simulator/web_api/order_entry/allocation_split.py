"""Allocation of an advisor's order to accounts: by a group, or by amounts in the ticket itself."""

from __future__ import annotations

from math import floor
from typing import Any

from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.preview import expected_price
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket

_SHARES, _CASH = "SHARE", "CASH"


def is_multi_account(simulation: Simulation, account_or_group: str, ticket: Ticket) -> bool:
    """Return whether the order is for several accounts; rejects a malformed allocation.

    `account_or_group` is what the path has as the account.
    """
    return (
        _allocation_profile(ticket) is not None
        or account_or_group in simulation.allocation_groups.group_names
    )


def allocation_members(simulation: Simulation, account_or_group: str, ticket: Ticket) -> list[str]:
    """Return the accounts that the order is allocated to."""
    profile = _allocation_profile(ticket)
    if profile is not None:
        accounts = [str(row["account"]) for row in profile["allocations"]]
    else:
        groups = simulation.allocation_groups.groups
        accounts = list(
            groups[account_or_group].amounts if account_or_group in groups else simulation.clients
        )
    if not set(accounts) <= set(simulation.clients) or len(set(accounts)) < len(accounts):
        raise OrderRejectedError("An account is not one of the advisor's clients, or is named twice.")
    return accounts


def split_order(
    simulation: Simulation, account_or_group: str, ticket: Ticket, order: Order
) -> dict[str, float]:
    """Return each account's quantity of the order; accounts that get nothing are left out."""
    profile = _allocation_profile(ticket)
    if profile is None:
        # With method S the group's amounts are the order's size, whatever the ticket's quantity.
        return simulation.allocation_groups.split(account_or_group, order.quantity)
    amounts = {str(row["account"]): float(row["amount"]) for row in profile["allocations"]}
    if profile["alloc_type"] == _CASH:
        paper_account = simulation.selected_account
        instrument = paper_account.instrument_of(order)
        if isinstance(instrument, Combination):
            raise OrderRejectedError("Cash quantity cannot be used for this contract.")
        unit_price = expected_price(paper_account, instrument, order) * instrument.multiplier
        return {
            account: shares
            for account, amount in amounts.items()
            if (shares := float(floor(amount / unit_price)))
        }
    if sum(amounts.values()) != order.quantity:
        raise OrderRejectedError("The allocated shares do not add up to the quantity of the order.")
    return amounts


def _allocation_profile(ticket: Ticket) -> dict[str, Any] | None:
    """Return the ticket's allocation, or None if it has none; a malformed one is a bad request."""
    profile = (ticket.raw.get("jsonPayload") or {}).get("allocation_profile")
    if profile is None:
        return None
    rows = profile.get("allocations") if isinstance(profile, dict) else None
    if not isinstance(rows, list) or not rows or profile.get("alloc_type") not in (_SHARES, _CASH):
        raise bad_request("invalid allocation_profile")
    for row in rows:
        amount = row.get("amount") if isinstance(row, dict) else None
        if isinstance(amount, bool) or not isinstance(amount, int | float) or amount <= 0:
            raise bad_request("invalid allocation_profile")
        if not isinstance(row.get("account"), str):
            raise bad_request("invalid allocation_profile")
    return dict(profile)
