"""The cost table: what each question costs, as Markdown, and how it is read again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evals.question import OPEN
from evals.run import MAX_CALLS, MAX_TOKENS, Outcome, count_tokens
from evals.situation import Situation
from tests.virtual_loop import run_in_virtual_time

COSTS: Final = Path(__file__).resolve().parent / "COSTS.md"
COMMAND: Final = "make evals"
_ROW: Final = re.compile(r"^\| (.+?) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\w+) \|$", re.MULTILINE)
_LIST: Final = re.compile(
    r"^(\d+) tools in the list: (\d+) tokens\. Instructions: (\d+) tokens\.$", re.MULTILINE
)


@dataclass(frozen=True)
class Cost:
    """One row of the table. `requests` are of a cold start, `warm` of the same question repeated."""

    calls: int
    tokens: int
    requests: int
    warm: int
    passes: bool


@dataclass(frozen=True)
class Overhead:
    """What a session costs before the first question."""

    tools: int
    list_tokens: int
    instruction_tokens: int


def measure_overhead() -> Overhead:
    """Count the tokens of the tool list and of the instructions in the mode `paper`."""

    async def measure() -> Overhead:
        async with Situation("retail", OPEN, {}).client() as client:
            tools = [
                {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
                for tool in await client.list_tools()
            ]
            instructions = client.instructions or ""
        return Overhead(
            len(tools), count_tokens(json.dumps(tools, separators=(",", ":"))), count_tokens(instructions)
        )

    return run_in_virtual_time(measure())


def title(outcome: Outcome) -> str:
    """The question and its situation, as in the table."""
    return f"{outcome.question.text} ({outcome.question.situation})"


def format_costs(outcomes: Sequence[Outcome], overhead: Overhead) -> str:
    """The file COSTS.md."""
    passing = sum(each.passes for each in outcomes)
    tokens = [each.tokens for each in outcomes]
    lines = [
        "# What answers cost",
        "",
        f"Written by `{COMMAND}`; do not edit it. Each question is answered by scripted calls against the",
        "simulator. Tokens are those of the results, in the o200k vocabulary. Requests are those to IBKR:",
        "the first number is for a server that starts cold, the second for the same question repeated.",
        f"A question passes if its answers contain every fact, in at most {MAX_CALLS} calls and {MAX_TOKENS} "
        "tokens.",
        "",
        f"{passing} of {len(outcomes)} questions pass. Average per question: "
        f"calls {_mean([each.calls for each in outcomes])}, tokens {_mean(tokens)} (at most {max(tokens)}), "
        f"requests {_mean([each.requests for each in outcomes])} cold and "
        f"{_mean([each.warm for each in outcomes])} warm.",
        "",
        f"{overhead.tools} tools in the list: {overhead.list_tokens} tokens. "
        f"Instructions: {overhead.instruction_tokens} tokens.",
        "",
        "| Question | Calls | Tokens | Requests | Warm | Passes |",
        "|---|---:|---:|---:|---:|---|",
        *(
            f"| {title(each)} | {each.calls} | {each.tokens} | {each.requests} | {each.warm} | "
            f"{'yes' if each.passes else 'no'} |"
            for each in outcomes
        ),
    ]
    return "\n".join(lines) + "\n"


def _mean(values: Sequence[int]) -> str:
    return f"{sum(values) / len(values):.3g}"


def read_costs(text: str) -> Mapping[str, Cost]:
    """The rows of the table by title."""
    return {
        name: Cost(int(calls), int(tokens), int(requests), int(warm), passes == "yes")
        for name, calls, tokens, requests, warm, passes in _ROW.findall(text)
    }


def read_overhead(text: str) -> Overhead:
    """The line about the tool list. Raises ValueError."""
    found = _LIST.search(text)
    if found is None:
        raise ValueError(f"{COSTS.name} has no line about the tool list")
    return Overhead(*(int(each) for each in found.groups()))
