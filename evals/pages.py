"""`python -m evals.pages`: writes docs/, a page per answer from its docstring and real answers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from evals.question import OPEN
from evals.situation import Situation, call_tool
from tests.virtual_loop import run_in_virtual_time

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True)
class Example:
    """A question, and the call that answers it."""

    question: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    profile: str = "retail"


EXAMPLES: Final[Mapping[str, Sequence[Example]]] = {
    "get_portfolio": (
        Example("What do I own, and how is it doing?"),
        Example("How much cash do I have, and in which currencies?", {"view": "currencies"}),
        Example("What are my clients worth?", {"view": "summary"}, profile="fa"),
    ),
    "get_performance": (
        Example("How did I do this month against SPY?", {"period": "MTD", "against": "SPY"}),
    ),
    "get_activity": (
        Example("Which orders are open, and what has filled today?", {"what": "orders, trades"}),
        Example("What did I receive in dividends this quarter?", {"what": "transactions", "since": "QTD"}),
    ),
    "get_quotes": (
        Example("AAPL?", {"what": "AAPL"}),
        Example("What do SPY, EUR/USD, the front ES and VIX trade at?", {"what": "SPY, EUR/USD, ES, VIX"}),
    ),
    "get_price_history": (
        Example("How has AAPL done in three months?", {"what": "AAPL"}),
        Example("The closes of the last week?", {"what": "AAPL, MSFT", "period": "1w", "view": "closes"}),
    ),
    "get_option_chain": (
        Example(
            "Puts on SPY for January around delta 0.3?",
            {"underlying": "SPY", "near": "Jan 2027", "delta": 0.3, "side": "put"},
        ),
        Example("What calls could I sell against my AAPL?", {"underlying": "AAPL", "for": "covered_call"}),
    ),
}


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file."""
    return run_in_virtual_time(_pages())


async def _pages() -> dict[str, str]:
    found = {}
    async with Situation("retail", OPEN, {}).client() as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
    for name, examples in EXAMPLES.items():
        tool = tools[name]
        lines = [f"# {name}", "", (tool.description or "").strip(), "", "| Argument | |", "|---|---|"]
        lines += [
            f"| `{argument}` | {schema.get('description', '')} |"
            for argument, schema in tool.input_schema["properties"].items()
        ]
        for example in examples:
            async with Situation(example.profile, OPEN, {}).client() as client:
                text, failed, _ = await call_tool(client, name, example.arguments)
            if failed:
                raise RuntimeError(f"{name} {example.arguments}: {text}")
            lines += ["", f"## {example.question}", "", f"`{_call(name, example)}`", "", "```", text, "```"]
        found[f"{name}.md"] = "\n".join(lines) + "\n"
    return found


def _call(name: str, example: Example) -> str:
    arguments = ", ".join(f"{key}={value!r}" for key, value in example.arguments.items())
    profile = "" if example.profile == "retail" else f"   (profile {example.profile})"
    return f"{name}({arguments}){profile}"


def main() -> int:
    """Write the pages."""
    DOCS.mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
