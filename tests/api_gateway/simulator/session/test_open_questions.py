from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.session.open_questions import ConfirmationQuestion, OpenQuestions, Submission


@pytest.fixture
def submission() -> Submission:
    order = Order(7, 265598, "BUY", 1.0, "MKT", 100.0)
    return Submission(
        (("DU1", order),), (ConfirmationQuestion("o1", "One?"), ConfirmationQuestion("o2", "Two?"))
    )


def test_reply_closes_the_question(submission: Submission) -> None:
    questions = OpenQuestions()
    reply_id = questions.open_question(submission, 100.0)
    assert str(UUID(reply_id)) == reply_id
    assert questions.take_submission(reply_id) is submission
    assert questions.take_submission(reply_id) is None
    assert not questions.was_superseded(reply_id)


def test_another_request_or_question_supersedes_the_open_one(submission: Submission) -> None:
    questions = OpenQuestions()
    first = questions.open_question(submission, 100.0)
    second = questions.open_question(submission, 100.0)
    assert first != second
    assert questions.was_superseded(first)
    questions.supersede()
    assert questions.take_submission(second) is None
    assert questions.was_superseded(second)


def test_a_superseded_submission_can_be_retrieved_once(submission: Submission) -> None:
    questions = OpenQuestions()
    reply_id = questions.open_question(submission, 100.0)
    assert questions.take_superseded(reply_id) is None
    questions.supersede()
    assert questions.take_superseded(reply_id) is submission
    assert questions.take_superseded(reply_id) is None
    assert questions.was_superseded(reply_id)
    assert questions.take_superseded("nonsense") is None


def test_a_submission_without_questions_asks_nothing(submission: Submission) -> None:
    assert submission.without_questions().questions == ()
    assert not replace(submission, offers_prompt=True).without_questions().offers_prompt


def test_reply_to_an_unknown_question_supersedes_the_open_one(submission: Submission) -> None:
    questions = OpenQuestions()
    reply_id = questions.open_question(submission, 100.0)
    assert questions.take_submission("nonsense") is None
    assert questions.take_submission(reply_id) is None
    assert not questions.was_superseded("nonsense")


def test_confirming_a_question_keeps_the_others(submission: Submission) -> None:
    assert [q.message_id for q in submission.without_first_question().questions] == ["o2"]
    assert submission.without_first_question().without_first_question().questions == ()
