"""When a question about an order is open."""

from __future__ import annotations

from api_gateway.client.order_questions import LIVES, OpenQuestion
from api_gateway.client.request import make_call
from tests.api_gateway.fakes import FakeTime

ORDER = make_call("POST", "/iserver/account/{allocation}/orders", ("DU1234567",), reads=False)
REPLY = make_call("POST", "/iserver/reply/{reply}", ("07a13a5a-4a48-44a5-bb25-5ab37b79186c",), reads=False)
READ = make_call("GET", "/iserver/accounts", reads=True)
ASKED = b'[{"id":"07a13a5a-4a48-44a5-bb25-5ab37b79186c","message":["Are you sure?"]}]'
PLACED = b'[{"order_id":"1","order_status":"Submitted"}]'


def test_it_is_open_from_an_order_to_the_next_request() -> None:
    question = OpenQuestion(now=FakeTime().now)
    question.sending(ORDER)
    assert question.open  # while the order is under way, too
    question.answered(ORDER, ASKED)
    assert question.open
    question.sending(READ)
    question.answered(READ, b"{}")
    assert not question.open


def test_an_answer_to_it_may_raise_another() -> None:
    question = OpenQuestion(now=FakeTime().now)
    for call, body in ((ORDER, ASKED), (REPLY, ASKED)):
        question.sending(call)
        question.answered(call, body)
        assert question.open
    question.sending(REPLY)
    question.answered(REPLY, PLACED)
    assert not question.open


def test_an_order_without_a_question_and_one_that_failed_leave_none() -> None:
    for body in (PLACED, b"", b"<html>", b'{"error":"no"}', b"[1]"):
        question = OpenQuestion(now=FakeTime().now)
        question.sending(ORDER)
        question.answered(ORDER, body)
        assert not question.open


def test_one_that_nobody_answers_is_forgotten_after_a_while() -> None:
    time = FakeTime()
    question = OpenQuestion(now=time.now)
    question.sending(ORDER)
    question.answered(ORDER, ASKED)
    time.seconds += LIVES
    assert not question.open
