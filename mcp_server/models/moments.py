"""A moment as IBKR writes most of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator

from mcp_server.rest.parameters import wrong

MOMENT: Final = "%Y%m%d-%H:%M:%S"


def check_moment(text: str) -> str:
    """The text, if it is a day and a time that exist, such as 20270131-14:30:00."""
    try:
        if datetime.strptime(text, MOMENT).strftime(MOMENT) == text:  # noqa: DTZ007  # its zone is IBKR's
            return text
    except ValueError:
        pass
    raise wrong("should be a moment such as 20270131-14:30:00")


Moment = Annotated[str, AfterValidator(check_moment)]
