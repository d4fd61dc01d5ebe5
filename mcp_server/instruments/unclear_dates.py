"""`Jan 28` can be a month and year, or a day: what both readings find, as one resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

from mcp_server.instruments.instrument import MAX_CHOICES, Choice, Choices, Found, Resolution, choice_of
from mcp_server.instruments.readings import FutureReading, OptionReading

UNCLEAR_DATE: Final = "Its date can be a month and year, or a day."
Dated = TypeVar("Dated", FutureReading, OptionReading)


def meanings_of(reading: Dated) -> tuple[Dated, ...]:
    """The reading, with both meanings of its date if it has two."""
    clear = replace(reading, or_day=None)
    return (clear,) if reading.or_day is None else (clear, replace(clear, when=reading.or_day))


def join_meanings(query: str, results: Sequence[Resolution]) -> Resolution | None:
    """What was found, or the choices between several; None for nothing."""
    if len(results) < 2:
        return results[0] if results else None
    rows = [row for each in results for row in _rows(each)[: MAX_CHOICES // len(results)]]
    reasons = [each.reason for each in results if not isinstance(each, Found)]
    found_both = len(reasons) < len(results)
    return Choices(query, tuple(dict.fromkeys(rows)), UNCLEAR_DATE if found_both else " ".join(reasons))


def _rows(result: Resolution) -> tuple[Choice, ...]:
    match result:
        case Found():
            return tuple(map(choice_of, result.instruments))
        case Choices():
            return result.rows
    return ()
