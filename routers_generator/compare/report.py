"""What a comparison found, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from routers_generator.compare.compare import Compared, Difference


def told(compared: Compared) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "same": compared.same,
        "operations": compared.operations,
        "differences": [asdict(each) for each in compared.differences],
        "accepted": [asdict(each) | {"source": source} for each, source in compared.accepted],
        "accepted_but_gone": [asdict(each) for each in compared.stale],
        "operations_that_cannot_be_used": [asdict(each) for each in compared.unusable],
    }


def markdown(compared: Compared) -> str:
    """The report as Markdown."""
    return "\n".join(_lines(compared)) + "\n"


def _lines(compared: Compared) -> Iterator[str]:
    yield "# The document and the hand-written routes"
    yield ""
    yield (
        f"{compared.operations} operations in both, {len(compared.differences)} differences, "
        f"{len(compared.accepted)} accepted ones."
    )
    yield from _differences(compared.differences)
    if compared.unusable:
        yield from ("", "## Operations of the document that cannot be used", "")
        yield from (f"* `{each.method} {each.path}`: {each.reason}" for each in compared.unusable)
    if compared.stale:
        yield from ("", "## Accepted, and not there any more", "")
        yield from (f"* {each.line} ({each.source})" for each in compared.stale)
    if compared.accepted:
        yield from ("", "## Accepted", "")
        for source, found in groupby(
            sorted(compared.accepted, key=lambda each: each[1]), key=lambda each: each[1]
        ):
            yield f"* {source}"
            yield from (f"  * {difference}" for difference, _ in found)


def _differences(differences: Sequence[Difference]) -> Iterator[str]:
    for kind, found in groupby(sorted(differences, key=lambda each: each.kind), key=lambda each: each.kind):
        yield from ("", f"## {kind.capitalize()}", "")
        yield from (f"* {each}" for each in found)
