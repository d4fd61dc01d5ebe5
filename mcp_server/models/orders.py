"""Order tickets, validated before anything is sent.

Nothing here corrects an order or fills in a field that matters to money: an ambiguous ticket is rejected.
Each ticket also gets the call's account, because IBKR documents that one without goes to the first account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from api_gateway.client.paths import PATH_PARAMETERS
from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import (
    ACCOUNT_PATTERN,
    MAX_CONID,
    PLAIN_DIGITS,
    ExchangeName,
    Symbol,
    Text,
    argument_error,
    matches,
)

MAX_ORDERS: Final = 20
MAX_ALLOCATIONS: Final = 100
MAX_VALUE: Final = 1e9
MIN_SIZE: Final = 1e-8
# IBKR's reference has int32 and the example 1799796559 for manualCancelTime, so seconds. It does not describe
# manualOrderTime; that it is the same is a guess.
MAX_EPOCH: Final = 2**31 - 1

OrderType = Literal[
    "LMT", "MKT", "STP", "STOP_LIMIT", "MIDPRICE", "TRAIL", "TRAILLMT", "MOC", "LOC", "MIT", "LIT", "REL"
]
TRAILING_TYPES: Final = frozenset({"TRAIL", "TRAILLMT"})
_COMBO_SEPARATOR: Final = ";;;"
_CONID: Final = "[1-9][0-9]{0,9}"
_AT_EXCHANGE: Final = "@[A-Z0-9][A-Z0-9._]{0,19}"
_LEG: Final = f"{_CONID}({_AT_EXCHANGE})?/[+-]?[1-9][0-9]{{0,5}}"
# Contract types whose price can be negative.
_NEGATIVE_PRICE_TYPES: Final = frozenset({"FUT", "FOP"})


@dataclass(frozen=True)
class PriceFields:
    """Which of `price` and `aux_price` an order type requires, and which it accepts."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


_NO_PRICE_FIELDS: Final = PriceFields()
_PRICE: Final = PriceFields(required=frozenset({"price"}))
_PRICE_AND_AUX: Final = PriceFields(required=frozenset({"price", "aux_price"}))
_OPTIONAL_PRICE: Final = PriceFields(optional=frozenset({"price"}))
_OPTIONAL_PRICE_AND_AUX: Final = PriceFields(optional=frozenset({"price", "aux_price"}))
PRICE_FIELDS: Final[Mapping[OrderType, PriceFields]] = {
    "LMT": _PRICE,
    "LOC": _PRICE,
    "MKT": _NO_PRICE_FIELDS,
    "MOC": _NO_PRICE_FIELDS,
    "STP": _PRICE,
    "STOP_LIMIT": _PRICE_AND_AUX,
    "MIDPRICE": _OPTIONAL_PRICE,
    "TRAIL": _OPTIONAL_PRICE,
    "TRAILLMT": _PRICE_AND_AUX,
    "MIT": _PRICE,
    "LIT": _PRICE_AND_AUX,
    "REL": _OPTIONAL_PRICE_AND_AUX,
}


def _check_magnitude(number: float) -> float:
    if abs(number) > MAX_VALUE:
        raise argument_error(f"should be at most {MAX_VALUE:,.0f}")
    return number


def _check_positive(number: float) -> float:
    if number < MIN_SIZE:
        raise argument_error(f"should be at least {MIN_SIZE:.8f}")
    return number


def _check_epoch(number: int) -> int:
    if not 0 < number <= MAX_EPOCH:
        raise argument_error("should be a time in epoch seconds, such as 1799796559")
    return number


def _check_conid(number: int) -> int:
    if not 1 <= number <= MAX_CONID:
        raise argument_error(f"should be a contract ID from 1 to {MAX_CONID}")
    return number


def _int_if_whole(number: float) -> float | int:
    """Send 100 rather than 100.0."""
    return int(number) if number.is_integer() else number


