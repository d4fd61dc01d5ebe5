"""A moment as IBKR writes most of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator

from mcp_server.rest.parameters import argument_error

TIMESTAMP_FORMAT: Final = "%Y%m%d-%H:%M:%S"


def check_timestamp(text: str) -> str:
    """The text, if it is a day and a time that exist, such as 20270131-14:30:00."""
    try:
        if datetime.strptime(text, TIMESTAMP_FORMAT).strftime(TIMESTAMP_FORMAT) == text:  # noqa: DTZ007  # its zone is IBKR's
            return text
    except ValueError:
        pass
    raise argument_error("should be a moment such as 20270131-14:30:00")


Timestamp = Annotated[str, AfterValidator(check_timestamp)]
