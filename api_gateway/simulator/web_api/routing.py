"""How a section of the simulator says which requests it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api_gateway.simulator.simulation import Simulation


class RequiredSession(Enum):
    """What must be there before IBKR answers at all."""

    NONE = "nothing"
    LOGIN = "login"
    BROKERAGE = "brokerage session"


@dataclass(frozen=True)
class ApiRequest:
    """One request as a section sees it: already past login, limits and faults."""

    method: str
    path: str
    path_params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class ApiResponse:
    """An answer that is not simply JSON with status 200. `bytes` bodies go out as they are."""

    status: int
    body: Any = None
    content_type: str = "application/json"


class ApiError(Exception):
    """IBKR's way of saying no, with its status and its body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status, body)
        self.response = ApiResponse(status, body)


def bad_request(text: str) -> ApiError:
    """The refusal that most of IBKR's validation gives."""
    return ApiError(400, {"error": f"Bad Request: {text}", "statusCode": 400})


Handler = Callable[["Simulation", ApiRequest], Any]


@dataclass(frozen=True)
class Endpoint:
    """A method and a path template such as `/portfolio/{accountId}/meta`, and who answers it.

    While the brokerage session opens, what `reads` is answered with nothing, in a list if it `lists`, and
    what does not is refused.
    """

    method: str
    template: str
    requires: RequiredSession
    handler: Handler
    read_only: bool
    returns_list: bool


class Section:
    """Collects the endpoints of one section of IBKR's reference."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: list[Endpoint] = []

    def route(
        self,
        method: str,
        template: str,
        *,
        requires: RequiredSession,
        read_only: bool | None = None,
        returns_list: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register the decorated function as the answer to one method and path.

        A GET reads unless it says otherwise, and nothing else does.
        """

        def register(handler: Handler) -> Handler:
            is_read_only = method == "GET" if read_only is None else read_only
            self.endpoints.append(Endpoint(method, template, requires, handler, is_read_only, returns_list))
            return handler

        return register
