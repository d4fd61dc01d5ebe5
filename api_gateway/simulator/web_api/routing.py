"""Routing: how a section registers the requests that it handles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from api_gateway.simulator.simulation import Simulation


class RequiredSession(Enum):
    """The session that an endpoint needs before it can respond."""

    NONE = "nothing"
    LOGIN = "login"
    BROKERAGE = "brokerage session"


@dataclass(frozen=True)
class ApiRequest:
    """One request as a section sees it: already past login, limits and faults.

    `carries_login` is False for a request that lacks the login's cookies where they are required.
    """

    method: str
    path: str
    path_params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    carries_login: bool = True


Handler = Callable[[Simulation, ApiRequest], Any]


@dataclass(frozen=True)
class Endpoint:
    """A method, a path template such as `/portfolio/{accountId}/meta`, and the handler.

    While the brokerage session is opening, a `read_only` endpoint returns nothing (an empty list with
    `returns_list`), and any other is rejected.
    """

    method: str
    template: str
    requires: RequiredSession
    handler: Handler
    read_only: bool
    returns_list: bool


class Section:
    """The endpoints of one section of IBKR's reference."""

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
        """Register the decorated function as the handler for a method and path template.

        `read_only` defaults to True for GET and False for the rest.
        """

        def register(handler: Handler) -> Handler:
            is_read_only = method == "GET" if read_only is None else read_only
            self.endpoints.append(Endpoint(method, template, requires, handler, is_read_only, returns_list))
            return handler

        return register
