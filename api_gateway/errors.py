"""The errors of a request to the gateway.

GatewayError
├── Unreachable      never sent: gateway not running, wrong address, TLS
│   └── AddressRefused   the gateway responds, but rejects this machine's address
├── OutcomeUnknown   a write was sent without a clear response: it may have been carried out
├── LoginRequired    nobody has logged in with a browser
├── SessionLost      logged in, but the brokerage session is closed or held by another program
├── RateLimited      our own limit or IBKR's 429: retry after `seconds`
│   └── PenaltyBox       IBKR's penalty box: until then only the tickle is sent
├── Refused          IBKR refused the request, possibly with status 200
├── Invalid          an argument was invalid; not sent
├── Forbidden        the mode, or the account that is logged in, does not permit it; not sent
└── Failed           IBKR failed: 5xx, HTML, malformed, too large, too late
    ├── NoResponse       it was sent without a complete response
    └── Redirected       it was not processed but redirected

Each says what was requested, what happened, and one next step, in the words of `causes`. None carries a
full account ID, a token or a cookie: messages are shown to a model and written to logs.
"""

from __future__ import annotations

from api_gateway.causes import Cause, Explanation, Outcome


class GatewayError(Exception):
    """What was requested, what happened, and what to do next; `str()` is all three as one text."""

    def __init__(
        self, *, request: str, problem: str, hint: str, explanation: Explanation | None = None
    ) -> None:
        super().__init__(f"{request}: {problem} {hint}".strip())
        self.request = request
        self.problem = problem
        self.hint = hint
        self.explanation = explanation

    @property
    def cause(self) -> Cause | None:
        """The cause; None for an error that was created without one."""
        return self.explanation.cause if self.explanation else None

    @property
    def outcome(self) -> Outcome:
        """What happened to the request."""
        return self.explanation.outcome if self.explanation else Outcome.NONE

    @property
    def sentence(self) -> str:
        """What happened, without whether anything was sent or changed."""
        return self.explanation.sentence if self.explanation else self.problem


class Unreachable(GatewayError):
    """The request was never sent."""


class AddressRefused(Unreachable):
    """The gateway responds, but this machine's address is not on its list."""


class OutcomeUnknown(GatewayError):
    """A write was sent without a clear response. It may have been carried out; nothing was retried."""


class LoginRequired(GatewayError):
    """The gateway has no browser login."""


class SessionLost(GatewayError):
    """A user is logged in, but there is no brokerage session."""


class RateLimited(GatewayError):
    """Too many requests, by our count or by IBKR's."""

    def __init__(
        self,
        *,
        request: str,
        problem: str,
        hint: str,
        seconds: float,
        explanation: Explanation | None = None,
    ) -> None:
        super().__init__(request=request, problem=problem, hint=hint, explanation=explanation)
        self.seconds = seconds


class PenaltyBox(RateLimited):
    """IBKR rejects every request for a while, and each further request extends that."""


class Refused(GatewayError):
    """IBKR understood the request and refused it, with this HTTP status."""

    def __init__(
        self,
        *,
        request: str,
        problem: str,
        hint: str,
        status: int = 200,
        explanation: Explanation | None = None,
    ) -> None:
        super().__init__(request=request, problem=problem, hint=hint, explanation=explanation)
        self.status = status


class Invalid(GatewayError):
    """An argument was invalid; nothing was sent."""


class Forbidden(GatewayError):
    """The mode does not permit it; nothing was sent."""


class Failed(GatewayError):
    """IBKR, or the connection to it, failed; there is no result."""


class NoResponse(Failed):
    """A read was sent without a complete response; `late` if it timed out."""

    def __init__(
        self,
        *,
        request: str,
        problem: str,
        hint: str,
        late: bool,
        explanation: Explanation | None = None,
    ) -> None:
        super().__init__(request=request, problem=problem, hint=hint, explanation=explanation)
        self.late = late


class Redirected(Failed):
    """A read was not processed but redirected, and not to the login."""
