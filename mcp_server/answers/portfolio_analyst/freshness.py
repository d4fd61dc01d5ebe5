"""When a stored response is as good as a new one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL
from mcp_server.answers.times import in_new_york
from mcp_server.facts.fact_store import Fact, FactStore

MAX_AGE: Final = timedelta(days=400)
"""How long values and transactions stay available: they have the days of a year."""

_NEWER: Final = timedelta(seconds=1)


def is_final(last_day: date, received: datetime, now: datetime) -> bool:
    """Whether a response received then is as good as a new one about days up to `last_day`.

    It is if IBKR accepts no newer request yet, or if it is from after the night that followed that day, in
    which IBKR completes its values.
    """
    if timedelta() <= now - received < INTERVAL:
        return True
    return last_day < in_new_york(received).date() - timedelta(days=1)


async def read_newest(facts: FactStore, scope: str, kind: str, key: str, now: datetime) -> Fact | None:
    """The stored fact of any age: if it is old, the one that another process has stored since."""
    known = await facts.read(scope, kind, key, MAX_AGE)
    if known is None or now - known.fetched_at < INTERVAL:
        return known
    # The store returns what this process has in memory as long as it is young enough.
    return await facts.read(scope, kind, key, now - known.fetched_at - _NEWER) or known
