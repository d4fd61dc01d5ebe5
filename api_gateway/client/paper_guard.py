"""Paper guard: writes go only to what IBKR itself reports as a paper account, checked before every write.

What was true of the login a minute ago may have changed: a person may have logged in again with the other
username.
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

Ask = Callable[[GatewayRequest, WaitBudget], Awaitable[GatewayResponse]]


class PaperGuard:
    """Checks each write that `policy` restricts to paper accounts before it is sent."""

    def __init__(self, policy: AccessPolicy, ask: Ask) -> None:
        self._policy = policy
        self._ask = ask
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

    async def require(self, call: GatewayRequest, patience: WaitBudget) -> None:
        """Return if `call` may be sent; raise `Forbidden` if its account is not reported as paper."""
        if call.operation not in self._policy.paper_only:
            return
        if call.operation == REPLY:
            # Any request before the reply would void the order confirmation, so the account cannot be checked
            # now. A reply may pass if the order that needs it was allowed to pass.
            if str(call.values[0]) not in self._questions:
                raise _forbidden_error(call, Cause.REPLY_NOT_OURS)
            return
        accounts = build_request("GET", "/iserver/accounts", read_only=True)
        listed = require_payload(accounts, await self._ask(accounts, patience)).value
        if not isinstance(listed, Mapping) or listed.get("isPaper") is not True:
            raise _forbidden_error(call, Cause.LOGIN_NOT_PAPER)
        known = {*_strings(listed.get("accounts")), *_strings(listed.get("groups"))}
        for account in _accounts_in(call):
            if account not in known:
                raise _forbidden_error(call, Cause.ACCOUNT_NOT_LISTED, account=redact(account))

    def observe(self, call: GatewayRequest, reply: GatewayResponse) -> None:
        """Remember the confirmations that a permitted order requires."""
        if call.operation in self._policy.paper_only and isinstance(reply.value, list):
            self._questions += [
                row["id"]
                for row in reply.value
                if isinstance(row, Mapping) and isinstance(row.get("id"), str) and "message" in row
            ]


def _accounts_in(call: GatewayRequest) -> Iterable[str]:
    """The account, or the group of accounts, that the request is about."""
    if call.path.account:
        yield call.path.account
    if call.path.template.startswith(("/iserver/account/{account}/", "/iserver/account/{allocation}/")):
        yield str(call.values[0])
    for ticket in (call.body, *_tickets(call.body.get("orders"))):
        if account := ticket.get("acctId"):
            yield str(account)


def _tickets(orders: object) -> Iterable[Mapping[str, Any]]:
    return (each for each in orders if isinstance(each, Mapping)) if isinstance(orders, list) else ()


def _strings(value: object) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _forbidden_error(call: GatewayRequest, cause: Cause, **facts: object) -> Forbidden:
    return Forbidden(request=call.description, **explain(cause, **facts).error_text)
