"""Runs all questions with a model, and reports each and the sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from evals.models.anthropic_chat import AnthropicChat, anthropic_headers
from evals.models.ask import ModelOutcome, ask_model
from evals.models.chat import StartChat
from evals.models.endpoint import Endpoint, FatalEndpointError
from evals.models.openai_chat import OpenAiChat, openai_headers
from evals.models.settings import ModelSettings
from evals.question import Question


def connect(settings: ModelSettings) -> tuple[Endpoint, StartChat]:
    """The endpoint of a model, and what starts a conversation with it."""
    headers = openai_headers if settings.api == "openai" else anthropic_headers
    endpoint = Endpoint(settings, headers(settings.key))
    chat: Callable[..., OpenAiChat | AnthropicChat] = (
        OpenAiChat if settings.api == "openai" else AnthropicChat
    )
    return endpoint, partial(chat, endpoint, settings)


def run_model(
    questions: Sequence[Question],
    settings: ModelSettings,
    start: StartChat,
    *,
    jobs: int = 1,
    write: Callable[[str], None] = print,
) -> int:
    """Ask the model all questions and write what they cost. Returns the exit code."""
    write(f"Asking {settings.model} at {settings.host} {len(questions)} questions.")
    outcomes: list[ModelOutcome] = []
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(ask_model, each, settings, start) for each in questions]
        try:
            for future in waiting:
                outcomes.append(future.result())
                write(describe(outcomes[-1]))
        except FatalEndpointError as error:
            pool.shutdown(cancel_futures=True)
            write(f"Stopped: {error}")
            return 1
    write(summarize(outcomes))
    return 0


def describe(outcome: ModelOutcome) -> str:
    """One question: its facts, calls and tokens, and what is missing."""
    found = len(outcome.facts) - len(outcome.missing)
    lines = [
        f"{'right' if outcome.is_right else 'WRONG'}  {outcome.question.text} ({outcome.question.situation})",
        f"       facts {found} of {len(outcome.facts)}; calls {len(outcome.calls)}"
        + (f" ({', '.join(outcome.calls)})" if outcome.calls else "")
        + f"; tokens {outcome.input_tokens} in, {outcome.output_tokens} out, "
        f"{outcome.result_tokens} in results",
    ]
    if outcome.problem:
        lines.append(f"       {outcome.problem}")
    lines += [f"       missing: {each}" for each in outcome.missing]
    return "\n".join(lines)


def summarize(outcomes: Sequence[ModelOutcome]) -> str:
    """The sums over all questions."""
    facts = sum(len(each.facts) for each in outcomes)
    found = facts - sum(len(each.missing) for each in outcomes)
    return (
        f"{sum(each.is_right for each in outcomes)} of {len(outcomes)} questions right; "
        f"facts {found} of {facts}; calls {sum(len(each.calls) for each in outcomes)}; "
        f"tokens {sum(each.input_tokens for each in outcomes)} in, "
        f"{sum(each.output_tokens for each in outcomes)} out, "
        f"{sum(each.result_tokens for each in outcomes)} in results; "
        f"{sum(bool(each.problem) for each in outcomes)} without an answer."
    )