# Bounds are reported when violated, and not published: the ticket is in three tools.
Finite = Annotated[float, Field(allow_inf_nan=False)]
Price = Annotated[
    Finite,
    PLAIN_DIGITS,
    AfterValidator(_check_magnitude),
    PlainSerializer(_int_if_whole),
]
Size = Annotated[Price, AfterValidator(_check_positive)]
TicketConid = Annotated[int, AfterValidator(_check_conid)]
TicketAccount = Annotated[str, matches(ACCOUNT_PATTERN, "an account ID such as DU1234567")]
ClientOrderId = Annotated[
    str, matches("[A-Za-z0-9][A-Za-z0-9 ._:#/-]{0,63}", "1 to 64 letters, digits, spaces and . _ : # / -")
]
Word = Annotated[str, matches("[A-Za-z0-9_]{1,40}", "one word of letters and digits")]
Conidex = Annotated[
    str,
    matches(
        rf"{_CONID}{_AT_EXCHANGE}|{_CONID}({_AT_EXCHANGE})?;;;{_LEG}(,{_LEG}){{1,15}}",
        "conid@EXCHANGE, or spread;;;conid/ratio,conid/ratio",
    ),
]
ConidAndSecType = Annotated[
    str, matches("[1-9][0-9]{0,9}:[A-Z]{2,7}", "a conid and a contract type, such as 265598:STK")
]
Epoch = Annotated[int, AfterValidator(_check_epoch)]
ReplyId = Annotated[
    str,
    matches(
        "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "the ID of an order confirmation, such as 07a13a5a-4a48-44a5-bb25-5ab37b79186c",
    ),
]
MessageId = Annotated[str, matches("[a-z]{1,3}[0-9]{1,6}", "an ID from `messageIds`, such as o163")]
AllocationTarget = Annotated[
    str,
    matches(
        PATH_PARAMETERS["allocation"].pattern.pattern, "an account ID such as DU1234567, or a group name"
    ),
]

# Who gives the instruction: the CME requires this for orders for US futures.
ManualIndicator = Annotated[bool, Field(description="US futures: true if entered by hand.")]
ExtOperator = Annotated[Text, Field(description="US futures: operator ID.")]


def _check_operator(manual: bool | None, operator: str | None) -> None:
    if (manual is None) is not (operator is None):
        raise argument_error("US futures need both `manual_indicator` and `ext_operator`")


class Allocation(Arguments):
    """One account's part of an order."""

    account: Annotated[TicketAccount, Field(description="Account ID.")]
    amount: Annotated[Size, Field(description="Quantity for this account.")]


class Cancellation(Arguments):
    """What an exchange or a broker's records require for a cancellation."""

    manual_indicator: ManualIndicator | None = None
    ext_operator: ExtOperator | None = None
    manual_cancel_time: Annotated[Epoch | None, Field(description="Brokers: epoch seconds.")] = None

    @model_validator(mode="after")
    def _check_operator_pair(self) -> Self:
        _check_operator(self.manual_indicator, self.ext_operator)
        return self


