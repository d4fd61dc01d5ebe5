"""Paper guard: writes go only to accounts that IBKR reports as paper, checked before every write.

Earlier results do not count: a user may have logged in again with another username since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from api_gateway.access_policy import AccessPolicy
from api_gateway.causes import Cause, explain
from api_gateway.client.interpretation import require_payload
from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.errors import Forbidden
from api_gateway.redaction import redact

REPLY = ("POST", "/iserver/reply/{reply}")
MAX_QUESTIONS = 100

Send = Callable[[GatewayRequest, WaitBudget], Awaitable[GatewayResponse]]


class PaperGuard:
    """Checks each write that `policy` restricts to paper accounts before it is sent."""

    def __init__(self, policy: AccessPolicy, send: Send) -> None:
        self._policy = policy
        self._send = send
        self._questions: deque[str] = deque(maxlen=MAX_QUESTIONS)

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if request.operation in self._policy.paper_only:
            return self._guard(proceed, request, budget)
        return proceed(request, budget)

    async def _guard(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        await self.require(request, budget)
        response = await proceed(request, budget)
        self.observe(request, response)
        return response

    async def require(self, request: GatewayRequest, budget: WaitBudget) -> None:
        """Raise `Forbidden` unless IBKR reports the account of `request` as a paper account."""
        if request.operation not in self._policy.paper_only:
            return
        if request.operation == REPLY:
            # Any request before the reply would void the order confirmation, so the account cannot be checked
            # now. A reply is allowed if the order that requires it was.
            if str(request.values[0]) not in self._questions:
                raise _forbidden_error(request, Cause.REPLY_NOT_OURS)
            return
        accounts = build_request("GET", "/iserver/accounts", read_only=True)
        listed = require_payload(accounts, await self._send(accounts, budget)).value
        if not isinstance(listed, Mapping) or listed.get("isPaper") is not True:
            raise _forbidden_error(request, Cause.LOGIN_NOT_PAPER)
        known = {*_strings(listed.get("accounts")), *_strings(listed.get("groups"))}
        for account in _accounts_in(request):
            if account not in known:
                raise _forbidden_error(request, Cause.ACCOUNT_NOT_LISTED, account=redact(account))

    def observe(self, request: GatewayRequest, response: GatewayResponse) -> None:
        """Record the confirmations that a permitted order requires."""
        if request.operation in self._policy.paper_only and isinstance(response.value, list):
            self._questions += [
                row["id"]
                for row in response.value
                if isinstance(row, Mapping) and isinstance(row.get("id"), str) and "message" in row
            ]


def _accounts_in(request: GatewayRequest) -> Iterable[str]:
    """The accounts, or the groups of accounts, that the request names."""
    if request.path.account:
        yield request.path.account
    if request.path.template.startswith(("/iserver/account/{account}/", "/iserver/account/{allocation}/")):
        yield str(request.values[0])
    for ticket in (request.body, *_tickets(request.body.get("orders"))):
        if account := ticket.get("acctId"):
            yield str(account)


def _tickets(orders: object) -> Iterable[Mapping[str, Any]]:
    return (each for each in orders if isinstance(each, Mapping)) if isinstance(orders, list) else ()


def _strings(value: object) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _forbidden_error(request: GatewayRequest, cause: Cause, **facts: object) -> Forbidden:
    return Forbidden(request=request.description, **explain(cause, **facts).error_text)
