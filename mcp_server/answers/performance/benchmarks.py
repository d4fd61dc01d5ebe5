"""Benchmarks: the price of an instrument over the same days as an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.quotes import parse_number
from mcp_server.answers.times import from_epoch
from mcp_server.instruments.instrument import Choice, Choices, Found, Instrument

_SPARE_WEEKS: Final = 2
"""For a first day that follows a week of holidays."""


@dataclass(frozen=True)
class Benchmark:
    """The closing prices of an instrument by day, or why there are none."""

    name: str
    currency: str = ""
    closes: tuple[tuple[date, float], ...] = ()
    is_delayed: bool = False
    problem: str = ""
    choices: tuple[Choice, ...] = ()

    def levels(self, start: date, end: date) -> list[tuple[date, float]]:
        """What 1 at the end of `start` became by each day up to `end`; empty if prices begin later."""
        before = [close for day, close in self.closes if day <= start]
        if not before or before[-1] <= 0:
            return []
        return [(day, close / before[-1]) for day, close in self.closes if start < day <= end]


async def read_benchmarks(texts: Sequence[str], first_day: date, context: AnswerContext) -> list[Benchmark]:
    """The benchmarks, in their order, with prices from some days before `first_day` until now.

    Raises GatewayError only for what concerns every request.
    """
    unique = list(dict.fromkeys(each.upper() for each in texts))
    try:
        resolutions = await context.instruments.resolve_all(unique)
    except (Refused, Failed, RateLimited) as error:
        return [Benchmark(text, problem=error.sentence) for text in unique]
    found = dict(zip(unique, resolutions, strict=True))
    # Of two that people mean alike, either has the same return in its currency.
    instruments = {text: each.instruments[0] for text, each in found.items() if isinstance(each, Found)}
    weeks = ((context.clock.today() - first_day) // timedelta(weeks=1)) + 1 + _SPARE_WEEKS
    requests = {
        text: context.gateway.get(
            "/iserver/marketdata/history", conid=each.conid, period=f"{weeks}w", bar="1d"
        )
        for text, each in instruments.items()
    }
    try:
        histories = await gather_partial(requests)
        values = {text: each.value for text, each in histories.values.items()}
        errors = {text: each.sentence for text, each in histories.errors.items()}
    except (Refused, Failed, RateLimited) as error:
        values, errors = {}, dict.fromkeys(instruments, error.sentence)
    return [
        _benchmark(text, instruments[text], values.get(text), errors.get(text, ""))
        if isinstance(each, Found)
        else Benchmark(text, problem=each.reason, choices=each.rows if isinstance(each, Choices) else ())
        for text, each in found.items()
    ]


def parse_closes(value: Any) -> list[tuple[date, float]]:
    """The last price of each day in a response of price history, in order."""
    closes: dict[date, float] = {}
    rows = value.get("data") if isinstance(value, Mapping) else None
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        at, close = from_epoch(row.get("t")), parse_number(row.get("c"))
        if at is not None and close is not None:
            closes[_session_day(at)] = close
    return sorted(closes.items())


def _benchmark(text: str, instrument: Instrument, value: Any, problem: str) -> Benchmark:
    closes = parse_closes(value)
    delay = parse_number(value.get("mktDataDelay")) if isinstance(value, dict) else None
    delayed = bool(delay and delay > 0)
    if not closes and not problem:
        problem = "IBKR has no price history for it."
    return Benchmark(instrument.text or text, instrument.currency, tuple(closes), delayed, problem)


def _session_day(opens: datetime) -> date:
    """The day of a session that opens then: all exchanges are in the middle of that day six hours later.

    Sydney's sessions, and those of futures and currencies, open on the evening before in UTC or New York.
    """
    return (opens.astimezone(UTC) + timedelta(hours=6)).date()