class OrderTicket(Arguments):
    """One order."""

    # `tif` lacks GTD because IBKR's ticket has no field for its date.

    acct_id: Annotated[TicketAccount | None, Field(description="Account ID; default `account_id`.")] = None
    conid: Annotated[TicketConid | None, Field(description="Contract ID.")] = None
    conidex: Annotated[
        Conidex | None,
        Field(description='Instead of conid: "265598@NYSE", or a combo "28812380;;;conid/1,conid/-1".'),
    ] = None
    sec_type: Annotated[ConidAndSecType | None, Field(description="Conid and type, e.g. 265598:STK.")] = None
    c_oid: Annotated[
        ClientOrderId | None,
        Field(serialization_alias="cOID", description="Your own order ID; prevents duplicates."),
    ] = None
    parent_id: Annotated[ClientOrderId | None, Field(description="`c_oid` of the parent order.")] = None
    side: Annotated[Literal["BUY", "SELL"], Field(description="Buy or sell.")]
    quantity: Annotated[Size | None, Field(description="Shares or contracts.")] = None
    cash_qty: Annotated[Size | None, Field(description="Amount of money, instead of quantity.")] = None
    fx_qty: Annotated[Size | None, Field(description="Amount to convert, instead of quantity.")] = None
    order_type: Annotated[OrderType, Field(description="Order type.")]
    price: Annotated[
        Price | None, Field(description="Limit price; cap of MIDPRICE and REL; stop of STP, TRAIL and MIT.")
    ] = None
    aux_price: Annotated[
        Price | None, Field(description="Stop price of STOP_LIMIT, TRAILLMT and LIT; offset of REL.")
    ] = None
    trailing_amt: Annotated[Size | None, Field(description="Trailing distance, e.g. 1.5.")] = None
    trailing_type: Annotated[Literal["amt", "%"] | None, Field(description="Unit of trailing_amt.")] = None
    tif: Annotated[
        Literal["DAY", "GTC", "IOC", "OPG", "PAX", "OVT", "OND"],
        Field(description="OPG opening, OVT overnight, OND overnight and day, PAX crypto."),
    ]
    outside_rth: Annotated[
        bool | None, Field(serialization_alias="outsideRTH", description="Also outside regular hours.")
    ] = None
    is_single_group: Annotated[bool | None, Field(description="OCA: one fill cancels the others.")] = None
    all_or_none: Annotated[bool | None, Field(description="Fill all or nothing.")] = None
    listing_exchange: Annotated[ExchangeName | None, Field(description="Exchange; default SMART.")] = None
    ticker: Annotated[Symbol | None, Field(description="Symbol.")] = None
    use_adaptive: Annotated[bool | None, Field(description="Use the price management algo.")] = None
    is_ccy_conv: Annotated[bool | None, Field(description="Currency conversion.")] = None
    strategy: Annotated[Word | None, Field(description="From `list_contract_algos`.")] = None
    strategy_parameters: Annotated[
        dict[Word, bool | int | Finite | Text] | None,
        WithJsonSchema({"type": "object"}),
        Field(min_length=1, max_length=40, description="Parameters of the algo."),
    ] = None
    deactivated: Annotated[bool | None, Field(description="Save without submitting.")] = None
    tax_optimizer_id: Annotated[Text | None, Field(description="Tax lot method.")] = None
    allocation_method: Annotated[Word | None, Field(description="Group method, e.g. AvailableEquity.")] = None
    alloc_type: Annotated[Literal["SHARE", "CASH"] | None, Field(description="Unit of `allocations`.")] = None
    allocations: Annotated[list[Allocation] | None, Field(description="Advisors: quantity per account.")] = (
        None
    )
    manual_indicator: ManualIndicator | None = None
    ext_operator: ExtOperator | None = None
    manual_order_time: Annotated[Epoch | None, Field(description="Brokers: epoch seconds.")] = None
    customer_account: Annotated[Text | None, Field(description="Omnibus accounts only.")] = None
    is_pro_customer: Annotated[bool | None, Field(description="Omnibus accounts only.")] = None
    referrer: Annotated[Text | None, Field(description="Entry screen, e.g. QuickTrade.")] = None

    @property
    def is_combo(self) -> bool:
        """Whether it is a combo of several contracts."""
        return _COMBO_SEPARATOR in (self.conidex or "")

    @model_validator(mode="after")
    def _check_contract(self) -> Self:
        if (self.conid is None) is (self.conidex is None):
            raise argument_error("pass either `conid` or `conidex`")
        named = str(self.conid) if self.conidex is None else re.split("[@;]", self.conidex)[0]
        if self.sec_type is not None and self.sec_type.partition(":")[0] != named:
            raise argument_error("`sec_type` names a different contract than `conid` or `conidex`")
        return self

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        given = [name for name in ("quantity", "cash_qty", "fx_qty") if getattr(self, name) is not None]
        if len(given) > 1 or not (given or self.allocations):
            raise argument_error("pass exactly one of `quantity`, `cash_qty` and `fx_qty`")
        if self.fx_qty is not None and not self.is_ccy_conv:
            raise argument_error("`fx_qty` needs `is_ccy_conv`: true")
        return self

    @model_validator(mode="after")
    def _check_prices(self) -> Self:
        prices = PRICE_FIELDS[self.order_type]
        for name in ("price", "aux_price"):
            value = getattr(self, name)
            if value is None and name in prices.required:
                raise argument_error(f"{self.order_type} needs `{name}`")
            if value is not None and name not in prices.required | prices.optional:
                raise argument_error(f"{self.order_type} does not accept `{name}`")
            if value is not None and value <= 0 and not self._allows_negative_price:
                raise argument_error(
                    f"`{name}` should be greater than 0; "
                    "only a combo, or a `sec_type` of FUT or FOP, allows 0 or less"
                )
        return self

    @property
    def _allows_negative_price(self) -> bool:
        return self.is_combo or (self.sec_type or "").partition(":")[2] in _NEGATIVE_PRICE_TYPES

    @model_validator(mode="after")
    def _check_trail(self) -> Self:
        given = (self.trailing_amt is not None, self.trailing_type is not None)
        if self.order_type in TRAILING_TYPES and not all(given):
            raise argument_error(f"{self.order_type} needs `trailing_amt` and `trailing_type`")
        if self.order_type not in TRAILING_TYPES and any(given):
            raise argument_error(f"{self.order_type} accepts neither `trailing_amt` nor `trailing_type`")
        if self.trailing_type == "%" and (self.trailing_amt or 0) >= 100:
            raise argument_error("`trailing_amt` in percent should be less than 100")
        return self

    @model_validator(mode="after")
    def _check_operator_pair(self) -> Self:
        _check_operator(self.manual_indicator, self.ext_operator)
        return self

    @model_validator(mode="after")
    def _check_algo(self) -> Self:
        if self.strategy_parameters is not None and self.strategy is None:
            raise argument_error("`strategy_parameters` need `strategy`")
        return self

    @model_validator(mode="after")
    def _check_allocations(self) -> Self:
        if self.allocations is not None and not 1 <= len(self.allocations) <= MAX_ALLOCATIONS:
            raise argument_error(f"pass 1 to {MAX_ALLOCATIONS} `allocations`")
        if (self.alloc_type is None) is not (self.allocations is None):
            raise argument_error("`alloc_type` and `allocations` should be passed together")
        if len({each.account for each in self.allocations or ()}) < len(self.allocations or ()):
            raise argument_error("`allocations` should name each account only once")
        whole = self.quantity if self.alloc_type == "SHARE" else self.cash_qty
        if self.allocations and whole is not None:
            parts = sum(each.amount for each in self.allocations)
            if abs(parts - whole) > MIN_SIZE * max(whole, 1):
                raise argument_error("the amounts of `allocations` should add up to the size of the order")
        return self

    @model_serializer(mode="wrap")
    def _move_allocations(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = dump(self)
        profile = {
            "alloc_type": fields.pop("allocType", None),
            "allocations": fields.pop("allocations", None),
        }
        return (
            fields if self.allocations is None else fields | {"jsonPayload": {"allocation_profile": profile}}
        )

    def payload_for(self, account_id: str) -> dict[str, Any]:
        """The ticket under IBKR's names; rejected if it names another account than `account_id`."""
        return self.payload_at(account_id, "acct_id")

    def payload_at(self, account_id: str, *where: str | int) -> dict[str, Any]:
        """As `payload_for`; `where` is the path of its `acct_id` in the arguments."""
        self._check_account(account_id, where)
        # A group is not an account, and an order with its own allocations may be an advisor's.
        one_account = re.fullmatch(ACCOUNT_PATTERN, account_id, re.ASCII) and self.allocations is None
        return ({"acctId": account_id} if one_account else {}) | self.sent()

    def _check_account(self, account_id: str, location: Sequence[str | int]) -> None:
        if self.acct_id is not None and self.acct_id != account_id:
            problem = {
                "type": "wrong",
                "loc": ("body", *location),
                "msg": "should equal `account_id` or be left out",
                "input": self.acct_id,
            }
            raise RequestValidationError([problem])


class Orders(Arguments):
    """One order, or several that form a bracket or a group."""

    orders: Annotated[
        list[OrderTicket],
        Field(description="One order, a bracket or an OCA group."),
    ]

    @model_validator(mode="after")
    def _check_relations(self) -> Self:
        if not 1 <= len(self.orders) <= MAX_ORDERS:
            raise argument_error(f"pass 1 to {MAX_ORDERS} `orders`")
        names = [each.c_oid for each in self.orders if each.c_oid is not None]
        if len(set(names)) < len(names):
            raise argument_error("each order needs a different `c_oid`")
        for each in self.orders:
            if each.parent_id is not None and (each.parent_id not in names or each.c_oid is not None):
                raise argument_error(
                    "a bracket child needs its parent's `c_oid` as `parent_id`, and no `c_oid` of its own"
                )
        grouped = sum(each.is_single_group is True for each in self.orders)
        if grouped and not 1 < grouped == len(self.orders):
            raise argument_error(
                "a one-cancels-all group needs two or more orders, each with `is_single_group`: true"
            )
        if not grouped and len(self.orders) > 1 and not _is_bracket(self.orders):
            raise argument_error(
                "several orders should form one bracket (`c_oid` on the parent, `parent_id` on all others) "
                "or one group (`is_single_group`); place other orders one at a time"
            )
        return self

    def payload_for(self, account_id: str) -> dict[str, Any]:
        """The orders under IBKR's names; rejected if one names another account than `account_id`."""
        numbered = enumerate(self.orders)
        return {"orders": [each.payload_at(account_id, "orders", n, "acct_id") for n, each in numbered]}


def _is_bracket(orders: Sequence[OrderTicket]) -> bool:
    parents = [each for each in orders if each.parent_id is None]
    return len(parents) == 1 and all(each.parent_id in (None, parents[0].c_oid) for each in orders)
