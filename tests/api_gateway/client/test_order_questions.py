"""Order questions: when an order awaits confirmation."""

from __future__ import annotations

from api_gateway.client.order_questions import QUESTION_TTL, OrderQuestionTracker
from api_gateway.client.request import build_request
from tests.api_gateway.fakes import FakeTime

ORDER = build_request("POST", "/iserver/account/{allocation}/orders", ("DU1234567",), read_only=False)
REPLY = build_request(
    "POST", "/iserver/reply/{reply}", ("07a13a5a-4a48-44a5-bb25-5ab37b79186c",), read_only=False
)
READ = build_request("GET", "/iserver/accounts", read_only=True)
QUESTION = b'[{"id":"07a13a5a-4a48-44a5-bb25-5ab37b79186c","message":["Are you sure?"]}]'
PLACED = b'[{"order_id":"1","order_status":"Submitted"}]'


def test_a_question_is_open_from_the_order_to_the_next_request() -> None:
    tracker = OrderQuestionTracker(now=FakeTime().now)
    tracker.on_send(ORDER)
    assert tracker.open  # while the order is in flight, too
    tracker.on_response(ORDER, QUESTION)
    assert tracker.open
    tracker.on_send(READ)
    tracker.on_response(READ, b"{}")
    assert not tracker.open


def test_a_reply_may_return_another_question() -> None:
    tracker = OrderQuestionTracker(now=FakeTime().now)
    for request, body in ((ORDER, QUESTION), (REPLY, QUESTION)):
        tracker.on_send(request)
        tracker.on_response(request, body)
        assert tracker.open
    tracker.on_send(REPLY)
    tracker.on_response(REPLY, PLACED)
    assert not tracker.open


def test_an_order_without_a_question_or_that_failed_leaves_none_open() -> None:
    for body in (PLACED, b"", b"<html>", b'{"error":"no"}', b"[1]"):
        tracker = OrderQuestionTracker(now=FakeTime().now)
        tracker.on_send(ORDER)
        tracker.on_response(ORDER, body)
        assert not tracker.open


def test_an_unanswered_question_expires() -> None:
    time = FakeTime()
    tracker = OrderQuestionTracker(now=time.now)
    tracker.on_send(ORDER)
    tracker.on_response(ORDER, QUESTION)
    time.seconds += QUESTION_TTL
    assert not tracker.open


def test_a_listener_is_called_before_an_order_is_sent_and_before_nothing_else() -> None:
    tracker, calls = OrderQuestionTracker(now=FakeTime().now), list[str]()
    tracker.on_order(lambda: calls.append("order"))
    tracker.on_send(READ)
    assert calls == []
    tracker.on_send(ORDER)
    tracker.on_send(REPLY)
    assert calls == ["order", "order"]
