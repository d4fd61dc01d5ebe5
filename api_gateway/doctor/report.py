"""Doctor's report: text for people, JSON for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api_gateway.doctor.findings import TITLES, Finding, Layer, Outcome, skipped

WIDTH = 110


@dataclass(frozen=True)
class DoctorReport:
    """One finding for every layer, in order. `snippet` is what VS Code needs to reach the MCP server."""

    findings: tuple[Finding, ...]
    seconds: float
    snippet: str = ""

    @property
    def first_broken(self) -> Finding | None:
        """The first layer that does not work; None if all do."""
        return next((each for each in self.findings if each.outcome is Outcome.BROKEN), None)

    @property
    def exit_status(self) -> int:
        """0: everything works; 1: something is broken; 2: the settings are invalid."""
        first = self.first_broken
        if first is None:
            return 0
        return 2 if first.layer is Layer.SETTINGS else 1

    def to_json(self) -> dict[str, Any]:
        """The report as JSON; its keys are stable, for programs."""
        first = self.first_broken
        return {
            "well": first is None,
            "exit_status": self.exit_status,
            "first_broken": None if first is None else first.layer.value,
            "sentence": self.verdict,
            "fix": None if first is None else first.fix,
            "cause": None if first is None or first.cause is None else first.cause.key,
            "seconds": round(self.seconds, 3),
            "layers": [each.to_json() for each in self.findings],
        }

    @property
    def verdict(self) -> str:
        """The summary in one or two sentences."""
        first = self.first_broken
        if first is not None:
            return f"Broken: {TITLES[first.layer]}. {first.sentence}"
        warned = [TITLES[each.layer] for each in self.findings if each.outcome is Outcome.WARNING]
        if warned:
            return f"Nothing is broken, but check: {', '.join(warned)}."
        return "Everything works."

    def text(self) -> str:
        """The summary and the fix, then each layer, then the client's configuration."""
        first = self.first_broken
        lines = textwrap.wrap(self.verdict, WIDTH, break_long_words=False, break_on_hyphens=False)
        if first is not None:
            lines += _wrap(first.fix, "Next step: ", "           ")
        lines.append("")
        checked = [each for each in self.findings if each.outcome is not Outcome.SKIPPED]
        widest = max((len(TITLES[each.layer]) for each in checked), default=0)
        for each in self.findings:
            if each not in checked:
                continue
            head = f"  {each.outcome:8} {TITLES[each.layer]:{widest}}  "
            lines += _wrap(each.sentence, head, " " * len(head))
            if each.fix and each is not first:
                lines += _wrap(each.fix, " " * len(head) + "→ ", " " * len(head) + "  ")
        for why in dict.fromkeys(each.sentence for each in self.findings if each.outcome is Outcome.SKIPPED):
            titles = ", ".join(TITLES[each.layer] for each in self.findings if each.sentence == why)
            lines += _wrap(f"{titles}: {why[:1].lower()}{why[1:]}", "  skipped  ", " " * 11)
        if self.snippet:
            lines += ["", "VS Code, .vscode/mcp.json:", "", textwrap.indent(self.snippet, "    ")]
        return "\n".join(lines) + "\n"


def _wrap(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def fill_in_skipped(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for every layer, in order.

    If a layer has several, the last one counts, as later evidence is better. A layer without any was skipped
    because of the first broken one.
    """
    found = {each.layer: each for each in findings}
    first = next((layer for layer in Layer if _is_broken(found.get(layer))), None)
    why = f"Depends on {TITLES[first]}." if first else "Not checked."
    return tuple(found.get(layer) or skipped(layer, why) for layer in Layer)


def _is_broken(finding: Finding | None) -> bool:
    return finding is not None and finding.outcome is Outcome.BROKEN
