from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.order_entry.allocation_split import (
    allocation_members,
    is_multi_account,
    split_order,
)
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import OrderRejectedError, build_order
from api_gateway.simulator.web_api.routing import ApiError
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL


@pytest.fixture
def options() -> SimulationOptions:
    """An advisor's login."""
    return SimulationOptions(profile="fa", login=True, rate_limits=False)


def allocated(amounts: dict[str, Any], kind: str = "SHARE", **fields: Any) -> Ticket:
    """A ticket that says itself what each account gets."""
    rows = [{"account": account, "amount": amount} for account, amount in amounts.items()]
    payload = {"allocation_profile": {"alloc_type": kind, "allocations": rows}}
    return parse_ticket(ticket(jsonPayload=payload, **fields))


def divided(simulation: Simulation, name: str, asked: Ticket) -> dict[str, float]:
    return split_order(simulation, name, asked, build_order(simulation.selected_account, asked, 1))


def test_a_group_and_a_profile_are_shared_and_an_account_is_not(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    plain = parse_ticket(ticket())
    assert not is_multi_account(simulation, first, plain)
    assert is_multi_account(simulation, "All", plain)
    assert allocation_members(simulation, "All", plain) == list(simulation.clients)
    assert allocation_members(simulation, "Two_to_one", plain) == list(
        simulation.allocation_groups.groups["Two_to_one"].amounts
    )
    assert is_multi_account(simulation, first, allocated({second: 10}))
    assert allocation_members(simulation, first, allocated({second: 10})) == [second]


def test_shares_are_given_as_they_are_written_and_add_up(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    assert divided(simulation, first, allocated({first: 7, second: 3})) == {first: 7, second: 3}
    with pytest.raises(OrderRejectedError, match="do not add up"):
        divided(simulation, first, allocated({first: 7, second: 4}))


def test_money_buys_whole_shares_for_each(simulation: Simulation) -> None:
    first, second, *_ = simulation.clients
    simulation.prices.override_price(AAPL, 100.0)
    asked = allocated({first: 1050, second: 50}, "CASH", orderType="LMT", price=100)
    assert divided(simulation, first, asked) == {first: 10}


def test_accounts_of_others_and_accounts_named_twice_are_refused(simulation: Simulation) -> None:
    first, *_ = simulation.clients
    with pytest.raises(OrderRejectedError, match="not one of the advisor's clients"):
        allocation_members(simulation, first, allocated({"U9999999": 10}))
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
def test_a_malformed_profile_is_a_bad_request(simulation: Simulation, profile: Any) -> None:
    with pytest.raises(ApiError) as caught:
        is_multi_account(simulation, "All", parse_ticket(ticket(jsonPayload={"allocation_profile": profile})))
    assert caught.value.response.status == 400


def test_who_has_no_clients_cannot_share_an_order(clock: Clock) -> None:
    retail = Simulation(SimulationOptions(login=True), clock)
    with pytest.raises(OrderRejectedError, match="not one of the advisor's clients"):
        allocation_members(retail, retail.selected_account_id, allocated({retail.selected_account_id: 10}))
