"""When a question about an order is open."""

from __future__ import annotations

from api_gateway.client.order_questions import QUESTION_TTL, OrderQuestionTracker
from api_gateway.client.request import build_request
from tests.api_gateway.fakes import FakeTime

ORDER = build_request("POST", "/iserver/account/{allocation}/orders", ("DU1234567",), read_only=False)
REPLY = build_request(
    "POST", "/iserver/reply/{reply}", ("07a13a5a-4a48-44a5-bb25-5ab37b79186c",), read_only=False
)
READ = build_request("GET", "/iserver/accounts", read_only=True)
ASKED = b'[{"id":"07a13a5a-4a48-44a5-bb25-5ab37b79186c","message":["Are you sure?"]}]'
PLACED = b'[{"order_id":"1","order_status":"Submitted"}]'


def test_it_is_open_from_an_order_to_the_next_request() -> None:
    question = OrderQuestionTracker(now=FakeTime().now)
    question.on_send(ORDER)
    assert question.open  # while the order is under way, too
    question.on_response(ORDER, ASKED)
    assert question.open
    question.on_send(READ)
    question.on_response(READ, b"{}")
    assert not question.open


def test_an_answer_to_it_may_raise_another() -> None:
    question = OrderQuestionTracker(now=FakeTime().now)
    for call, body in ((ORDER, ASKED), (REPLY, ASKED)):
        question.on_send(call)
        question.on_response(call, body)
        assert question.open
    question.on_send(REPLY)
    question.on_response(REPLY, PLACED)
    assert not question.open


def test_an_order_without_a_question_and_one_that_failed_leave_none() -> None:
    for body in (PLACED, b"", b"<html>", b'{"error":"no"}', b"[1]"):
        question = OrderQuestionTracker(now=FakeTime().now)
        question.on_send(ORDER)
        question.on_response(ORDER, body)
        assert not question.open


def test_one_that_nobody_answers_is_forgotten_after_a_while() -> None:
    time = FakeTime()
    question = OrderQuestionTracker(now=time.now)
    question.on_send(ORDER)
    question.on_response(ORDER, ASKED)
    time.seconds += QUESTION_TTL
    assert not question.open
