"""Session gate: requests that the session cannot serve."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.rate_limiter import RateLimiter
from api_gateway.client.session_gate import SessionGate
from api_gateway.errors import LoginRequired, RateLimited
from api_gateway.session.maintenance import Region
from api_gateway.session.monitor import SessionMonitor
from api_gateway.session.states import SessionState
from tests.api_gateway.fakes import FakeHandler, FakeTime, read, unlimited, write

OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}
LOGGED_OUT = {"authenticated": False, "connected": False}
LOGIN_REQUIRED = LoginRequired(request="a", problem="b", hint="c")


class Gate:
    """A gate with its monitor and rate limiter; `status` is the session's status."""

    def __init__(self, time: FakeTime) -> None:
        self.status: object = OPEN
        self.checks = 0
        self.question = OrderQuestionTracker(now=time.now)
        self.rate_limiter = RateLimiter(penalty=1, now=time.now, sleep=time.sleep)
        self.monitor = SessionMonitor(
            fetch_status=self._fetch_status,
            probe=self._probe,
            quiet=lambda: False,
            region=next(iter(Region)),
            login_url="https://login.example",
            now=time.now,
            wall=time.now,
        )
        self.step = SessionGate(self.monitor, self.question, self.rate_limiter)

    async def _fetch_status(self) -> Any:
        self.checks += 1
        return self.status

    async def _probe(self) -> int | None:
        return 302


@pytest.fixture
def gate(fake_time: FakeTime) -> Gate:
    return Gate(fake_time)


async def test_no_check_is_sent_without_an_earlier_problem(gate: Gate) -> None:
    assert (await gate.step(FakeHandler([1]), read("/trsrv/stocks"), unlimited())).value == [1]
    assert gate.checks == 0


async def test_a_request_is_not_sent_if_a_check_confirms_the_problem(gate: Gate) -> None:
    gate.monitor.mark_suspect(SessionState.NOT_LOGGED_IN)
    gate.status = LOGGED_OUT
    rest = FakeHandler([1])
    with pytest.raises(LoginRequired):
        await gate.step(rest, read("/trsrv/stocks"), unlimited())
    assert (gate.checks, rest.requests) == (1, [])


async def test_a_request_is_sent_if_a_check_finds_the_session_open(gate: Gate) -> None:
    gate.monitor.mark_suspect(SessionState.NOT_LOGGED_IN)
    assert (await gate.step(FakeHandler([1]), read("/trsrv/stocks"), unlimited())).value == [1]
    assert gate.monitor.last_problem is None


async def test_a_problem_that_does_not_affect_the_operation_causes_no_check(gate: Gate) -> None:
    gate.monitor.mark_suspect(SessionState.CLOSED)
    await gate.step(FakeHandler([1]), read("/portfolio/accounts"), unlimited())
    assert gate.checks == 0


async def test_no_check_is_sent_while_an_order_awaits_confirmation(gate: Gate) -> None:
    gate.monitor.mark_suspect(SessionState.NOT_LOGGED_IN)
    gate.question.on_send(write("/iserver/account/{allocation}/orders", "DU1234567", orders=[]))
    await gate.step(FakeHandler([1]), read("/trsrv/stocks"), unlimited())
    assert gate.checks == 0


async def test_a_check_precedes_an_operation_in_doubt_and_rejects_nothing(gate: Gate) -> None:
    gate.rate_limiter.mark_in_doubt(read("/trsrv/stocks"))
    gate.status = LOGGED_OUT
    await gate.step(FakeHandler([1]), read("/trsrv/stocks"), unlimited())
    assert gate.checks == 1


async def test_a_session_error_is_recorded_by_the_monitor(gate: Gate) -> None:
    with pytest.raises(LoginRequired):
        await gate.step(FakeHandler(LOGIN_REQUIRED), read("/trsrv/stocks"), unlimited())
    assert gate.monitor.last_problem is not None
    assert gate.monitor.last_problem.found is SessionState.NOT_LOGGED_IN


async def test_another_error_is_not_a_problem_of_the_session(gate: Gate) -> None:
    limited = RateLimited(request="a", problem="b", hint="c", seconds=1)
    with pytest.raises(RateLimited):
        await gate.step(FakeHandler(limited), read("/trsrv/stocks"), unlimited())
    assert gate.monitor.last_problem is None
