"""An advisor's allocation groups, and how an order for a group is split over its accounts.

What is known, from IBKR's reference: the methods' letters, that C, P, R and S are filled in by the user, that
equal shares get what is left over one by one, and that the amounts of S are the order's whole size.
Assumed: percentages add up to 100; C, whose amounts may be left out, is split by them or else equally; and
"All", the group of every client, follows the preset for new groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from api_gateway.simulator.accounts.paper_account import PaperAccount

ALL_CLIENTS = "All"
_UNITS_PER_SHARE = 10_000  # shares are divided into units of this size when a quantity is not a whole number


class AllocationMethod(StrEnum):
    """By what an order is split. IBKR computes the first three; the others take an amount per account."""

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
    """A group that cannot be; `str()` says why, without an account's id."""


@dataclass(frozen=True)
class AllocationGroup:
    """A named set of accounts. `amounts` holds each account's amount, or None where it has none."""

    name: str
    method: AllocationMethod
    amounts: Mapping[str, float | None]


@dataclass
class AllocationPresets:
    """How new groups behave; `method` is the default one of a group, and that of "All"."""

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
    """The groups of one advisor over `clients`; without clients there is no group, not even "All"."""

    def __init__(self, clients: Mapping[str, PaperAccount], groups: Iterable[AllocationGroup] = ()) -> None:
        self.clients = clients
        self.groups = {group.name: group for group in groups}
        self.presets = AllocationPresets()

    @property
    def group_names(self) -> list[str]:
        """What an order may name in an account's place; empty unless the login is an advisor's."""
        return [ALL_CLIENTS, *self.groups] if self.clients else []

    def save(self, group: AllocationGroup, *, instead_of: str | None = None) -> None:
        """Add a group, or put it in the place of another one, keeping that one's place in the list.

        Raises AllocationError for a name that is taken, an account that is no client, or amounts that the
        method cannot work with; LookupError if there is no group named `instead_of`.
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
        """Forget a group; raises LookupError if there is none of that name. "All" cannot be deleted."""
        if name not in self.groups:
            raise LookupError("no such group")
        del self.groups[name]

    def split(self, name: str, quantity: float) -> dict[str, float]:
        """How much of `quantity` each account of a group gets; who gets nothing is left out.

        Whole quantities are split into whole ones, others to four decimals, and the parts add up to
        `quantity`. With the method S they are the group's own amounts, whatever the quantity.
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
    """`quantity` in parts as large as the weights, by largest remainder; equal parts if none is positive."""
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
