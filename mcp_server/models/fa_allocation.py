"""Allocation groups: which accounts share an advisor's order, and how it is split."""

from __future__ import annotations

import re
from collections import Counter
from math import isclose
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from api_gateway.client.paths import PATH_PARAMETERS
from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import ACCOUNT_PATTERN, AccountName, Number, Text, argument_error, matches

# The advisor supplies the amounts: cash, percentage, ratio, shares. IBKR computes the other methods.
METHODS_WITH_AMOUNTS: Final = frozenset("CPRS")
METHODS_DESCRIPTION: Final = (
    "A available equity, E equal, N net value; with amounts: C cash, P %, R ratio, S shares."
)


def _check_not_account_id(name: str) -> str:
    # An order names its account or its group in the same field.
    if re.fullmatch(ACCOUNT_PATTERN, name, re.ASCII):
        raise argument_error("should not look like an account ID")
    return name


def _check_positive(amount: float) -> float:
    if amount <= 0:
        raise argument_error("should be greater than 0")
    return amount


# Names that can be the account of an order.
_NEW_NAME: Final = PATH_PARAMETERS["allocation"].pattern
_NEW_NAME_RULE: Final = "at most 50 letters, digits, spaces and . , & ' ( ) + _ -"
GroupName = Annotated[Text, AfterValidator(_check_not_account_id)]
NewGroupName = Annotated[
    str, matches(_NEW_NAME.pattern, _NEW_NAME_RULE), AfterValidator(_check_not_account_id)
]


class Member(Arguments):
    """An account in a group."""

    name: Annotated[AccountName, Field(description="Account ID.")]
    amount: Annotated[
        Annotated[Number, AfterValidator(_check_positive)] | None,
        Field(description="For methods C, P, R and S."),
    ] = None


class GroupDefinition(Arguments):
    """The complete definition of a group."""

    # IBKR spells these names as we do.
    model_config = ConfigDict(alias_generator=None)

    name: GroupName
    accounts: Annotated[list[Member], Field(min_length=1, description="All accounts of the group.")]
    default_method: Annotated[
        Literal["A", "E", "N", "C", "P", "R", "S"], Field(description=METHODS_DESCRIPTION)
    ]

    @model_validator(mode="after")
    def _check_unique_accounts(self) -> Self:
        duplicates = [
            name for name, count in Counter(each.name for each in self.accounts).items() if count > 1
        ]
        if duplicates:
            raise argument_error("`accounts` names an account twice")
        return self

    @model_validator(mode="after")
    def _check_amounts(self) -> Self:
        amounts = [each.amount for each in self.accounts if each.amount is not None]
        if self.default_method in METHODS_WITH_AMOUNTS and len(amounts) < len(self.accounts):
            raise argument_error(f"method {self.default_method} needs an `amount` for every account")
        if self.default_method not in METHODS_WITH_AMOUNTS and amounts:
            raise argument_error(f"method {self.default_method} accepts no `amount`: IBKR computes it")
        if self.default_method == "P" and not isclose(sum(amounts), 100, abs_tol=1e-6):
            raise argument_error("with method P the amounts should add up to 100")
        return self


class NewGroup(GroupDefinition):
    """A new group."""

    name: Annotated[NewGroupName, Field(description="Group name, used as the account of an order.")]


class GroupUpdate(GroupDefinition):
    """The new definition of an existing group."""

    name: Annotated[GroupName, Field(description="Name of the group, or its new name.")]
    prev_name: Annotated[Text | None, Field(description="Old name, to rename the group.")] = None

    @property
    def is_renamed(self) -> bool:
        """Whether the group gets another name."""
        return self.prev_name not in (None, self.name)

    @model_validator(mode="after")
    def _check_new_name(self) -> Self:
        if self.is_renamed and not _NEW_NAME.fullmatch(self.name):
            raise argument_error(f"a new `name` should be {_NEW_NAME_RULE}")
        return self


class AllocationPresets(Arguments):
    """Presets for all groups."""

    model_config = ConfigDict(alias_generator=None)

    # Here, and only here, IBKR spells A out.
    default_method_for_all: Annotated[
        Literal["AvailableEquity", "E", "N", "C", "P", "R", "S"] | None,
        Field(description="Default method, as for a group."),
    ] = None
    group_auto_close_positions: Annotated[
        bool | None, Field(description="Groups: close positions first.")
    ] = None
    group_proportional_allocation: Annotated[bool | None, Field(description="Keep groups proportional.")] = (
        None
    )
    profiles_auto_close_positions: Annotated[
        bool | None, Field(description="Profiles: close positions first.")
    ] = None
    strict_credit_check: Annotated[bool | None, Field(description="Check credit before each order.")] = None

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if not self.sent():
            raise argument_error("pass at least one preset")
        return self
