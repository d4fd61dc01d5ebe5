"""Access policy: a request leaves only if the trading mode lists its operation."""

from __future__ import annotations

from api_gateway.access_policy import AccessPolicy
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

    def check(self, call: GatewayRequest) -> None:
        """Return if `call` may be sent in this mode."""
        if call.operation not in self._policy.allowed:
            raise Forbidden(
                request=call.description,
                problem=f"{self._policy.name} does not permit {call.method} {call.path.template}.",
                hint="Nothing was sent to IBKR. Only a person can change the mode, in the server's settings.",
            )
        if call.operation in self._policy.unverified and (known := find_aliased_operation(call)):
            raise Forbidden(
                request=call.description,
                problem=f"This is the address of {known}.",
                hint="Nothing was sent to IBKR. Use the tool of that operation.",
            )
