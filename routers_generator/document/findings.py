"""What is told about a document: what was repaired, what was left out, and what nothing can be done about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One thing about one place: its class, a JSON pointer into the document as it came, and a sentence."""

    kind: str
    pointer: str
    text: str


@dataclass(frozen=True, order=True)
class DroppedOperation:
    """One operation of the document that the result does not have, and why."""

    method: str
    path: str
    pointer: str
    reason: str
    unusable: bool = False  # the document is at fault; otherwise it is left out on purpose


def json_pointer(*steps: str | int) -> str:
    """A JSON pointer as a URL fragment: `#/paths/~1ws/get`."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def extend_pointer(pointer: str, *steps: str | int) -> str:
    """A place further down in the document."""
    return pointer + json_pointer(*steps)[1:]


class Report:
    """Collects findings while a document is read."""

    def __init__(self) -> None:
        """Nothing found yet."""
        self._repairs: list[Finding] = []
        self._problems: list[Finding] = []
        self._dropped: list[DroppedOperation] = []

    def add_repair(self, kind: str, pointer: str, text: str) -> None:
        """Tell of a defect of a known class that is no longer there."""
        self._repairs.append(Finding(kind, pointer, text))

    def add_problem(self, kind: str, pointer: str, text: str) -> None:
        """Tell of a defect that is of no known class; what was there is left out."""
        self._problems.append(Finding(kind, pointer, text))

    def add_dropped(self, dropped: DroppedOperation) -> None:
        """Tell of an operation that the result does not have."""
        self._dropped.append(dropped)

    @property
    def repairs(self) -> Sequence[Finding]:
        """Every repair, in the order of the document."""
        return tuple(self._repairs)

    @property
    def problems(self) -> Sequence[Finding]:
        """Every problem, in the order of the document."""
        return tuple(self._problems)

    @property
    def dropped(self) -> Sequence[DroppedOperation]:
        """Every operation left out, in the order of the document."""
        return tuple(self._dropped)
