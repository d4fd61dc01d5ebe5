"""Runs questions with their scripted calls, and measures what they cost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import fastmcp

from evals.facts import Fact
from evals.question import Question
from evals.situation import Situation, call_tool
from tests.virtual_loop import run_in_virtual_time

MAX_CALLS: Final = 2
MAX_TOKENS: Final = 1500
_UNTIL_ASKED_AGAIN: Final = 60.0
"""Seconds after which quotes are read again."""


@dataclass(frozen=True)
class Outcome:
    """What one question cost, the facts, and the text of its answers.

    `requests` are those of a server that starts cold, `warm` those of the same question repeated.
    """

    question: Question
    calls: int
    tokens: int
    requests: int
    warm: int
    facts: tuple[Fact, ...]
    text: str

    @property
    def missing(self) -> list[str]:
        """The facts that the answers lack."""
        return [str(fact) for fact in self.facts if not fact.is_in(self.text)]

    @property
    def passes(self) -> bool:
        """Every fact, within the limits of calls and tokens."""
        return not self.missing and self.calls <= MAX_CALLS and self.tokens <= MAX_TOKENS


def run_question(question: Question) -> Outcome:
    """Ask one question in a new situation."""

    async def run() -> Outcome:
        situation = Situation(question.profile, question.now, question.options)
        if question.before is not None:
            question.before(situation)
        situation.simulation.catch_up()
        facts = tuple(question.facts(situation))
        async with situation.client() as client:
            text = await _answers(client, question)
            requests = len(situation.requests)
            await asyncio.sleep(_UNTIL_ASKED_AGAIN)
            await _answers(client, question)
        return Outcome(
            question,
            calls=len(question.calls),
            tokens=count_tokens(text),
            requests=requests,
            warm=len(situation.requests) - requests,
            facts=facts,
            text=text,
        )

    return run_in_virtual_time(run())


async def _answers(client: fastmcp.Client[Any], question: Question) -> str:
    texts = []
    for call in question.calls:
        text, failed, pictures = await call_tool(client, call.tool, call.arguments)
        texts.append(f"ERROR {text}" if failed else text)
        texts += [f"[{each.mime_type}]" for each in pictures]
    return "\n".join(texts)


def count_tokens(text: str) -> int:
    """Tokens of the o200k vocabulary."""
    import bpe_openai  # needed only here; it warns when it is imported

    return len(bpe_openai.get_encoding("o200k_base").encode(text))
