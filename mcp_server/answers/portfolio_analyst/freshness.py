"""When a stored response answers a question as well as a new one would."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL
from mcp_server.answers.times import in_new_york


def is_final(last_day: date, received: datetime, now: datetime) -> bool:
    """Whether a response received then is as good as a new one about days up to `last_day`.

    It is if IBKR accepts no newer request yet, or if it is from after the night that followed that day, in
    which IBKR completes its values.
    """
    if timedelta() <= now - received < INTERVAL:
        return True
    return last_day < in_new_york(received).date() - timedelta(days=1)
