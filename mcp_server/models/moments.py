"""Dates, times and lengths of time: what people write becomes IBKR's form, or an error says what to write."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from mcp_server.rest.date_texts import read_date, read_days, read_length, read_timestamp
from mcp_server.rest.parameters import argument_error

TIMESTAMP_DESCRIPTION: Final = "a date and time, such as 2027-01-31 14:30"


def timestamp_without_zone(text: str) -> str | None:
    """The text in IBKR's form, for a time whose zone the operation does not define; None if it is no time."""
    return read_timestamp(text, utc=False)


def _to_timestamp(value: object) -> str:
    found = read_timestamp(value) if isinstance(value, str) else None
    if found is None:
        raise argument_error(f"should be {TIMESTAMP_DESCRIPTION}, in UTC")
    return found


def _to_date(value: object) -> str:
    found = read_date(value) if isinstance(value, str) else None
    if found is None:
        raise argument_error("should be a date such as 2027-01-31")
    return f"{found:%Y%m%d}"


def _to_length(value: Any) -> Any:
    return (read_length(value) or value) if isinstance(value, str) else value


def _to_upper_length(value: Any) -> Any:
    found = _to_length(value)
    return found.upper() if isinstance(found, str) else found


def _to_days(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = read_days(value)
    if found is None:
        raise argument_error("should be a number of days, such as 7")
    return found


_TEXT: Final = WithJsonSchema({"type": "string"})

# In UTC; an offset is converted.
Timestamp = Annotated[str, PlainValidator(_to_timestamp), _TEXT]
CalendarDate = Annotated[str, PlainValidator(_to_date), _TEXT]
# Before a type that lists IBKR's lengths: `3 months` becomes 3m.
as_length: Final = BeforeValidator(_to_length)
as_upper_length: Final = BeforeValidator(_to_upper_length)
# Before a number of days: `1 week` becomes 7.
as_days: Final = BeforeValidator(_to_days)
