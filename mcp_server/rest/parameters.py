"""The parameter types of the routes' signatures, with their validation and descriptions.

A type without `Path`, `Query` or `Body` is a kind of value; one with it also says where the value is sent.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from fastapi import Body, Depends, Path, Query
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from mcp_server.plain_numbers import is_plain_number
from mcp_server.rest.date_texts import read_month
from mcp_server.rest.relay import Relay, get_relay

Gateway = Annotated[Relay, Depends(get_relay)]

ACCOUNT_PATTERN: Final = "[A-Z]{1,4}[0-9]{4,12}[A-Z]?"
MAX_CONID: Final = 2**31 - 1
MAX_ORDER_ID: Final = 2**63 - 1
MAX_NUMBER: Final = 10**15
MAX_TEXT_LENGTH: Final = 4000


def argument_error(sentence: str) -> PydanticCustomError:
    """A validation error; its message is the rest of a sentence that begins with the argument's name."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence})


def matches(pattern: str, expected: str) -> AfterValidator:
    """Accepts text that matches completely, as it is or else in upper or lower case.

    IBKR is case-sensitive almost everywhere. The error is shorter to publish than a pattern.
    """
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        for spelled in (text, text.upper(), text.lower()):
            if compiled.fullmatch(spelled):
                return spelled
        raise argument_error(f"should be {expected}")

    return AfterValidator(check)


def at_most(limit: int, expected: str) -> AfterValidator:
    """Accepts a number up to `limit`."""

    def check(number: int) -> int:
        if number > limit:
            raise argument_error(f"should be {expected}, at most {limit}")
        return number

    return AfterValidator(check)


def _check_short_text(text: str) -> str:
    if not (0 < len(text) <= 100 and text.isprintable()):
        raise argument_error("should be one line of 1 to 100 printable characters")
    return text


def _check_plain_text(text: str) -> str:
    if len(text) > MAX_TEXT_LENGTH or not text.replace("\n", "").replace("\t", "").isprintable():
        raise argument_error(
            f"should be up to {MAX_TEXT_LENGTH} characters, none of them a control character"
        )
    return text


def _to_month(text: str) -> str:
    found = read_month(text)
    if found is None:
        raise argument_error("should be a month, such as JAN27 or 2027-01")
    return found


def check_finite(number: float) -> float:
    """The number, if it is finite and of a plausible size."""
    if not abs(number) <= MAX_NUMBER:  # also true for NaN
        raise argument_error(f"should be a number from -{MAX_NUMBER} to {MAX_NUMBER}")
    return number


def _check_plain_digits(value: object) -> object:
    if isinstance(value, str) and not is_plain_number(value):
        raise argument_error("should be a number in plain digits, such as 185.5")
    return value


# For amounts as text.
PLAIN_DIGITS: Final = BeforeValidator(_check_plain_digits)

# Kinds of values.
AccountText = Annotated[
    str,
    matches(ACCOUNT_PATTERN, "an account ID such as DU1234567"),
    Field(json_schema_extra={"pattern": f"^{ACCOUNT_PATTERN}$"}),
]
# For lists and bodies: without a published pattern, as the error says what is expected.
AccountName = Annotated[str, matches(ACCOUNT_PATTERN, "an account ID such as DU1234567")]
ConidNumber = Annotated[int, Field(ge=1), at_most(MAX_CONID, "a conid")]
OrderNumber = Annotated[int, Field(ge=1), at_most(MAX_ORDER_ID, "an order ID")]
PageNumber = Annotated[int, Field(ge=0), at_most(9999, "a page")]
# An integer is sent as an integer: 5, not 5.0.
Number = Annotated[
    int | float, PLAIN_DIGITS, AfterValidator(check_finite), WithJsonSchema({"type": "number"})
]
Symbol = Annotated[str, matches(r"[A-Z0-9][A-Z0-9 ._+&'/*-]{0,19}", "an upper-case symbol such as AAPL")]
ExchangeName = Annotated[str, matches(r"[A-Z0-9][A-Z0-9._]{0,19}", "an exchange such as SMART or NASDAQ")]
CurrencyCode = Annotated[str, matches(r"[A-Z]{3}", "a currency code such as USD")]
IssuerId = Annotated[str, matches(r"e[0-9]{1,12}", "a bond issuer's ID such as e1234567")]
Text = Annotated[str, AfterValidator(_check_short_text)]
# For generated routers, whose values nobody has compared with what IBKR accepts.
PlainText = Annotated[str, AfterValidator(_check_plain_text)]
ContractMonth = Annotated[str, AfterValidator(_to_month)]

# In the path.
AccountId = Annotated[AccountText, Path(description="Account ID.")]
Conid = Annotated[ConidNumber, Path(description="Conid or symbol.")]
OrderId = Annotated[OrderNumber, Path(description="IBKR's order ID, from `list_live_orders`.")]

# In the query.
QueryConid = Annotated[ConidNumber, Query(description="Conid or symbol.")]
Page = Annotated[PageNumber, Query(description="Page, from 0.")]
Exchange = Annotated[ExchangeName | None, Query(description="Exchange, e.g. SMART.")]
AccountFilter = Annotated[AccountText | None, Query(description="Only this account.")]
ModelFilter = Annotated[Text | None, Query(description="Only this FA model.")]
SortDirection = Annotated[Literal["a", "d"] | None, Query(description="a ascending, d descending.")]
SortColumn = Annotated[
    Annotated[str, matches("[A-Za-z]{1,40}", "the name of a column")] | None,
    Query(description="Column to sort by, as spelled in the rows."),
]
BypassCache = Annotated[bool | None, Query(description="Bypass IBKR's cache.")]

# In the body.
BodyAccountId = Annotated[AccountText, Body(embed=True, description="Account ID.")]
BodyConid = Annotated[ConidNumber, Body(embed=True, description="Conid or symbol.")]
