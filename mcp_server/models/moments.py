"""Timestamps in IBKR's usual format."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator

from mcp_server.rest.parameters import argument_error

TIMESTAMP_FORMAT: Final = "%Y%m%d-%H:%M:%S"


TIMESTAMP_DESCRIPTION: Final = "a date and time, such as 20270131-14:30:00"


def is_timestamp(text: str) -> bool:
    """Whether the text is a valid date and time in IBKR's format, including every digit."""
    try:
        moment = datetime.strptime(text, TIMESTAMP_FORMAT)  # noqa: DTZ007  # the operation defines its time zone
    except ValueError:
        return False
    return moment.strftime(TIMESTAMP_FORMAT) == text


def _check_timestamp(text: str) -> str:
    if not is_timestamp(text):
        raise argument_error(f"should be {TIMESTAMP_DESCRIPTION}")
    return text


Timestamp = Annotated[str, AfterValidator(_check_timestamp)]
