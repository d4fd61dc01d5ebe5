"""Example arguments of a route, and the request that the route makes of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, get_type_hints

import orjson
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from api_gateway.client.request import build_request
from mcp_server.rest.route_call import single_call
from mcp_server.tools.operation_schemas import build_schemas
from tests.mcp_server.contract.wire_rows.row import Row


@dataclass
class Notebook:
    """In place of a route's gateway: notes the one call, and returns nothing."""

    values: tuple[object, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, verb: str) -> Any:
        async def note(_template: str = "", *values: object, **options: Any) -> None:
            self.values, self.options = values, options

        return note


def example_arguments(route: APIRoute, rows: Iterable[Row]) -> dict[str, Any]:
    """A value for each argument of a route's tool, from `rows` if one has a fitting argument of its name."""
    known: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.arguments.items():
            known.setdefault(name, []).append(value)
    [schema] = build_schemas([route]).values()
    parameters = schema.parameters
    definitions = parameters.get("$defs", {})
    return {
        name: next((value for value in known.get(name, []) if _fits(value, each)), None)
        or _value(each, definitions)
        for name, each in parameters["properties"].items()
    }


def example_request(route: APIRoute, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """What a route sends: method and path, and the body; raises ValueError if it rejects the arguments."""
    notebook = Notebook()
    function = inspect.unwrap(route.endpoint)
    hints = get_type_hints(function, include_extras=True)
    passed = {
        name: _parse(hints[name], name, arguments)
        for name in inspect.signature(function).parameters
        if name != "gateway"
    }
    with suppress(StopIteration):
        function(gateway=notebook, **passed).send(None)  # the notebook waits for nothing
    body = notebook.options.pop("body", None)
    query = {
        name: value
        for name, value in notebook.options.items()
        if name not in ("reads", "redact", "only", "unless")
    }
    method, template, _ = single_call(route)
    request = build_request(method, template, notebook.values, query, body, read_only=method == "GET")
    path = request.path.raw_path.removeprefix("/v1/api")
    return f"{method} {path}", None if body is None else orjson.loads(orjson.dumps(body))


def _parse(annotation: Any, name: str, arguments: Mapping[str, Any]) -> Any:
    plain = getattr(annotation, "__origin__", annotation)
    if inspect.isclass(plain) and issubclass(plain, BaseModel):
        return plain.model_validate(
            {each: arguments[each] for each in plain.model_fields if each in arguments}
        )
    return TypeAdapter(annotation).validate_python(arguments[name])


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    kinds = _KINDS.get(schema.get("type", ""), ())
    if type(value) not in kinds or value not in schema.get("enum", (value,)):
        return False
    return not isinstance(value, int) or schema.get("minimum", value) <= value <= schema.get("maximum", value)


_KINDS: Final[Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,)}
)


def _value(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _value(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    match schema.get("type"):
        case "object":
            return {name: _value(each, definitions) for name, each in schema.get("properties", {}).items()}
        case "array":
            return [_value(schema.get("items", {}), definitions)]
        case "integer":
            return schema.get("minimum", 1)
        case "number":
            return schema.get("minimum", 1.5)
        case "boolean":
            return True
        case _:
            return "text"
