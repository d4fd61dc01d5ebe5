"""An alert: its conditions, and who is notified."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from mcp_server.models.arguments import Arguments
from mcp_server.models.moments import TIMESTAMP_DESCRIPTION, Timestamp, timestamp_without_zone
from mcp_server.rest.parameters import OrderNumber, Text, argument_error, matches

TIME_TYPE: Final = 3
NUMERIC_TYPES: Final = frozenset({1, 4, 6})
CONTRACT_TYPES: Final = frozenset({1, 6})
MOBILE_TYPES: Final = frozenset({7, 8, 9})
MAX_CONDITIONS: Final = 20
MAX_MESSAGE_LENGTH: Final = 500
ANY_VALUE: Final = "*"
ANY_CONTRACT: Final = "*@*"


def _check_one_line(text: str) -> str:
    if not (0 < len(text) <= MAX_MESSAGE_LENGTH and text.isprintable()):
        raise argument_error(f"should be one line of 1 to {MAX_MESSAGE_LENGTH} printable characters")
    return text


Message = Annotated[str, AfterValidator(_check_one_line)]
# IBKR expects 1 and 0 instead of true and false.
Flag = Annotated[bool, PlainSerializer(int)]
Email = Annotated[
    str, matches(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}", "an e-mail address")
]
ConidAtExchange = Annotated[
    str, matches(r"[1-9][0-9]{0,9}@[A-Z0-9][A-Z0-9._]{0,19}|\*@\*", "conid@EXCHANGE, such as 265598@SMART")
]
# The MTA alert lists them as GMT (Africa/Abidjan).
TimeZone = Annotated[str, matches("[A-Za-z][A-Za-z0-9_+/() -]{0,39}", "a time zone, such as US/Eastern")]
_NUMBER_PATTERN: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?", re.ASCII)


class AlertCondition(Arguments):
    """One condition of an alert."""

    type: Annotated[
        Literal[1, 3, 4, 5, 6, 7, 8, 9],
        Field(description="1 price, 3 time, 4 margin, 5 trade, 6 volume; MTA: 7 market, 8 position, 9 P&L."),
    ]
    conidex: Annotated[ConidAtExchange, Field(description='E.g. 265598@SMART; "*@*" for any.')]
    operator: Annotated[Literal[">=", "<=", ">", "<", "=="], Field(description="Comparison with `value`.")]
    value: Annotated[
        Text, Field(description='Text, e.g. "195.00"; a time as YYYYMMDD-HH:mm:ss; "*" for any.')
    ]
    logic_bind: Annotated[
        Literal["a", "o", "n"], Field(description="Link to the next one: a and, o or; n for the last.")
    ]
    time_zone: Annotated[TimeZone | None, Field(description="MTA only, e.g. US/Eastern.")] = None

    @field_validator("value")
    @classmethod
    def _read_time(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("type") != TIME_TYPE or value == ANY_VALUE:
            return value
        found = timestamp_without_zone(value)
        if found is None:
            raise argument_error(f"should be {TIMESTAMP_DESCRIPTION}, for type {TIME_TYPE}, without a zone")
        return found

    @model_validator(mode="after")
    def _check_contract(self) -> Self:
        if self.type in CONTRACT_TYPES and self.conidex == ANY_CONTRACT:
            raise argument_error(
                f"`conidex` should name a contract for type {self.type}, such as 265598@SMART"
            )
        return self

    @model_validator(mode="after")
    def _check_value(self) -> Self:
        if (
            self.value != ANY_VALUE
            and self.type in NUMERIC_TYPES
            and not _NUMBER_PATTERN.fullmatch(self.value)
        ):
            raise argument_error(f'`value` should be a number as text for type {self.type}, e.g. "195.00"')
        return self

    @model_serializer(mode="wrap")
    def _add_trigger_method(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**dump(self), "triggerMethod": "0"}


class Alert(Arguments):
    """A complete alert."""

    alert_name: Annotated[Text, Field(description="Name of the alert.")]
    alert_message: Annotated[Message, Field(description="Text of the notification.")]
    alert_repeatable: Annotated[Flag, Field(description="Notify more than once.")]
    conditions: Annotated[list[AlertCondition], Field(description="Conditions that trigger it.")]
    outside_rth: Annotated[Flag, Field(description="Also outside regular hours.")]
    tif: Annotated[Literal["GTC", "GTD"], Field(description="GTD: until `expire_time`.")]
    expire_time: Annotated[Timestamp | None, Field(description="UTC, YYYYMMDD-HH:mm:ss.")] = None
    send_message: Annotated[Flag | None, Field(description="Send an e-mail to `email`.")] = None
    email: Annotated[Email | None, Field(description="E-mail address.")] = None
    show_popup: Annotated[Flag | None, Field(description="Show a pop-up in TWS.")] = None
    itws_orders_only: Annotated[
        Flag | None,
        Field(serialization_alias="iTWSOrdersOnly", description="Mobile alerts only; true for MTA."),
    ] = None
    order_id: Annotated[
        OrderNumber | None, Field(description="The alert to modify; for MTA, from `get_mta_alert`.")
    ] = None

    @model_validator(mode="after")
    def _check_logic_binds(self) -> Self:
        if not 1 <= len(self.conditions) <= MAX_CONDITIONS:
            raise argument_error(f"pass 1 to {MAX_CONDITIONS} `conditions`")
        *others, last = [each.logic_bind for each in self.conditions]
        if last != "n" or "n" in others:
            raise argument_error(
                "`logic_bind` should be n for the last condition, and a or o for those before it"
            )
        return self

    @model_validator(mode="after")
    def _check_expire_time(self) -> Self:
        if (self.tif == "GTD") is (self.expire_time is None):
            raise argument_error("GTD needs `expire_time`; GTC does not accept it")
        return self

    @model_validator(mode="after")
    def _check_email(self) -> Self:
        if self.send_message and self.email is None:
            raise argument_error("`send_message`: true needs `email`")
        return self

    @model_validator(mode="after")
    def _check_mobile_assistant(self) -> Self:
        mobile = any(each.type in MOBILE_TYPES for each in self.conditions)
        if mobile and not (self.itws_orders_only and self.alert_repeatable):
            raise argument_error(
                "types 7, 8 and 9 need `itws_orders_only`: true and `alert_repeatable`: true"
            )
        return self
