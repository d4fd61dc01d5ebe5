"""Model portfolios: a model's targets, and investments in it."""

from __future__ import annotations

from math import isclose
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import (
    PLAIN_DIGITS,
    AccountName,
    ConidNumber,
    CurrencyCode,
    Number,
    OrderNumber,
    Text,
    argument_error,
)

# IBKR repeats the number in its response. Each request has its own response here, so one number will do.
REQUEST_FIELDS: Final = {"reqID": 1}

ModelName = Annotated[Text, Field(description="Model name, from `list_models`.")]
Share = Annotated[float, Field(ge=0, le=1), PLAIN_DIGITS]
# IBKR's reference: whether the model is in polling mode.
SubscriptionStatus = Annotated[Literal[0, 1], Field(description="Polling mode: 1 on, 0 off.")]


class ModelRequest(Arguments):
    """A request that needs a request number."""

    def sent(self) -> dict[str, Any]:
        """The arguments under IBKR's names, with a number for the request."""
        return REQUEST_FIELDS | super().sent()


class ModelByName(ModelRequest):
    """A request about one model."""

    model: ModelName


class ModelPositionsRequest(ModelByName):
    """A model's positions: sort order and maximum number."""

    limit: Annotated[int | None, Field(ge=1, le=10_000, description="Maximum number of rows.")] = None
    sort_field: Annotated[
        Literal[
            "actual",
            "actualRangeMax",
            "actualRangeMin",
            "ccy",
            "conid",
            "dlv",
            "instrumentImbalance",
            "instrument",
            "mismatchType",
            "mv",
            "position",
            "target",
        ]
        | None,
        Field(description="Column to sort by."),
    ] = None
    sort_direction: Annotated[Literal["ASC", "DESC"] | None, Field(description="ASC: largest first.")] = None


class ModelAccountsRequest(ModelByName):
    """A model's accounts."""

    calc_pnls: Annotated[bool | None, Field(description="true: include profit and loss.")] = None


class ModelInvestmentsRequest(ModelByName):
    """The accounts' investments in a model."""

    subscription_status: SubscriptionStatus | None = None


class PositionTarget(Arguments):
    """A contract's target weight."""

    conid: ConidNumber
    target: Share


class CashTarget(Arguments):
    """A currency's target weight."""

    ccy: CurrencyCode
    target: Share


class ModelTargets(ModelRequest):
    """The complete definition of a model."""

    model: Annotated[Text, Field(description="Model name.")]
    desc: Annotated[Text, Field(description="Description.")]
    is_static: Annotated[bool, Field(description="true: keep the targets; false: follow the market.")]
    position_targets: Annotated[list[PositionTarget], Field(description="Weights of contracts; may be [].")]
    cash_targets: Annotated[list[CashTarget], Field(description="Weights of currencies; may be [].")]
    replace: Annotated[bool, Field(exclude=True, description="true: replace an existing model.")] = False

    @model_validator(mode="after")
    def _check_unique_targets(self) -> Self:
        if len({each.conid for each in self.position_targets}) < len(self.position_targets):
            raise argument_error("`position_targets` names a conid twice")
        if len({each.ccy for each in self.cash_targets}) < len(self.cash_targets):
            raise argument_error("`cash_targets` names a currency twice")
        return self

    @model_validator(mode="after")
    def _check_total(self) -> Self:
        total = sum(each.target for each in self.position_targets)
        total += sum(each.target for each in self.cash_targets)
        if not isclose(total, 1, abs_tol=1e-4):
            raise argument_error(
                f"the targets of positions and cash together should add up to 1, not {total:g}"
            )
        return self


class Investment(Arguments):
    """The amount of one account."""

    account: AccountName
    amt_to_invest: Annotated[Number, Field(description="Amount; negative to divest.")]

    @model_validator(mode="after")
    def _check_amount(self) -> Self:
        if self.amt_to_invest == 0:
            raise argument_error("`amt_to_invest` should not be 0: above 0 invests, below 0 divests")
        return self


class InvestmentDraft(ModelByName):
    """Amounts to invest in a model or divest from it, by account."""

    account_list: Annotated[
        list[Investment], Field(min_length=1, description="Amount to invest per account.")
    ]

    @model_validator(mode="after")
    def _check_unique_accounts(self) -> Self:
        if len({each.account for each in self.account_list}) < len(self.account_list):
            raise argument_error("`account_list` names an account twice")
        return self


class TransferSubmission(ModelRequest):
    """Drafted transfers to submit."""

    fp_order_id: Annotated[
        OrderNumber, Field(description="`transfersInstructionId` from `draft_model_investment`.")
    ]


class ModelPresets(ModelRequest):
    """Presets for investing in and rebalancing models."""

    avoid_negative_cash_in_independent: Annotated[
        bool | None, Field(description="No negative cash outside the model.")
    ] = None
    close_divest_independent_position: Annotated[
        bool | None, Field(description="Divesting closes positions.")
    ] = None
    fully_invest_existing_long_positions: Annotated[
        bool | None, Field(description="Invest all cash in long positions.")
    ] = None
    keep_model_open: Annotated[bool | None, Field(description="Keep divested accounts in the model.")] = None
    prefer_cross_with_independent: Annotated[
        bool | None, Field(description="Transfer positions out instead of selling.")
    ] = None
    prefer_transfer_from_independent: Annotated[
        bool | None, Field(description="Transfer positions in instead of buying.")
    ] = None
    round_allocation_quantity_to_exchange_board_lot: Annotated[
        bool | None, Field(description="Round to lot sizes.")
    ] = None
    subscription_status: SubscriptionStatus | None = None
    use_non_base_ccy: Annotated[bool | None, Field(description="Use non-base currencies.")] = None
    use_tolerance_range: Annotated[
        bool | None, Field(description="Tolerate deviations from the targets.")
    ] = None

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if self.sent().keys() <= REQUEST_FIELDS.keys():
            raise argument_error("pass at least one preset")
        return self
