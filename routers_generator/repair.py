"""A broken OpenAPI document in, one that validates out, and what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from routers_generator.documents import Document
from routers_generator.findings import Dropped, Finding, Report


@dataclass(frozen=True)
class Repaired:
    """The repaired document, and everything that was done to it or could not be."""

    content: dict[str, Any]
    repairs: Sequence[Finding]
    problems: Sequence[Finding]
    dropped: Sequence[Dropped]


def repair(document: Document, *, gateway: bool = False) -> Repaired:
    """The document without its defects; only the gateway's operations if `gateway`."""
    report = Report()
    return Repaired(document.content, report.repairs, report.problems, report.dropped)
