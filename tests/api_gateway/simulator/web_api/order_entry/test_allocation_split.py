from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.order_entry.allocation_split import (
    allocation_members,
    is_multi_account,
    split_order,
)
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL


@pytest.fixture
def options() -> SimulationOptions:
    """Return the options of an advisor's login."""
    return SimulationOptions(profile="fa", login=True, rate_limits=False)


def ticket_with_profile(amounts: dict[str, Any], kind: str = "SHARE", **fields: Any) -> Ticket:
    """Return a ticket that contains an allocation profile."""
    rows = [{"account": account, "amount": amount} for account, amount in amounts.items()]
    payload = {"allocation_profile": {"alloc_type": kind, "allocations": rows}}
    return parse_ticket(ticket(jsonPayload=payload, **fields))


def split(simulation: Simulation, name: str, parsed_ticket: Ticket) -> dict[str, float]:
    return split_order(
        simulation, name, parsed_ticket, build_order(simulation.selected_account, parsed_ticket, 1)
    )


def test_groups_and_profiles_are_multi_account_and_accounts_are_not(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    plain = parse_ticket(ticket())
    assert not is_multi_account(simulation, first, plain)
    assert is_multi_account(simulation, "All", plain)
    assert allocation_members(simulation, "All", plain) == list(simulation.clients)
    assert allocation_members(simulation, "Two_to_one", plain) == list(
        simulation.allocation_groups.groups["Two_to_one"].amounts
    )
    assert is_multi_account(simulation, first, ticket_with_profile({second: 10}))
    assert allocation_members(simulation, first, ticket_with_profile({second: 10})) == [second]


def test_a_share_allocation_must_add_up_to_the_order(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    assert split(simulation, first, ticket_with_profile({first: 7, second: 3})) == {first: 7, second: 3}
    with pytest.raises(OrderRejectedError, match="do not add up"):
        split(simulation, first, ticket_with_profile({first: 7, second: 4}))


def test_a_cash_allocation_buys_whole_shares_for_each_account(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    simulation.prices.override_price(AAPL, 100.0)
    parsed_ticket = ticket_with_profile({first: 1050, second: 50}, "CASH", orderType="LMT", price=100)
    assert split(simulation, first, parsed_ticket) == {first: 10}


def test_an_allocation_to_an_unknown_or_repeated_account_is_rejected(simulation: Simulation) -> None:
    first, *_ = simulation.clients
    with pytest.raises(OrderRejectedError, match="not one of the advisor's clients"):
        allocation_members(simulation, first, ticket_with_profile({"U9999999": 10}))
    twice = {"alloc_type": "SHARE", "allocations": [{"account": first, "amount": 5}] * 2}
    with pytest.raises(OrderRejectedError, match="not one of the advisor's clients"):
        allocation_members(simulation, first, parse_ticket(ticket(jsonPayload={"allocation_profile": twice})))


@pytest.mark.parametrize(
    "profile",
    [
        "x",
        {},
        {"alloc_type": "SHARE"},
        {"alloc_type": "SHARE", "allocations": []},
        {"alloc_type": "SHARE", "allocations": [1]},
        {"alloc_type": "SHARE", "allocations": [{"account": "DU1", "amount": "1"}]},
        {"alloc_type": "SHARE", "allocations": [{"account": "DU1", "amount": 0}]},
        {"alloc_type": "SHARE", "allocations": [{"account": 1, "amount": 1}]},
        {"alloc_type": "LOTS", "allocations": [{"account": "DU1", "amount": 1}]},
    ],
)
def test_a_malformed_allocation_profile_is_a_bad_request(simulation: Simulation, profile: Any) -> None:
    with pytest.raises(ApiError) as error:
        is_multi_account(simulation, "All", parse_ticket(ticket(jsonPayload={"allocation_profile": profile})))
    assert error.value.response.status == 400


def test_a_login_without_clients_cannot_allocate_an_order(clock: Clock) -> None:
    retail = Simulation(SimulationOptions(login=True), clock)
    with pytest.raises(OrderRejectedError, match="not one of the advisor's clients"):
        allocation_members(
            retail, retail.selected_account_id, ticket_with_profile({retail.selected_account_id: 10})
        )


def test_a_combination_is_allocated_in_units_and_not_by_cash(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    pair: dict[str, Any] = {"conid": None, "conidex": "28812380;;;265598/1,8314/-2"}
    assert split(simulation, first, ticket_with_profile({first: 7, second: 3}, **pair)) == {
        first: 7,
        second: 3,
    }
    with pytest.raises(OrderRejectedError, match="Cash quantity"):
        split(simulation, first, ticket_with_profile({first: 700, second: 300}, "CASH", **pair))
