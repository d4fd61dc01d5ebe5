"""What each route can send, under IBKR's names, for comparing IBKR's document with the routes.

`python -m mcp_server.reference.known_requests` prints the file that `make known` writes.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import AliasGenerator, BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from mcp_server.models.alerts import AlertCondition
from mcp_server.models.fa_models import REQUEST_FIELDS, ModelRequest
from mcp_server.models.orders import OrderTicket
from mcp_server.rest.route_call import single_call, source_file
from mcp_server.routers import ROUTERS

Fact = dict[str, Any]

# Arguments for the gateway client itself, which it does not send.
CLIENT_ARGUMENTS: Final = frozenset({"body", "reads", "redact", "only", "unless"})


def describe_requests(routers: Iterable[APIRouter] = ROUTERS) -> list[Fact]:
    """Every route's method, template, query parameters and body fields.

    Body fields are named by their path: `orders[].conid`. Each has a `type`, may be `required`, may have an
    `enum`, is `always` sent if the route has a default, and `constant` if the route supplies it.
    """
    return [
        _describe_route(route) for router in routers for route in router.routes if isinstance(route, APIRoute)
    ]


def _describe_route(route: APIRoute) -> Fact:
    method, template, call = single_call(route)
    try:
        query, body = _describe_call(route, call)
    except ValueError as error:
        raise ValueError(f"{source_file(route)}, {route.name}: {error}") from error
    return {
        "method": method,
        "template": template,
        "name": route.name,
        "query": dict(sorted(query.items())),
        "body": None if body is None else dict(sorted(body.items())),
    }


def _describe_call(route: APIRoute, call: ast.Call) -> tuple[dict[str, Fact], dict[str, Fact] | None]:
    function = inspect.unwrap(route.endpoint)
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    arguments = {
        name: (hints[name], _presence(parameter.default is inspect.Parameter.empty, parameter.default))
        for name, parameter in signature.parameters.items()
    }
    query: dict[str, Fact] = {}
    body: dict[str, Fact] | None = None
    for keyword in call.keywords:
        if keyword.arg is None:
            query |= {
                name: _as_query_value(fact) for name, fact in _query_fields(keyword.value, arguments).items()
            }
        elif keyword.arg == "body":
            body = dict(_flatten_fields("", _body_fields(keyword.value, arguments, function.__globals__)))
        elif keyword.arg not in CLIENT_ARGUMENTS:
            query[keyword.arg] = _as_query_value(_describe_value(keyword.value, arguments))
    return query, body


def _query_fields(value: ast.expr, arguments: Mapping[str, tuple[Any, Fact]]) -> dict[str, Fact]:
    """The fields of a model that is sent as the query: `**query.sent()`."""
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            found = _describe_type(arguments[name][0])
            return dict(found["properties"])
    raise ValueError(f"`**{ast.unparse(value)}` is not a model's arguments. Example: **query.sent()")


def _body_fields(
    value: ast.expr, arguments: Mapping[str, tuple[Any, Fact]], module_globals: Mapping[str, Any]
) -> Fact:
    match value:
        case ast.Dict(keys=keys, values=values):
            named = zip(keys, values, strict=True)
            properties = {
                str(key.value): _describe_value(each, arguments)
                for key, each in named
                if isinstance(key, ast.Constant)
            }
            return {"type": "object", "properties": properties}
        case ast.Name(id=name) if name in module_globals:
            return {"type": "object", "properties": _describe_constants(module_globals[name])}
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return _describe_type(arguments[name][0])
    raise ValueError(f"`body={ast.unparse(value)}` cannot be described. Example: body=request.sent()")


def _describe_value(value: ast.expr, arguments: Mapping[str, tuple[Any, Fact]]) -> Fact:
    """What one expression sends: a constant, an argument, or a value computed from an argument."""
    if isinstance(value, ast.Constant):
        return _describe_constant(value.value)
    names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in arguments]
    if not names:
        raise ValueError(f"`{ast.unparse(value)}` uses no argument of the route. Example: exchange=exchange")
    annotation, need = arguments[names[0]]
    fact = _describe_type(annotation)
    match value:
        case ast.Call(func=ast.Name(id="int")):
            fact = {"type": "integer", "enum": [0, 1]}
        case ast.IfExp() | ast.Call():
            fact = {"type": "string", "list_of": fact.get("items", {}).get("enum")}
    if isinstance(value, ast.BoolOp):
        need = {"required": False, "always": True}
    return {**fact, **need}


def _presence(required: bool, default: Any) -> Fact:
    """Whether the caller must pass it, and whether it is sent even if omitted."""
    return {"required": required} | ({"always": True} if not required and default is not None else {})


def _describe_constants(values: Mapping[str, Any]) -> dict[str, Fact]:
    return {name: _describe_constant(value) for name, value in values.items()}


def _describe_constant(value: Any) -> Fact:
    return {"type": _JSON_TYPES[type(value)], "constant": True, "required": True}


_JSON_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}

# Fields that models add when they are sent.
_ADDED_FIELDS: Final[Mapping[type[BaseModel], dict[str, Fact]]] = types.MappingProxyType(
    {
        ModelRequest: _describe_constants(REQUEST_FIELDS),
        AlertCondition: _describe_constants({"triggerMethod": "0"}),
    }
)


def _describe_type(annotation: Any) -> Fact:
    """The type that is sent for a value of this annotation."""
    plain, metadata = annotation, tuple[Any, ...]()
    if get_origin(annotation) is Annotated:
        plain, *others = get_args(annotation)
        metadata = tuple(others)
    if inspect.isclass(plain) and issubclass(plain, BaseModel):
        return _describe_model(plain)
    origin, inner = get_origin(plain), get_args(plain)
    if origin in (Union, types.UnionType):
        some = [each for each in inner if each is not type(None)]
        if len(some) > 1:
            return _describe_leaf(annotation)
        return _describe_type(Annotated[some[0], *metadata] if metadata else some[0])
    if origin in (list, tuple, set, frozenset):
        leaf = _describe_leaf(annotation)
        if leaf["type"] != "array":  # a serializer changes its type
            return leaf
        return {"type": "array", "items": _describe_type(inner[0])}
    return _describe_leaf(annotation)


def _describe_model(model: type[BaseModel]) -> Fact:
    properties: dict[str, Fact] = {}
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        properties[_serialized_name(model, name, field)] = {
            **_describe_type(_annotation_with_metadata(field)),
            **_presence(field.is_required(), field.default),
        }
    for owner, added in _ADDED_FIELDS.items():
        if issubclass(model, owner):
            properties |= added
    if issubclass(model, OrderTicket):
        profile = {
            "alloc_type": properties.pop("allocType"),
            "allocations": properties.pop("allocations"),
        }
        inner = {"allocation_profile": {"type": "object", "properties": profile, "required": False}}
        properties["jsonPayload"] = {"type": "object", "properties": inner, "required": False}
    return {"type": "object", "properties": properties}


def _serialized_name(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    if field.serialization_alias:
        return field.serialization_alias
    generator = model.model_config.get("alias_generator")
    if isinstance(generator, AliasGenerator) and generator.serialization_alias:
        return str(generator.serialization_alias(name))
    return name


def _annotation_with_metadata(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _describe_leaf(annotation: Any) -> Fact:
    schema = TypeAdapter(annotation).json_schema(mode="serialization")
    some = [each for each in schema.get("anyOf", []) if each.get("type") != "null"]
    if len(some) == 1:
        schema = {**some[0], "$defs": schema.get("$defs", {})}
    elif some:
        kinds = {each.get("type", "object") for each in some}
        return {"type": kinds.pop() if len(kinds) == 1 else "any"}
    if "$ref" in schema:
        schema = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    fact: Fact = {"type": schema.get("type", "any")}
    if fact["type"] == "integer" and bool in (annotation, *get_args(annotation)):
        fact["enum"] = [0, 1]  # a boolean that is sent as a number
    if "const" in schema:
        schema["enum"] = [schema["const"]]
    if "enum" in schema:
        fact["enum"] = schema["enum"]
        fact["type"] = _JSON_TYPES[type(schema["enum"][0])]
    return fact


def _as_query_value(fact: Fact) -> Fact:
    """A list in a query is sent as one string."""
    if fact["type"] != "array":
        return fact
    sent: Fact = {"type": "string", "list_of": fact["items"].get("enum")}
    return sent | {name: fact[name] for name in ("required", "always") if name in fact}


def _flatten_fields(path: str, fact: Fact) -> Iterator[tuple[str, Fact]]:
    """Every field of an object, and of the objects and lists in it, by path."""
    for name, each in fact.get("properties", {}).items():
        here = f"{path}{name}"
        yield here, {key: what for key, what in each.items() if key not in ("properties", "items")}
        inner, suffix = each, "."
        while inner["type"] == "array" and "items" in inner:
            inner, suffix = inner["items"], f"[]{suffix}"
        if inner is not each and inner["type"] != "object":
            yield f"{here}{suffix[:-1]}", {key: what for key, what in inner.items() if key != "properties"}
        yield from _flatten_fields(f"{here}{suffix}", inner)


def to_json_text(routers: Iterable[APIRouter] = ROUTERS) -> str:
    """The facts as a JSON file, one route per line."""
    rows = (json.dumps(each, ensure_ascii=False, sort_keys=True) for each in describe_requests(routers))
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(to_json_text())
