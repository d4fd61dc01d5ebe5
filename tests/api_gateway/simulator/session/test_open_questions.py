from __future__ import annotations

from uuid import UUID

import pytest

from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.session.open_questions import OpenQuestions, Question, Submission


@pytest.fixture
def submission() -> Submission:
    order = Order(7, 265598, "BUY", 1.0, "MKT", 100.0)
    return Submission((("DU1", order),), (Question("o1", "One?"), Question("o2", "Two?")))


def test_an_answer_takes_the_question_away(submission: Submission) -> None:
    questions = OpenQuestions()
    reply_id = questions.ask(submission, 100.0)
    assert str(UUID(reply_id)) == reply_id
    assert questions.answered(reply_id) is submission
    assert questions.answered(reply_id) is None
    assert not questions.was_overtaken(reply_id)


def test_another_request_or_another_question_overtakes_it(submission: Submission) -> None:
    questions = OpenQuestions()
    first = questions.ask(submission, 100.0)
    second = questions.ask(submission, 100.0)
    assert first != second
    assert questions.was_overtaken(first)
    questions.overtake()
    assert questions.answered(second) is None
    assert questions.was_overtaken(second)


def test_a_reply_to_something_else_overtakes_it_too(submission: Submission) -> None:
    questions = OpenQuestions()
    reply_id = questions.ask(submission, 100.0)
    assert questions.answered("nonsense") is None
    assert questions.answered(reply_id) is None
    assert not questions.was_overtaken("nonsense")


def test_a_confirmed_question_leaves_the_others(submission: Submission) -> None:
    assert [q.number for q in submission.confirmed().questions] == ["o2"]
    assert submission.confirmed().confirmed().questions == ()
