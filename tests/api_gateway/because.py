"""Checks of an error's cause: by its key, or by the table's text if there is only a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import Formatter

from api_gateway.causes import FRAGMENTS, Cause, Outcome, explain
from api_gateway.errors import GatewayError


def because(cause: Cause, outcome: Outcome | None = None) -> Callable[[GatewayError], bool]:
    """Return a check that an error has this cause, and this outcome if one is given."""
    return lambda error: error.cause is cause and outcome in (None, error.outcome) and bool(error.hint)


def says(cause: Cause, **facts: str) -> str:
    """Return a pattern for a cause's sentence; facts that are not given match anything."""
    anything = "\0"
    said = explain(cause, **{**stand_ins(cause, anything), **facts})
    return re.escape(said.sentence.removesuffix(".")).replace(re.escape(anything), ".*")


def stand_ins(cause: Cause, value: str = "x") -> dict[str, str]:
    """Return a value for every fact that the cause needs."""
    found: set[str] = set()
    pending = [cause.value.sentence, cause.value.next_step]
    while pending:
        for name in placeholders(pending.pop()):
            if name in FRAGMENTS:
                pending.append(FRAGMENTS[name])
            else:
                found.add(name)
    return dict.fromkeys(found, value)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
