"""Findings about a document: repairs, unrepairable problems, and operations left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """A repair or a problem: its class, a JSON pointer into the original document, and what was done."""

    kind: str
    pointer: str
    text: str


@dataclass(frozen=True, order=True)
class DroppedOperation:
    """An operation of the document that was left out, and why."""

    method: str
    path: str
    pointer: str
    reason: str
    unusable: bool = False  # because of a defect; otherwise it is left out on purpose


def json_pointer(*steps: str | int) -> str:
    """Format a JSON pointer as a URL fragment: `#/paths/~1ws/get`."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def extend_pointer(pointer: str, *steps: str | int) -> str:
    """Append steps to a JSON pointer."""
    return pointer + json_pointer(*steps)[1:]


class Report:
    """Collects findings while a document is read."""

    def __init__(self) -> None:
        """Start an empty report."""
        self._repairs: list[Finding] = []
        self._problems: list[Finding] = []
        self._dropped: list[DroppedOperation] = []

    def add_repair(self, kind: str, pointer: str, text: str) -> None:
        """Record that a defect of a known class was repaired."""
        self._repairs.append(Finding(kind, pointer, text))

    def add_problem(self, kind: str, pointer: str, text: str) -> None:
        """Record a defect that no repair is known for; the value was removed."""
        self._problems.append(Finding(kind, pointer, text))

    def add_dropped(self, dropped: DroppedOperation) -> None:
        """Record an operation that was left out."""
        self._dropped.append(dropped)

    @property
    def repairs(self) -> Sequence[Finding]:
        """The repairs, in document order."""
        return tuple(self._repairs)

    @property
    def problems(self) -> Sequence[Finding]:
        """The problems, in document order."""
        return tuple(self._problems)

    @property
    def dropped(self) -> Sequence[DroppedOperation]:
        """The operations left out, in document order."""
        return tuple(self._dropped)
