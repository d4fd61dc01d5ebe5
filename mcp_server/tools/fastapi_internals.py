"""Direct route calls: FastAPI's own argument validation, without the HTTP request that it expects.

A tool already has its arguments parsed. Encoding them into a request for FastAPI to parse again takes a
fifteenth of a small call. The two functions used here are private to FastAPI. Only this module uses FastAPI's
private API, and its test compares the result with that of a real request.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams
from starlette.responses import Response

# What `DirectCall` handles, or what only describes a route. Anything else that a route needs (the request,
# a header, a background task) only FastAPI can supply.
_SUPPORTED: Final = frozenset(
    (
        "path_params",
        "query_params",
        "body_params",
        "dependencies",
        "call",
        "name",
        "path",
        "scope",
        "use_cache",
    )
)


@dataclass(frozen=True)
class DirectCall:
    """A route that can be called with its path values, query parameters and body."""

    _route: APIRoute
    _dependency_names: tuple[str, ...]

    async def __call__(
        self, path: Mapping[str, str], query: QueryParams, body: Any, dependency: object
    ) -> Response:
        """The route's response. Raises what the route raises, and RequestValidationError as FastAPI does."""
        dependant = self._route.dependant
        values, errors = request_params_to_args(dependant.path_params, path)
        query_values, query_errors = request_params_to_args(dependant.query_params, query)
        values |= query_values
        errors += query_errors
        if dependant.body_params:
            body_values, body_errors = await request_body_to_args(
                body_fields=dependant.body_params,
                received_body=body,
                embed_body_fields=self._route._embed_body_fields,
            )
            values |= body_values
            errors += body_errors
        if errors:
            raise RequestValidationError(errors, body=body)
        values |= dict.fromkeys(self._dependency_names, dependency)
        response: Response = await self._route.endpoint(**values)
        return response


def direct_call(route: APIRoute, dependency: Callable[..., Any]) -> DirectCall | None:
    """The route as a direct call, or None if only FastAPI can call it.

    The caller supplies only `dependency`; a route with any other dependency needs FastAPI.
    """
    dependant = route.dependant
    if (
        type(route) is not APIRoute
        or not inspect.iscoroutinefunction(route.endpoint)
        or route.dependency_overrides_provider is not None
        or not _returns_response(route)
        or any(isinstance(field.field_info, params.Form) for field in dependant.body_params)
        or any(each.call is not dependency for each in dependant.dependencies)
        or _needs_more(dependant)
    ):
        return None
    return DirectCall(route, tuple(each.name for each in dependant.dependencies if each.name is not None))


def _returns_response(route: APIRoute) -> bool:
    annotation = inspect.signature(route.endpoint, eval_str=True).return_annotation
    return route.response_model is None and isinstance(annotation, type) and issubclass(annotation, Response)


def _needs_more(dependant: Dependant) -> bool:
    return any(getattr(dependant, field.name) for field in fields(dependant) if field.name not in _SUPPORTED)
