"""Only what IBKR itself reports as a paper account may be written to: asked anew before every write.

What was true of the login a minute ago may not be true of it now: a person may have logged in anew, with
the other username.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from api_gateway.access_policy import Policy
from api_gateway.client.interpretation import require_answer
from api_gateway.client.rate_limiter import Patience
from api_gateway.client.request import Call, make_call
from api_gateway.client.response import Reply
from api_gateway.errors import Forbidden
from api_gateway.redaction import mask

REPLY = ("POST", "/iserver/reply/{reply}")
MOST_QUESTIONS = 100

Ask = Callable[[Call, Patience], Awaitable[Reply]]


class PaperGuard:
    """Stands before the writes that `policy` keeps for paper accounts."""

    def __init__(self, policy: Policy, ask: Ask) -> None:
        self._policy = policy
        self._ask = ask
        self._questions: deque[str] = deque(maxlen=MOST_QUESTIONS)

    async def require(self, call: Call, patience: Patience) -> None:
        """Return if `call` may be sent; raise `Forbidden` if its account is not reported as paper."""
        if call.key not in self._policy.paper_only:
            return
        if call.key == REPLY:
            # Any request between a question and its answer ends the question, so it cannot be asked now.
            # An answer is let pass to a question that an order raised which was let pass.
            if str(call.values[0]) not in self._questions:
                raise _forbidden(call, "no order placed here has raised this question.")
            return
        accounts = make_call("GET", "/iserver/accounts", reads=True)
        told = require_answer(accounts, await self._ask(accounts, patience)).value
        if not isinstance(told, Mapping) or told.get("isPaper") is not True:
            raise _forbidden(call, "IBKR does not report this login as a paper account.")
        known = {*_texts(told.get("accounts")), *_texts(told.get("groups"))}
        for account in _accounts_in(call):
            if account not in known:
                raise _forbidden(call, f"IBKR does not report {mask(account)} among this login's accounts.")

    def observe(self, call: Call, reply: Reply) -> None:
        """Remember the questions that a permitted order has raised."""
        if call.key in self._policy.paper_only and isinstance(reply.value, list):
            self._questions += [
                row["id"]
                for row in reply.value
                if isinstance(row, Mapping) and isinstance(row.get("id"), str) and "message" in row
            ]


def _accounts_in(call: Call) -> Iterable[str]:
    """The account, or the group of accounts, that the request is about."""
    if call.address.account:
        yield call.address.account
    if call.address.template.startswith(("/iserver/account/{account}/", "/iserver/account/{allocation}/")):
        yield str(call.values[0])
    for ticket in (call.body, *_tickets(call.body.get("orders"))):
        if account := ticket.get("acctId"):
            yield str(account)


def _tickets(orders: object) -> Iterable[Mapping[str, Any]]:
    return (each for each in orders if isinstance(each, Mapping)) if isinstance(orders, list) else ()


def _texts(value: object) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _forbidden(call: Call, happened: str) -> Forbidden:
    return Forbidden(
        asked=call.asked,
        happened=happened,
        hint="TRADING_MODE=paper writes to paper accounts only, and nothing was sent. Log in with the paper "
        "username, or look with `list_brokerage_accounts` which accounts there are.",
    )
