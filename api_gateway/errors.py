"""The ways a request to the gateway can fail.

GatewayError
├── Unreachable      never sent: container down, wrong address, TLS
│   └── AddressRefused   the gateway answers, but not to this machine's address
├── OutcomeUnknown   a write was sent and no clear answer came: it may have happened
├── LoginRequired    nobody has logged in with a browser
├── SessionLost      logged in, but the brokerage session is closed or held by another program
├── RateLimited      our own limit or IBKR's 429: wait so many seconds
│   └── PenaltyBox       IBKR's penalty box: nothing but the tickle is sent for so long
├── Refused          IBKR said no, also when it said so with status 200
├── Invalid          the argument was wrong before anything was sent
├── Forbidden        the mode, or the account that is logged in, does not permit it; nothing was sent
└── Failed           IBKR broke: 5xx, HTML, malformed, too large, too late
    ├── NoResponse       it was sent, and no complete answer came
    └── Redirected       it was not answered, but pointed elsewhere

Each says what was asked, what came back, and one next step. None carries a full account id, a token
or a cookie: messages are shown to a model and written to logs.
"""

from __future__ import annotations


class GatewayError(Exception):
    """What was asked, what happened, and what to do next; `str()` is all three as one text."""

    def __init__(self, *, request: str, problem: str, hint: str) -> None:
        super().__init__(f"{request}: {problem} {hint}".strip())
        self.request = request
        self.problem = problem
        self.hint = hint


class Unreachable(GatewayError):
    """The request was never sent."""


class AddressRefused(Unreachable):
    """The gateway answers, but this machine's address is not on its list."""


class OutcomeUnknown(GatewayError):
    """A write was sent and no clear answer came. It may have happened; nothing was retried."""


class LoginRequired(GatewayError):
    """The gateway has no browser login."""


class SessionLost(GatewayError):
    """The login holds, the brokerage session does not."""


class RateLimited(GatewayError):
    """Too many requests, by our count or by IBKR's."""

    def __init__(self, *, request: str, problem: str, hint: str, seconds: float) -> None:
        super().__init__(request=request, problem=problem, hint=hint)
        self.seconds = seconds


class PenaltyBox(RateLimited):
    """IBKR wants silence, and asking again before it is over makes it longer."""


class Refused(GatewayError):
    """IBKR understood the request and said no, with this HTTP status."""

    def __init__(self, *, request: str, problem: str, hint: str, status: int = 200) -> None:
        super().__init__(request=request, problem=problem, hint=hint)
        self.status = status


class Invalid(GatewayError):
    """An argument was wrong; nothing was sent."""


class Forbidden(GatewayError):
    """The mode does not permit it; nothing was sent."""


class Failed(GatewayError):
    """IBKR, or the way to it, broke; nothing can be said about the answer."""


class NoResponse(Failed):
    """A question was sent and no complete answer came; `late` where the time for it ran out."""

    def __init__(self, *, request: str, problem: str, hint: str, late: bool) -> None:
        super().__init__(request=request, problem=problem, hint=hint)
        self.late = late


class Redirected(Failed):
    """A question was not answered, but pointed elsewhere, and not to the login."""
