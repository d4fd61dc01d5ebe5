"""Access policy: a request leaves only if the trading mode lists its operation."""

from __future__ import annotations

from api_gateway.access_policy import AccessPolicy
from api_gateway.causes import Cause, explain
from api_gateway.client.path_aliases import find_aliased_operation
from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.errors import Forbidden


class AccessCheck:
    """Raises `Forbidden` for every request that `policy` does not permit."""

    def __init__(self, policy: AccessPolicy) -> None:
        self._policy = policy

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        self.check(request)
        return proceed(request, budget)

    def check(self, request: GatewayRequest) -> None:
        """Raise `Forbidden` unless `request` may be sent in this mode."""
        if request.operation not in self._policy.allowed:
            operation = f"{request.method} {request.path.template}"
            forbidden = explain(Cause.MODE_FORBIDS, mode=self._policy.name, operation=operation)
            raise Forbidden(request=request.description, **forbidden.error_text)
        if request.operation in self._policy.unverified and (known := find_aliased_operation(request)):
            aliased = explain(Cause.ALIASED_PATH, operation=known)
            raise Forbidden(request=request.description, **aliased.error_text)
