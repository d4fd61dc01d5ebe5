"""Asks a model a question: the loop of its calls until it answers, and which facts the answer has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import fastmcp
from mcp.shared.exceptions import MCPError

from evals.facts import Fact
from evals.models.chat import Reply, StartChat, ToolCall, ToolResult
from evals.models.endpoint import EndpointError, FatalEndpointError
from evals.models.settings import ModelSettings
from evals.question import Question
from evals.run import count_tokens
from evals.situation import Situation, call_tool
from tests.virtual_loop import run_in_virtual_time


@dataclass
class ModelOutcome:
    """What a question cost, and which facts the model's answer has. `problem` is why there is no answer."""

    question: Question
    facts: Sequence[Fact] = ()
    calls: list[str] = field(default_factory=list)
    result_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    answer: str = ""
    problem: str = ""

    @property
    def missing(self) -> list[str]:
        """The facts that the answer lacks."""
        return [str(fact) for fact in self.facts if not fact.is_in_prose(self.answer)]

    @property
    def is_right(self) -> bool:
        """Whether the answer has every fact."""
        return not self.problem and not self.missing


def ask_model(question: Question, settings: ModelSettings, start: StartChat) -> ModelOutcome:
    """Ask in a new situation, whose time stands still while the model thinks. Raises FatalEndpointError."""

    async def run() -> ModelOutcome:
        situation = Situation(question.profile, question.now, question.options)
        if question.before is not None:
            question.before(situation)
        situation.simulation.catch_up()
        outcome = ModelOutcome(question, tuple(question.facts(situation)))
        async with situation.client() as client:
            chat = start(client.instructions or "", await client.list_tools())
            try:
                reply = _count(chat.ask(question.text), outcome)
                for _ in range(settings.max_turns - 1):
                    if (
                        not reply.calls
                        or outcome.input_tokens + outcome.output_tokens > settings.max_total_tokens
                    ):
                        break
                    results = [await _call(client, each, outcome) for each in reply.calls]
                    reply = _count(chat.send(results), outcome)
            except FatalEndpointError:
                raise
            except EndpointError as error:
                outcome.problem = str(error)
                return outcome
        outcome.answer = reply.text
        if reply.calls:
            outcome.problem = (
                f"no answer within {settings.max_turns} turns and {settings.max_total_tokens} tokens"
            )
        elif reply.cut:
            outcome.problem = f"the answer was cut at {settings.max_tokens} tokens"
        return outcome

    return run_in_virtual_time(run())


def _count(reply: Reply, outcome: ModelOutcome) -> Reply:
    outcome.input_tokens += reply.input_tokens
    outcome.output_tokens += reply.output_tokens
    return reply


async def _call(client: fastmcp.Client[Any], call: ToolCall, outcome: ModelOutcome) -> ToolResult:
    outcome.calls.append(call.name)
    if call.arguments is None:
        result = ToolResult(
            call.call_id, "The arguments are not a JSON object. Nothing was called.", failed=True
        )
    else:
        try:
            text, failed, pictures = await call_tool(client, call.name, call.arguments)
            result = ToolResult(call.call_id, text, failed, pictures)
        except MCPError as error:
            result = ToolResult(call.call_id, str(error), failed=True)
    outcome.result_tokens += count_tokens(result.text)
    return result
