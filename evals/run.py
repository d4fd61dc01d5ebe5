"""Runs questions with their scripted calls, and measures what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpe_openai

from evals.question import Question
from evals.situation import Situation, call_text
from tests.virtual_loop import run_in_virtual_time


@dataclass(frozen=True)
class Outcome:
    """What one question cost, and which facts its answers lack."""

    question: Question
    calls: int
    tokens: int
    requests: int
    missing: tuple[str, ...]
    text: str

    @property
    def good(self) -> bool:
        """Every fact, in at most two calls and 1,500 tokens."""
        return not self.missing and self.calls <= 2 and self.tokens <= 1500


def run_question(question: Question) -> Outcome:
    """Ask one question in a new situation."""

    async def run() -> Outcome:
        situation = Situation(question.profile, question.now, question.options)
        if question.before is not None:
            await question.before(situation)
        facts = await question.facts(situation)
        texts = []
        async with situation.client() as client:
            for call in question.calls:
                text, failed, _ = await call_text(client, call.tool, call.arguments)
                texts.append(f"ERROR {text}" if failed else text)
        text = "\n".join(texts)
        return Outcome(
            question,
            calls=len(question.calls),
            tokens=count_tokens(text),
            requests=len(situation.requests),
            missing=tuple(str(fact) for fact in facts if not fact.is_in(text)),
            text=text,
        )

    return run_in_virtual_time(run())


def count_tokens(text: str) -> int:
    """Tokens of the o200k vocabulary."""
    return len(bpe_openai.get_encoding("o200k_base").encode(text))


def format_costs(outcomes: Sequence[Outcome]) -> str:
    """The table of costs, as Markdown."""
    lines = ["| Question | Calls | Tokens | Requests |", "|---|---:|---:|---:|"]
    lines += [
        f"| {each.question.text} ({each.question.profile}) | {each.calls} | {each.tokens} | {each.requests} |"
        for each in outcomes
    ]
    return "\n".join(lines) + "\n"
