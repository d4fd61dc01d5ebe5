"""The questions, answered by scripted calls: facts, calls, tokens, and what they cost."""

from __future__ import annotations

from collections import Counter

import pytest

from evals.costs import COMMAND, COSTS, Overhead, measure_overhead, read_costs, read_overhead, title
from evals.facts import AbsentFact
from evals.question import Question
from evals.questions import QUESTIONS
from evals.run import MAX_CALLS, MAX_TOKENS, Outcome, run_question

# The tokenizer's package uses a deprecated function of Python when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")

TABLE = COSTS.read_text(encoding="utf-8")
COMMITTED = read_costs(TABLE)
EVERYDAY = 6
"""How many questions run every day: some of each kind take long together."""


def name(question: Question) -> str:
    """The title of a question's row."""
    return f"{question.text} ({question.situation})"


def sample(step: int) -> list[Question]:
    """Every `step`-th question."""
    return list(QUESTIONS[::step])


def check(outcome: Outcome) -> None:
    """A question that is not marked as failing passes; one that is marked does not."""
    question = outcome.question
    if question.fails:
        assert not outcome.passes, f"{name(question)} passes: delete its `fails`"
        return
    assert outcome.missing == [], f"{name(question)}\n{outcome.text}"
    assert outcome.calls <= MAX_CALLS
    assert outcome.tokens <= MAX_TOKENS


def check_cost(outcome: Outcome) -> None:
    """No more tokens and requests than committed, with a little room."""
    assert title(outcome) in COMMITTED, f"evals/{COSTS.name} lacks a question: run `{COMMAND}` and commit it"
    committed = COMMITTED[title(outcome)]
    grown = [
        f"{what} grew from {before} to {now}"
        for what, before, now, allowed in (
            ("tokens", committed.tokens, outcome.tokens, committed.tokens * 1.05 + 10),
            ("requests", committed.requests, outcome.requests, committed.requests + 1),
            ("warm requests", committed.warm, outcome.warm, committed.warm + 1),
        )
        if now > allowed
    ]
    assert grown == [], f"{title(outcome)}: run `{COMMAND}` and commit evals/{COSTS.name} if that is wanted"


def check_facts(outcome: Outcome) -> None:
    """Each fact can fail: an empty answer lacks it, and the answer would not pass with another value."""
    present = [each for each in outcome.facts if not isinstance(each, AbsentFact)]
    assert present
    assert [str(each) for each in present if each.is_in("")] == []
    assert [str(each) for each in outcome.facts if each.wrong().is_in(outcome.text)] == []


@pytest.mark.parametrize("question", sample(len(QUESTIONS) // EVERYDAY), ids=name)
def test_a_question_of_everyday_is_answered(question: Question) -> None:
    outcome = run_question(question)
    check(outcome)
    check_cost(outcome)


@pytest.mark.thorough
@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_a_question_is_answered(question: Question) -> None:
    outcome = run_question(question)
    check(outcome)
    check_cost(outcome)
    check_facts(outcome)


def test_the_tool_list_and_the_instructions_do_not_grow() -> None:
    committed, now = read_overhead(TABLE), measure_overhead()
    allowed = Overhead(
        committed.tools, round(committed.list_tokens * 1.02), round(committed.instruction_tokens * 1.02)
    )
    for field in ("tools", "list_tokens", "instruction_tokens"):
        assert getattr(now, field) <= getattr(allowed, field), (
            f"{field} grew: run `{COMMAND}` and commit evals/{COSTS.name} if that is wanted"
        )


def test_at_least_nine_of_ten_questions_pass() -> None:
    failing = [name(each) for each in QUESTIONS if each.fails]
    assert len(failing) <= len(QUESTIONS) // 10, failing
    assert {title for title, cost in COMMITTED.items() if not cost.passes} == set(failing), (
        f"run `{COMMAND}` and commit evals/{COSTS.name}"
    )


def test_the_table_has_exactly_the_questions() -> None:
    names = Counter(name(each) for each in QUESTIONS)
    assert [each for each, count in names.items() if count > 1] == []
    assert set(names) == set(COMMITTED), f"run `{COMMAND}` and commit evals/{COSTS.name}"


def test_the_questions_are_many_and_in_every_situation() -> None:
    assert len(QUESTIONS) >= 45
    assert {each.profile for each in QUESTIONS} >= {"retail", "large", "fa", "fa5", "delayed", "cash"}
    assert any("weekend" in each.situation for each in QUESTIONS)
    assert {call.tool for each in QUESTIONS for call in each.calls} >= {
        "connection_status",
        "get_portfolio",
        "get_performance",
        "get_activity",
        "get_quotes",
        "get_price_history",
        "get_option_chain",
    }
