"""The report of an examination: for people as text, for programs as JSON."""

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
        """0 all well, 1 something is broken, 2 the settings cannot be used."""
        first = self.first_broken
        if first is None:
            return 0
        return 2 if first.layer is Layer.SETTINGS else 1

    def to_json(self) -> dict[str, Any]:
        """The report as JSON; the keys are for programs and stay."""
        first = self.first_broken
        return {
            "well": first is None,
            "exit_status": self.exit_status,
            "first_broken": None if first is None else first.layer.value,
            "sentence": self.verdict,
            "fix": None if first is None else first.fix,
            "seconds": round(self.seconds, 3),
            "layers": [each.to_json() for each in self.findings],
        }

    @property
    def verdict(self) -> str:
        """Everything in one sentence or two."""
        first = self.first_broken
        if first is not None:
            return f"Broken: {TITLES[first.layer]}. {first.sentence}"
        warned = [TITLES[each.layer] for each in self.findings if each.outcome is Outcome.WARNING]
        if warned:
            return f"Nothing is broken. Worth a look: {', '.join(warned)}."
        return "Everything works."

    def text(self) -> str:
        """The verdict and the fix, then the layers one by one, then how a client reaches the server."""
        first = self.first_broken
        lines = textwrap.wrap(self.verdict, WIDTH, break_long_words=False, break_on_hyphens=False)
        if first is not None:
            lines += _wrap(first.fix, "Do this: ", "         ")
        lines.append("")
        looked_at = [each for each in self.findings if each.outcome is not Outcome.SKIPPED]
        widest = max((len(TITLES[each.layer]) for each in looked_at), default=0)
        for each in self.findings:
            if each not in looked_at:
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

    Of several for one layer the last one counts, as later evidence is the better one. A layer without any
    was not looked at, because of the first broken one.
    """
    found = {each.layer: each for each in findings}
    first = next((layer for layer in Layer if _is_broken(found.get(layer))), None)
    why = f"Not looked at, because this comes first: {TITLES[first]}." if first else "Not looked at."
    return tuple(found.get(layer) or skipped(layer, why) for layer in Layer)


def _is_broken(finding: Finding | None) -> bool:
    return finding is not None and finding.outcome is Outcome.BROKEN
