"""The repair report, as Markdown and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

from routers_generator.document.findings import DroppedOperation, Finding
from routers_generator.document.loading import to_printable
from routers_generator.repair.repair import RepairResult

MAX_QUOTED: Final = 300
"""Characters up to which text of the document is quoted."""


def to_json(result: RepairResult) -> dict[str, Any]:
    """The report as JSON: counts by class, then every repair, problem and operation left out."""
    return {
        "counts": {
            "repairs": dict(sorted(Counter(each.kind for each in result.repairs).items())),
            "problems": dict(sorted(Counter(each.kind for each in result.problems).items())),
            "operations_left_out": len(result.dropped),
        },
        "problems": [asdict(each) for each in result.problems],
        "operations_left_out": [asdict(each) for each in result.dropped],
        "repairs": [asdict(each) for each in _sort_by_kind(result.repairs)],
    }


def to_markdown(result: RepairResult, *, pointers: bool) -> str:
    """The report as Markdown; `pointers` adds the place of every repair."""
    return "\n".join(_lines(result, pointers=pointers)) + "\n"


def _lines(result: RepairResult, *, pointers: bool) -> Iterator[str]:
    yield "# Repairs"
    yield ""
    counts = (len(result.repairs), len(result.problems), len(result.dropped))
    yield "{} repairs, {} problems, {} operations left out.".format(*counts)
    yield from _problem_lines(result.problems)
    yield from _dropped_lines(result.dropped)
    if result.repairs:
        yield from ("", "## Repairs by class", "", "| Class | Repairs |", "|---|---:|")
        for kind, count in sorted(
            Counter(each.kind for each in result.repairs).items(), key=lambda each: (-each[1], each[0])
        ):
            yield f"| {kind} | {count} |"
    if pointers:
        for kind, found in groupby(_sort_by_kind(result.repairs), key=lambda each: each.kind):
            yield from ("", f"## {kind[:1].upper()}{kind[1:]}", "")
            yield from (f"* `{_quote(each.pointer)}`: {_quote(each.text)}" for each in found)


def _problem_lines(problems: Sequence[Finding]) -> Iterator[str]:
    if problems:
        yield from ("", "## Problems that could not be repaired", "")
        yield from (f"* {each.kind}, `{_quote(each.pointer)}`: {_quote(each.text)}" for each in problems)


def _dropped_lines(dropped: Sequence[DroppedOperation]) -> Iterator[str]:
    for unusable, heading in (
        (True, "Operations left out because of a defect"),
        (False, "Operations left out on purpose"),
    ):
        chosen = [each for each in dropped if each.unusable is unusable]
        if chosen:
            yield from ("", f"## {heading}", "")
            yield from (
                f"* `{_quote(each.method)} {_quote(each.path)}`: {_quote(each.reason)}" for each in chosen
            )


def _sort_by_kind(repairs: Sequence[Finding]) -> list[Finding]:
    return sorted(repairs, key=lambda each: each.kind)


def _quote(text: str) -> str:
    """Quote text of the document so that it cannot break out of a line of Markdown."""
    return text if text.isprintable() and len(text) <= MAX_QUOTED else to_printable(text, MAX_QUOTED)
