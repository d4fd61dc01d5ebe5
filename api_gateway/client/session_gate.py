"""Session gate: a request that the session cannot serve fails immediately, without being sent."""

from __future__ import annotations

from api_gateway.client.interpretation import unavailable_error
from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.pipeline import Handler
from api_gateway.client.rate_limiter import RateLimiter, WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.errors import GatewayError
from api_gateway.operations import SessionRequirement
from api_gateway.session.monitor import SessionMonitor
from api_gateway.session.states import BLOCKING_STATES

CHECK_TIMEOUT = 0.5  # seconds for the check before a request, if something was missing a moment ago


class SessionGate:
    """Checks the session if it had a problem, and reports each request's outcome to the monitor.

    Only a new check can reject a request: an earlier result never does, and no request has to run into a
    timeout to find the same problem again.
    """

    def __init__(
        self,
        monitor: SessionMonitor,
        order_question: OrderQuestionTracker,
        rate_limiter: RateLimiter,
    ) -> None:
        self._monitor = monitor
        self._order_question = order_question
        self._rate_limiter = rate_limiter

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        needed = request.row.required_session
        if self._monitor.last_problem is not None or self._rate_limiter.is_in_doubt(request):
            await self._check(request, needed)
        try:
            response = await proceed(request, budget)
        except GatewayError as error:
            self._monitor.record_failure(error)
            raise
        self._monitor.record_success(needed)
        return response

    async def _check(self, request: GatewayRequest, needed: SessionRequirement) -> None:
        """Raise an error if the session lacked something a moment ago and still does."""
        problem, blocking = self._monitor.last_problem, BLOCKING_STATES[needed]
        missing = problem is not None and problem.found in blocking
        if self._order_question.open or not (missing or self._rate_limiter.is_in_doubt(request)):
            return
        check = await self._monitor.check_now(timeout=CHECK_TIMEOUT)
        if not missing:
            return  # the check's response tells the rate limiter that requests in doubt were forwarded
        if check is not None:
            if check.diagnosis.found in blocking:
                raise unavailable_error(request, check.diagnosis)
        elif outage := await self._monitor.confirm_outage(timeout=CHECK_TIMEOUT):
            raise unavailable_error(request, outage)
