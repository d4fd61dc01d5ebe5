"""The comparison report, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from routers_generator.compare.compare import Comparison, Difference


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "same": comparison.is_clean,
        "operations": comparison.shared_operations,
        "differences": [asdict(each) for each in comparison.differences],
        "accepted": [asdict(each) | {"source": source} for each, source in comparison.accepted],
        "accepted_but_gone": [asdict(each) for each in comparison.stale],
        "operations_that_cannot_be_used": [asdict(each) for each in comparison.unusable_operations],
    }


def to_markdown(comparison: Comparison) -> str:
    """The report as Markdown."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield "# The document and the hand-written routes"
    yield ""
    yield (
        f"{comparison.shared_operations} operations in both, {len(comparison.differences)} differences, "
        f"{len(comparison.accepted)} accepted differences."
    )
    yield from _difference_lines(comparison.differences)
    if comparison.unusable_operations:
        yield from ("", "## Operations of the document left out because of a defect", "")
        yield from (
            f"* `{each.method} {each.path}`: {each.reason}" for each in comparison.unusable_operations
        )
    if comparison.stale:
        yield from ("", "## Stale entries of accepted.toml", "")
        yield from (f"* {each.line} ({each.source})" for each in comparison.stale)
    if comparison.accepted:
        yield from ("", "## Accepted differences", "")
        for source, found in groupby(
            sorted(comparison.accepted, key=lambda each: each[1]), key=lambda each: each[1]
        ):
            yield f"* {source}"
            yield from (f"  * {difference}" for difference, _ in found)


def _difference_lines(differences: Sequence[Difference]) -> Iterator[str]:
    for kind, found in groupby(sorted(differences, key=lambda each: each.kind), key=lambda each: each.kind):
        yield from ("", f"## {kind[:1].upper()}{kind[1:]}", "")
        yield from (f"* {each}" for each in found)
