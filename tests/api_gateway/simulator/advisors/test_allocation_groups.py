from __future__ import annotations

from collections.abc import Mapping

import pytest

from api_gateway.simulator.advisors.allocation_groups import (
    ALL_CLIENTS,
    AllocationError,
    AllocationGroup,
    AllocationGroups,
    AllocationMethod,
)
from api_gateway.simulator.simulation import Simulation, SimulationOptions

FIRST, SECOND, THIRD = "DU1234567", "DU1234568", "DU1234569"


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, profile="fa")


@pytest.fixture
def allocation(simulation: Simulation) -> AllocationGroups:
    return simulation.allocation_groups


def group(method: str, amounts: Mapping[str, float | None], name: str = "Mine") -> AllocationGroup:
    return AllocationGroup(name, AllocationMethod(method), amounts)


def test_equal_split_distributes_the_remainder_one_by_one(allocation: AllocationGroups) -> None:
    allocation.save(group("E", dict.fromkeys((FIRST, SECOND, THIRD))))
    assert allocation.split("Mine", 100) == {FIRST: 34, SECOND: 33, THIRD: 33}
    assert allocation.split("Mine", 2) == {FIRST: 1, SECOND: 1}


def test_net_liquidation_split_follows_account_values(
    allocation: AllocationGroups, simulation: Simulation
) -> None:
    parts = allocation.split("NetLiq_Clients", 1000)
    values = {each: simulation.accounts[each].valuation().net_liquidation for each in parts}
    assert sum(parts.values()) == 1000
    for account, part in parts.items():
        assert part == pytest.approx(1000 * values[account] / sum(values.values()), abs=1)


def test_group_all_uses_the_preset_method(allocation: AllocationGroups) -> None:
    by_equity = allocation.split(ALL_CLIENTS, 900)
    funds = {
        each: paper_account.valuation().total.available_funds
        for each, paper_account in allocation.clients.items()
    }
    for account, part in by_equity.items():
        assert part == pytest.approx(900 * funds[account] / sum(funds.values()), abs=1)
    allocation.presets.method = AllocationMethod.EQUAL
    assert allocation.split(ALL_CLIENTS, 900) == {FIRST: 300, SECOND: 300, THIRD: 300}


@pytest.mark.parametrize(
    ("method", "amounts", "quantity", "parts"),
    [
        ("P", {FIRST: 75.0, SECOND: 25.0}, 10, {FIRST: 8, SECOND: 2}),
        ("R", {FIRST: 3.0, SECOND: 1.0, THIRD: 1.0}, 50, {FIRST: 30, SECOND: 10, THIRD: 10}),
        ("S", {FIRST: 7.0, SECOND: 5.0}, 100, {FIRST: 7, SECOND: 5}),
        ("C", {FIRST: 9000.0, SECOND: 1000.0}, 100, {FIRST: 90, SECOND: 10}),
        ("C", {FIRST: None, SECOND: None}, 100, {FIRST: 50, SECOND: 50}),
        ("R", {FIRST: 1.0, SECOND: 1.0}, 0.5, {FIRST: 0.25, SECOND: 0.25}),
        ("R", {FIRST: 2.0, SECOND: 1.0}, -9, {FIRST: -6, SECOND: -3}),
    ],
)
def test_split_by_user_specified_amounts(
    allocation: AllocationGroups,
    method: str,
    amounts: dict[str, float | None],
    quantity: float,
    parts: dict[str, float],
) -> None:
    allocation.save(group(method, amounts))
    assert allocation.split("Mine", quantity) == parts


def test_account_with_a_negative_weight_gets_nothing_unless_all_are_negative(
    allocation: AllocationGroups, simulation: Simulation
) -> None:
    simulation.accounts[SECOND].deposit("USD", -9_000_000)
    assert set(allocation.split("NetLiq_Clients", 1000)) == {FIRST, THIRD}
    for account in (FIRST, THIRD):
        simulation.accounts[account].deposit("USD", -9_000_000)
    assert allocation.split("NetLiq_Clients", 9) == {FIRST: 3, SECOND: 3, THIRD: 3}


@pytest.mark.parametrize("quantity", [1, 7, 99, 1001, 0.3, 12.3456])
@pytest.mark.parametrize("name", ["NetLiq_Clients", "Two_to_one", ALL_CLIENTS])
def test_parts_of_a_split_add_up_to_the_quantity(
    allocation: AllocationGroups, name: str, quantity: float
) -> None:
    assert sum(allocation.split(name, quantity).values()) == pytest.approx(quantity, abs=1e-9)


@pytest.mark.parametrize("name", ["two_to_one", "Nobody", "", FIRST])
def test_splitting_for_an_unknown_group_raises_lookup_error(allocation: AllocationGroups, name: str) -> None:
    with pytest.raises(LookupError):
        allocation.split(name, 10)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (group("E", {}), "at least one"),
        (group("E", {"DF1234567": None}), "not a sub-account"),
        (group("E", {FIRST: 1.0}), "takes no amounts"),
        (group("R", {FIRST: 1.0, SECOND: None}), "for each account"),
        (group("P", {FIRST: None}), "for each account"),
        (group("C", {FIRST: 100.0, SECOND: None}), "for each account"),
        (group("S", {FIRST: 0.0}), "more than 0"),
        (group("P", {FIRST: 50.0, SECOND: 49.0}), "100"),
        (group("E", {FIRST: None}, "Two_to_one"), "taken"),
        (group("E", {FIRST: None}, ALL_CLIENTS), "taken"),
        (group("E", {FIRST: None}, FIRST), "taken"),
    ],
)
def test_an_invalid_group_is_rejected_with_a_reason(
    allocation: AllocationGroups, wrong: AllocationGroup, reason: str
) -> None:
    before = dict(allocation.groups)
    with pytest.raises(AllocationError, match=reason):
        allocation.save(wrong)
    assert allocation.groups == before


def test_group_can_be_replaced_at_its_position_and_deleted(allocation: AllocationGroups) -> None:
    allocation.save(group("E", {FIRST: None}, "Alone"), instead_of="NetLiq_Clients")
    assert allocation.group_names == [ALL_CLIENTS, "Alone", "Two_to_one"]
    allocation.delete("Alone")
    assert allocation.group_names == [ALL_CLIENTS, "Two_to_one"]
    for name in ("Alone", ALL_CLIENTS):
        with pytest.raises(LookupError):
            allocation.delete(name)
    with pytest.raises(LookupError):
        allocation.save(group("E", {FIRST: None}), instead_of="Alone")


@pytest.mark.parametrize("profile", ["retail", "live", "delayed", "dynamic"])
def test_only_an_advisor_has_groups(profile: str) -> None:
    allocation = Simulation(SimulationOptions(profile=profile)).allocation_groups
    assert allocation.group_names == []
    with pytest.raises(LookupError):
        allocation.split(ALL_CLIENTS, 10)
