"""Guards: request checks that several sections share, and the errors they raise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api_gateway.simulator.replies import ApiError, bad_request
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.routing import ApiRequest

MAX_DIGITS = 18


def unauthorized() -> ApiError:
    """Return the 401 without a body that means "not one of this login's accounts", not "login expired"."""
    return ApiError(401, b"")


def unavailable() -> ApiError:
    """Return the 503 for what this account or session does not have, or not yet."""
    return ApiError(503, {"error": "Service Unavailable", "statusCode": 503})


def server_error(text: str) -> ApiError:
    """Return the 500 with an error text that IBKR's back end gives for what it cannot do."""
    return ApiError(500, {"error": text, "statusCode": 500})


def has_login(simulation: Simulation, request: ApiRequest) -> bool:
    """Return whether the user is logged in and the request belongs to that login."""
    return request.carries_login and simulation.session.state is not LoginState.NO_LOGIN


def require_accounts_call(simulation: Simulation) -> None:
    """Reject the request unless `GET /iserver/accounts` was called before in this session."""
    if not simulation.preflights.accounts_called:
        raise ApiError(400, {"error": "Please query /accounts first", "statusCode": 400})


def parse_whole_number(text: str, name: str, minimum: int = 0) -> int:
    """Return the number in a path or query parameter; anything else is a bad request."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS) or int(text) < minimum:
        raise bad_request(f"invalid {name}")
    return int(text)


def required_object(request: ApiRequest) -> dict[str, Any]:
    """Return the body, which must be a JSON object; anything else is a bad request."""
    if not isinstance(request.body, dict):
        raise bad_request("a JSON object is required")
    return request.body


def required_text(body: Mapping[str, Any], name: str) -> str:
    """Return a text field of a body; an empty or missing one is a bad request."""
    text = body.get(name)
    if not isinstance(text, str) or not text:
        raise bad_request(f"{name} is required")
    return text


def split_csv(text: str) -> list[str]:
    """Return the non-empty parts of a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def is_true(request: ApiRequest, name: str) -> bool:
    """Return whether a query flag is true."""
    return request.query.get(name, "").lower() == "true"
