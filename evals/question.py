"""A question: what a person asks, in which simulated situation, which calls answer it, and the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from evals.facts import Fact
from evals.situation import Situation

OPEN: Final = datetime(2026, 11, 18, 17, 0, 7, tzinfo=UTC)
"""Noon in New York on a Wednesday."""

SATURDAY: Final = datetime(2026, 11, 21, 15, tzinfo=UTC)
"""10:00 in New York."""


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Question:
    """`facts` computes what a right answer contains from the simulator's own books, not from our code.

    `before` changes the situation first, e.g. adds an order. `calls` is what a model that knows the tools
    would do. `fails` is why the facts are not found yet.
    """

    text: str
    calls: Sequence[Call]
    facts: Callable[[Situation], Sequence[Fact]]
    profile: str = "retail"
    now: datetime = OPEN
    before: Callable[[Situation], None] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    fails: str = ""

    @property
    def situation(self) -> str:
        """The profile, and what else is special."""
        return self.profile + (", weekend" if self.now == SATURDAY else "")
