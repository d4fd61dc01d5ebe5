"""`python -m evals.pages`: writes docs/, a page per answer from its docstring and real answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mcp_types import Tool

from evals.question import OPEN
from evals.readme import write_readme
from evals.situation import Situation, call_tool
from tests.virtual_loop import run_in_virtual_time

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
COMMAND: Final = "make docs"
INDEX: Final = "README.md"
_MADE: Final = f"<!-- Written by `{COMMAND}`; do not edit it. -->"


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
        Example("How far am I from a margin call?", {"view": "summary"}),
        Example("How is my money divided?", {"view": "allocation"}),
        Example("What are my five worst positions?", {"by": "loss", "limit": 5}, profile="large"),
        Example("What are my clients worth?", {"account": "all", "view": "summary"}, profile="fa"),
    ),
    "get_performance": (
        Example("What have I made this year?"),
        Example("How did I do this month against SPY?", {"period": "MTD", "against": "SPY"}),
        Example("What did each client make?", {"account": "all", "period": "1M"}, profile="fa"),
    ),
    "get_activity": (
        Example("Which orders are open, and what has filled today?", {"what": "orders, trades"}),
        Example("Why did my IBM order not fill?", {"what": "orders", "symbol": "IBM"}),
        Example(
            "What did I get in dividends and interest this year?",
            {"what": "transactions", "since": "YTD"},
            profile="large",
        ),
        Example("Which price alerts have I set?", {"what": "alerts"}),
    ),
    "get_quotes": (
        Example("AAPL?", {"what": "AAPL"}),
        Example(
            "What do SPY, EUR/USD, the front ES and the VIX trade at?", {"what": "SPY, EUR/USD, ES, VIX"}
        ),
        Example("BMO?", {"what": "BMO"}),
        Example("Is the market open, and until when?", {"what": "SPY", "columns": "hours"}),
        Example("QWXYZ?", {"what": "QWXYZ"}),
    ),
    "get_price_history": (
        Example("How has AAPL done in three months?", {"what": "AAPL"}),
        Example("The closes of the last week?", {"what": "AAPL, MSFT", "period": "1w", "view": "closes"}),
    ),
    "get_option_chain": (
        Example("What do SPY options cost?", {"underlying": "SPY", "strikes": 4}),
        Example(
            "Puts on SPY for January around delta 0.3?",
            {"underlying": "SPY", "near": "15Jan27", "delta": 0.3, "side": "put"},
        ),
        Example("What calls could I sell against my AAPL?", {"underlying": "AAPL", "for": "covered_call"}),
    ),
}


def write_pages() -> dict[str, str]:
    """The text of each page and of the index, by the name of its file."""
    return run_in_virtual_time(_write_pages())


def write_heads() -> dict[str, str]:
    """The part of each page before its examples, by the name of its file."""
    return {f"{name}.md": _head(tool) for name, tool in run_in_virtual_time(_tools()).items()}


async def _tools() -> Mapping[str, Tool]:
    async with Situation("retail", OPEN, {}).client() as client:
        listed = {tool.name: tool for tool in await client.list_tools()}
    return {name: listed[name] for name in EXAMPLES}


async def _write_pages() -> dict[str, str]:
    tools = await _tools()
    found = {INDEX: _index(tools)}
    for name, examples in EXAMPLES.items():
        parts = [_head(tools[name])]
        for example in examples:
            async with Situation(example.profile, OPEN, {}).client() as client:
                text, _, _ = await call_tool(client, name, example.arguments)
            parts.append(f"## {example.question}\n\n`{_call(name, example)}`\n\n```\n{text}\n```\n")
        found[f"{name}.md"] = "\n".join(parts)
    return found


def _index(tools: Mapping[str, Tool]) -> str:
    rows = "\n".join(
        f"| [{name}]({name}.md) | {' '.join(each.question for each in EXAMPLES[name])} |" for name in tools
    )
    return (
        f"{_MADE}\n\n# Answers\n\nTools that answer a person's question with one call. Each page has the "
        f"arguments and real answers,\nfrom the simulator.\n\n| Tool | Questions |\n|---|---|\n{rows}\n"
    )


def _head(tool: Tool) -> str:
    schema = tool.input_schema
    rows = "\n".join(
        f"| `{name}` | {_describe(each, required=name in schema.get('required', ()))} |"
        for name, each in schema["properties"].items()
    )
    description = (tool.description or "").strip()
    return f"{_MADE}\n\n# {tool.name}\n\n{description}\n\n| Argument | |\n|---|---|\n{rows}\n"


def _describe(schema: Mapping[str, Any], *, required: bool) -> str:
    """What to write for an argument: its description, its choices and its default."""
    parts = [str(schema.get("description", "")).rstrip(".")]
    if choices := schema.get("enum") or schema.get("items", {}).get("enum"):
        parts.append("one of " + ", ".join(f"`{each}`" for each in choices))
    if required:
        parts.append("required")
    elif schema.get("default") not in (None, "", []):
        parts.append(f"default `{json.dumps(schema['default'])}`")
    return "; ".join(filter(None, parts)).replace("|", "\\|")


def _call(name: str, example: Example) -> str:
    arguments = ", ".join(f"{key}={json.dumps(value)}" for key, value in example.arguments.items())
    return f"{name}({arguments})"


def main() -> int:
    """Write the pages, and the transcript of README.md."""
    DOCS.mkdir(exist_ok=True)
    pages = write_pages()
    for old in DOCS.glob("*.md"):
        if old.name not in pages and old.read_text(encoding="utf-8").startswith(_MADE):
            old.unlink()
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    write_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
