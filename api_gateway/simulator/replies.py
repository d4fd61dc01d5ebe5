"""Replies of the simulated Web API: a body with a status, and the error responses that IBKR gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ApiResponse:
    """A response that is not simply JSON with status 200. A `bytes` body is sent unchanged."""

    status: int
    body: Any = None
    content_type: str = "application/json"


class ApiError(Exception):
    """An error response of IBKR, with its status and its body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.response = ApiResponse(status, body)


def bad_request(text: str) -> ApiError:
    """The error response that most of IBKR's validation gives."""
    return ApiError(400, {"error": f"Bad Request: {text}", "statusCode": 400})
