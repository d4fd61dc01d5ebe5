"""How the back end refuses a call about an account: the wrong account, the wrong order, the wrong number."""

from __future__ import annotations

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.routing import Call, Refusal, bad_request

LONGEST_NUMBER = 18


def unauthorized() -> Refusal:
    """The 401 without a body that means "not an account of yours", not "log in"."""
    return Refusal(401, b"")


def unavailable() -> Refusal:
    """The refusal for what this account or this session does not have."""
    return Refusal(503, {"error": "Service Unavailable", "statusCode": 503})


def need_accounts(simulation: Simulation) -> None:
    """Refuse what `GET /iserver/accounts` has to come before."""
    if not simulation.preflights.accounts_called:
        raise Refusal(400, {"error": "Please query /accounts first", "statusCode": 400})


def whole_number(text: str, name: str, lowest: int = 0) -> int:
    """The number that a path or a query holds; anything else is a bad request."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER) or int(text) < lowest:
        raise bad_request(f"invalid {name}")
    return int(text)


def yes(call: Call, name: str) -> bool:
    """Whether a query switch is on."""
    return call.query.get(name, "").lower() == "true"
