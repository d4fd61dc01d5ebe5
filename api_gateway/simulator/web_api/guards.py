"""How the back end refuses a call about an account: the wrong account, the wrong order, the wrong number."""

from __future__ import annotations

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.routing import ApiError, ApiRequest, bad_request

MAX_DIGITS = 18


def unauthorized() -> ApiError:
    """The 401 without a body that means "not an account of yours", not "log in"."""
    return ApiError(401, b"")


def unavailable() -> ApiError:
    """The refusal for what this account or this session does not have."""
    return ApiError(503, {"error": "Service Unavailable", "statusCode": 503})


def require_accounts_call(simulation: Simulation) -> None:
    """Refuse what `GET /iserver/accounts` has to come before."""
    if not simulation.preflights.accounts_called:
        raise ApiError(400, {"error": "Please query /accounts first", "statusCode": 400})


def parse_whole_number(text: str, name: str, minimum: int = 0) -> int:
    """The number that a path or a query holds; anything else is a bad request."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS) or int(text) < minimum:
        raise bad_request(f"invalid {name}")
    return int(text)


def is_true(request: ApiRequest, name: str) -> bool:
    """Whether a query switch is on."""
    return request.query.get(name, "").lower() == "true"
