"""What a repair did, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

from routers_generator.document.findings import Dropped, Finding
from routers_generator.document.loading import shown
from routers_generator.repair.repair import Repaired

LONGEST: Final = 300
"""Characters of a text of the document that are repeated."""


def told(repaired: Repaired) -> dict[str, Any]:
    """The report as JSON values: counts by class, and every repair, problem and operation left out."""
    return {
        "counts": {
            "repairs": dict(sorted(Counter(each.kind for each in repaired.repairs).items())),
            "problems": dict(sorted(Counter(each.kind for each in repaired.problems).items())),
            "operations_left_out": len(repaired.dropped),
        },
        "problems": [asdict(each) for each in repaired.problems],
        "operations_left_out": [asdict(each) for each in repaired.dropped],
        "repairs": [asdict(each) for each in _by_kind(repaired.repairs)],
    }


def markdown(repaired: Repaired, *, places: bool) -> str:
    """The report as Markdown; where each repair was made only if `places`, as they are many."""
    return "\n".join(_lines(repaired, places=places)) + "\n"


def _lines(repaired: Repaired, *, places: bool) -> Iterator[str]:
    yield "# Repairs"
    yield ""
    counts = (len(repaired.repairs), len(repaired.problems), len(repaired.dropped))
    yield "{} repairs, {} problems, {} operations left out.".format(*counts)
    yield from _problems(repaired.problems)
    yield from _dropped(repaired.dropped)
    if repaired.repairs:
        yield from ("", "## Repairs by class", "", "| Class | Repairs |", "|---|---:|")
        for kind, count in sorted(
            Counter(each.kind for each in repaired.repairs).items(), key=lambda each: (-each[1], each[0])
        ):
            yield f"| {kind} | {count} |"
    if places:
        for kind, found in groupby(_by_kind(repaired.repairs), key=lambda each: each.kind):
            yield from ("", f"## {kind.capitalize()}", "")
            yield from (f"* `{_quoted(each.pointer)}`: {_quoted(each.text)}" for each in found)


def _problems(problems: Sequence[Finding]) -> Iterator[str]:
    if problems:
        yield from ("", "## Problems: no repair is known", "")
        yield from (f"* {each.kind}, `{_quoted(each.pointer)}`: {_quoted(each.text)}" for each in problems)


def _dropped(dropped: Sequence[Dropped]) -> Iterator[str]:
    for unusable, heading in ((True, "Operations that cannot be used"), (False, "Operations left out")):
        chosen = [each for each in dropped if each.unusable is unusable]
        if chosen:
            yield from ("", f"## {heading}", "")
            yield from (
                f"* `{_quoted(each.method)} {_quoted(each.path)}`: {_quoted(each.reason)}" for each in chosen
            )


def _by_kind(repairs: Sequence[Finding]) -> list[Finding]:
    return sorted(repairs, key=lambda each: each.kind)


def _quoted(text: str) -> str:
    """A text of the document that cannot end the line or the code it stands in."""
    return text if text.isprintable() and len(text) <= LONGEST else shown(text, LONGEST)
