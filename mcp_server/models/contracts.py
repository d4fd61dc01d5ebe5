"""Arguments of the Contracts section that only make sense together."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import (
    ConidNumber,
    ContractMonth,
    ExchangeName,
    IssuerId,
    Number,
    OrderNumber,
    Text,
    argument_error,
)

OPTION_TYPES = frozenset({"OPT", "FOP", "WAR"})
DATED_TYPES = OPTION_TYPES | {"FUT", "IOPT"}
# Types whose strike can be a price difference, and so be negative.
SPREAD_STRIKE_TYPES = frozenset({"FUT", "FOP"})
MONTH_DESCRIPTION = "Contract month, e.g. JAN27."


class ContractSearch(Arguments):
    """The body form of the symbol search."""

    symbol: Annotated[Text, Field(description="Ticker, company name (with `name`) or bond issuer.")]
    sec_type: Annotated[Literal["STK", "IND", "BOND"] | None, Field(description="Default STK.")] = None
    name: Annotated[bool | None, Field(description="`symbol` is (part of) a company name.")] = None
    more: Annotated[bool | None, Field(description="Return more results.")] = None
    fund: Annotated[bool | None, Field(description="Search funds.")] = None
    fund_family_conid_ex: Annotated[Text | None, Field(description="Only funds of this family.")] = None
    pattern: Annotated[bool | None, Field(description="Match `symbol` as a pattern.")] = None
    # IBKR's reference names it and does not describe it.
    referrer: Annotated[Text | None, Field(description="Caller, e.g. watchlist.")] = None


class StrikesQuery(Arguments):
    """One month of an option chain."""

    conid: Annotated[ConidNumber, Field(description="Underlying.")]
    sec_type: Annotated[
        Literal["OPT", "FOP", "WAR"],
        Field(serialization_alias="sectype", description="Options, futures options or warrants."),
    ]
    month: Annotated[ContractMonth, Field(description=MONTH_DESCRIPTION)]
    exchange: Annotated[
        ExchangeName | None, Field(description="Default SMART; required for FOP, e.g. CME.")
    ] = None

    @model_validator(mode="after")
    def _check_exchange(self) -> Self:
        if self.sec_type == "FOP" and self.exchange is None:
            raise argument_error("FOP needs `exchange`, e.g. CME, from `sections` in `search_contracts`")
        return self


class SecdefQuery(Arguments):
    """Derivatives of one underlying, or bonds of one issuer."""

    conid: Annotated[ConidNumber | None, Field(description="Underlying; if alone, the contract itself.")] = (
        None
    )
    sec_type: Annotated[
        Literal["STK", "OPT", "FUT", "FOP", "WAR", "IOPT", "CASH", "CFD", "BOND"] | None,
        Field(serialization_alias="sectype", description="Type of contract."),
    ] = None
    month: Annotated[ContractMonth | None, Field(description=MONTH_DESCRIPTION)] = None
    exchange: Annotated[ExchangeName | None, Field(description="Routing exchange, e.g. SMART.")] = None
    strike: Annotated[Number | None, Field(description="Strike, from `get_strikes`.")] = None
    right: Annotated[Literal["C", "P"] | None, Field(description="C call, P put.")] = None
    issuer_id: Annotated[
        IssuerId | None,
        Field(description="Bond issuer, e.g. e1234567."),
    ] = None
    filters: Annotated[
        list[Text] | None,
        Field(max_length=20, description="columnId:value from `get_bond_filters`, e.g. 27:202901."),
    ] = None

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        if self.conid is None and self.issuer_id is None:
            raise argument_error("pass `conid` of the underlying, or `issuer_id` for bonds")
        if self.sec_type in DATED_TYPES and self.month is None:
            raise argument_error(
                f"{self.sec_type} needs `month`, e.g. JAN27; "
                "if `conid` is the contract itself, leave `sec_type` out"
            )
        if self.sec_type in OPTION_TYPES and self.strike is None:
            raise argument_error(f"{self.sec_type} needs `strike`, from `get_strikes`")
        if self.strike is not None and self.strike <= 0 and self.sec_type not in SPREAD_STRIKE_TYPES:
            raise argument_error("`strike` should be greater than 0")
        return self


class RulesRequest(Arguments):
    """Trading rules of one contract, for one side."""

    conid: Annotated[ConidNumber, Field(description="Conid or symbol.")]
    is_buy: Annotated[bool | None, Field(description="true: buy, false: sell.")] = None
    exchange: Annotated[ExchangeName | None, Field(description="Exchange, e.g. SMART.")] = None
    modify_order: Annotated[bool | None, Field(description="true: rules for modifying `order_id`.")] = None
    order_id: Annotated[OrderNumber | None, Field(description="The order to modify.")] = None

    @model_validator(mode="after")
    def _check_order_id(self) -> Self:
        if self.modify_order and self.order_id is None:
            raise argument_error("`modify_order` needs `order_id`")
        return self
