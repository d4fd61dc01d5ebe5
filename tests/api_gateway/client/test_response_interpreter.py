"""What the client learns from responses."""

from __future__ import annotations

import pytest

from api_gateway.client.rate_limiter import RateLimiter
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.response_interpreter import ResponseInterpreter
from api_gateway.errors import LoginRequired, PenaltyBox, Refused
from tests.api_gateway.fakes import FakeTime, raw, read

REQUEST = read("/trsrv/stocks")


class Interpreter:
    """An interpreter, and what its observers recorded."""

    def __init__(self, time: FakeTime) -> None:
        self.rate_limiter = RateLimiter(penalty=60, now=time.now, sleep=time.sleep)
        self.interpret = ResponseInterpreter(self.rate_limiter, login_url="https://login.example")
        self.observed: list[tuple[GatewayRequest, object]] = []
        self.logins_required = 0
        self.interpret.on_response(self._observe)
        self.interpret.on_login_required(self._require_login)

    def _observe(self, request: GatewayRequest, response: GatewayResponse) -> None:
        self.observed.append((request, response.value))

    def _require_login(self) -> None:
        self.logins_required += 1


@pytest.fixture
def interpreter(fake_time: FakeTime) -> Interpreter:
    return Interpreter(fake_time)


def test_a_response_is_returned_and_observed(interpreter: Interpreter) -> None:
    assert interpreter.interpret(REQUEST, raw(200, b"[1]")).value == [1]
    assert interpreter.observed == [(REQUEST, [1])]


def test_a_refusal_is_raised_and_not_observed(interpreter: Interpreter) -> None:
    with pytest.raises(Refused):
        interpreter.interpret(REQUEST, raw(400, b'{"error": "no"}'))
    assert (interpreter.observed, interpreter.logins_required) == ([], 0)


def test_a_missing_login_is_reported(interpreter: Interpreter) -> None:
    with pytest.raises(LoginRequired):
        interpreter.interpret(REQUEST, raw(401, b""))
    assert interpreter.logins_required == 1


@pytest.mark.parametrize(("named", "seconds"), [("", 60), ("300", 300)])
def test_a_429_starts_the_penalty(interpreter: Interpreter, named: str, seconds: float) -> None:
    with pytest.raises(PenaltyBox):
        interpreter.interpret(REQUEST, raw(429, retry_after=named))
    assert interpreter.rate_limiter.penalty_left == seconds
