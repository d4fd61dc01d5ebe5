"""Allocation groups of an advisor, and how an order for a group is split among its accounts.

Known from IBKR's reference: the methods' letters; that the user enters the amounts of C, P, R and S; that
equal shares distribute a remainder one by one; and that the amounts of S are the order's whole size.
Assumed: percentages add up to 100; C is split by its amounts, or equally if they are omitted; and "All", the
group of every client, uses the preset for new groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from api_gateway.simulator.accounts.paper_account import PaperAccount

ALL_CLIENTS = "All"
_UNITS_PER_SHARE = 10_000  # fractional quantities are split in units of 1/10,000 share


class AllocationMethod(StrEnum):
    """How an order is split. IBKR computes the first three; the others need an amount per account."""

    AVAILABLE_EQUITY = "A"
    EQUAL = "E"
    NET_LIQUIDATION = "N"
    CASH = "C"
    PERCENTAGE = "P"
    RATIO = "R"
    SHARES = "S"


METHODS_REQUIRING_AMOUNTS = frozenset(
    {AllocationMethod.PERCENTAGE, AllocationMethod.RATIO, AllocationMethod.SHARES}
)
_METHODS_ALLOWING_AMOUNTS = METHODS_REQUIRING_AMOUNTS | {AllocationMethod.CASH}


class AllocationError(Exception):
    """An invalid group; `str()` says why, without an account ID."""


@dataclass(frozen=True)
class AllocationGroup:
    """A named set of accounts. `amounts` holds each account's amount, or None where it has none."""

    name: str
    method: AllocationMethod
    amounts: Mapping[str, float | None]


@dataclass
class AllocationPresets:
    """Presets for new groups; `method` is their default method, and the method of "All"."""

    method: AllocationMethod = AllocationMethod.AVAILABLE_EQUITY
    switches: dict[str, bool] = field(
        default_factory=lambda: dict.fromkeys(
            (
                "group_auto_close_positions",
                "profiles_auto_close_positions",
                "strict_credit_check",
                "group_proportional_allocation",
            ),
            False,
        )
    )


class AllocationGroups:
    """The allocation groups of one advisor's `clients`; without clients there are none, not even "All"."""

    def __init__(self, clients: Mapping[str, PaperAccount], groups: Iterable[AllocationGroup] = ()) -> None:
        self.clients = clients
        self.groups = {group.name: group for group in groups}
        self.presets = AllocationPresets()

    @property
    def group_names(self) -> list[str]:
        """The groups that an order may name instead of an account; empty unless the login is an advisor's."""
        return [ALL_CLIENTS, *self.groups] if self.clients else []

    def save(self, group: AllocationGroup, *, instead_of: str | None = None) -> None:
        """Add a group, or replace the group named `instead_of` at its position in the list.

        Raises AllocationError for a name in use, an account that is not a client's, or amounts that do not
        fit the method; LookupError if there is no group named `instead_of`.
        """
        if instead_of is not None and instead_of not in self.groups:
            raise LookupError("no such group")
        if group.name != instead_of and (group.name in self.group_names or group.name in self.clients):
            raise AllocationError("the name is taken")
        self._validate(group)
        if instead_of is None:
            self.groups[group.name] = group
        else:
            self.groups = {
                (group.name if name == instead_of else name): (group if name == instead_of else each)
                for name, each in self.groups.items()
            }

    def delete(self, name: str) -> None:
        """Delete a group. Raises LookupError if there is none with that name; "All" cannot be deleted."""
        if name not in self.groups:
            raise LookupError("no such group")
        del self.groups[name]

    def split(self, name: str, quantity: float) -> dict[str, float]:
        """Split `quantity` among the accounts of a group; accounts that get nothing are omitted.

        Whole quantities are split into whole shares, others to four decimals, and the parts add up to
        `quantity`. With method S, the parts are the group's amounts, regardless of `quantity`.
        Raises LookupError if there is no group of that name, which is case-sensitive.
        """
        if name not in self.group_names:
            raise LookupError("no such group")
        if name == ALL_CLIENTS:
            group = AllocationGroup(ALL_CLIENTS, self.presets.method, dict.fromkeys(self.clients))
        else:
            group = self.groups[name]
        if group.method is AllocationMethod.SHARES and name != ALL_CLIENTS:
            return {account: amount for account, amount in group.amounts.items() if amount}
        return _split_by_weight(quantity, self._weights(group))

    def _weights(self, group: AllocationGroup) -> dict[str, float]:
        match group.method:
            case AllocationMethod.NET_LIQUIDATION:
                return {each: self.clients[each].valuation().net_liquidation for each in group.amounts}
            case AllocationMethod.AVAILABLE_EQUITY:
                return {each: self.clients[each].valuation().total.available_funds for each in group.amounts}
        return {account: 1.0 if amount is None else amount for account, amount in group.amounts.items()}

    def _validate(self, group: AllocationGroup) -> None:
        amounts = [amount for amount in group.amounts.values() if amount is not None]
        if not group.amounts:
            raise AllocationError("a group has at least one account")
        if not set(group.amounts) <= set(self.clients):
            raise AllocationError("an account is not a sub-account")
        if amounts and group.method not in _METHODS_ALLOWING_AMOUNTS:
            raise AllocationError(f"the method {group.method} takes no amounts")
        if (amounts or group.method in METHODS_REQUIRING_AMOUNTS) and len(amounts) < len(group.amounts):
            raise AllocationError(f"the method {group.method} takes an amount for each account")
        if any(amount <= 0 for amount in amounts):
            raise AllocationError("an amount is more than 0")
        if group.method is AllocationMethod.PERCENTAGE and abs(sum(amounts) - 100) > 1e-6:
            raise AllocationError("the percentages do not add up to 100")


def _split_by_weight(quantity: float, weights: Mapping[str, float]) -> dict[str, float]:
    """Split `quantity` by weight and largest remainder; equally if no weight is positive."""
    positive = {account: max(0.0, weight) for account, weight in weights.items()}
    if not any(positive.values()):
        positive = dict.fromkeys(weights, 1.0)
    per_share = 1 if float(quantity).is_integer() else _UNITS_PER_SHARE
    units = round(abs(quantity) * per_share)
    exact = {account: units * weight / sum(positive.values()) for account, weight in positive.items()}
    whole = {account: int(part) for account, part in exact.items()}
    by_remainder = sorted(exact, key=lambda account: whole[account] - exact[account])
    for account in by_remainder[: units - sum(whole.values())]:
        whole[account] += 1
    sign = -1.0 if quantity < 0 else 1.0
    return {account: sign * part / per_share for account, part in whole.items() if part}
