"""What each route can send, under IBKR's names: the facts by which the document is compared with the routes.

`python -m mcp_server.reference.known_requests > routers_generator/known_requests.json` writes them anew.
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
from mcp_server.models.fa_models import REQUEST, ModelRequest
from mcp_server.models.orders import OrderTicket
from mcp_server.reference.endpoints_md import the_call
from mcp_server.routers import ROUTERS

Fact = dict[str, Any]

# Arguments of the gateway client's own, which it does not send.
UNSENT: Final = frozenset({"body", "reads", "redact", "only"})


def told(routers: Iterable[APIRouter] = ROUTERS) -> list[Fact]:
    """For every route its method, template, parameters of the query, and members of the body.

    A body's members are named by their way: `orders[].conid`. Each has a `type`, may be `required`,
    may have an `enum`, is `always` there if the route has a default, and `constant` if the route supplies it.
    """
    return [_told(route) for router in routers for route in router.routes if isinstance(route, APIRoute)]


def _told(route: APIRoute) -> Fact:
    method, template, call = the_call(route)
    function = inspect.unwrap(route.endpoint)
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    arguments = {
        name: (hints[name], _need(parameter.default is inspect.Parameter.empty, parameter.default))
        for name, parameter in signature.parameters.items()
    }
    query: dict[str, Fact] = {}
    body: dict[str, Fact] | None = None
    for keyword in call.keywords:
        if keyword.arg is None:
            query |= {name: _in_query(fact) for name, fact in _spread(keyword.value, arguments).items()}
        elif keyword.arg == "body":
            body = dict(_members("", _body(keyword.value, arguments, function.__globals__)))
        elif keyword.arg not in UNSENT:
            query[keyword.arg] = _in_query(_of(keyword.value, arguments))
    return {
        "method": method,
        "template": template,
        "name": route.name,
        "query": dict(sorted(query.items())),
        "body": None if body is None else dict(sorted(body.items())),
    }


def _spread(value: ast.expr, arguments: Mapping[str, tuple[Any, Fact]]) -> dict[str, Fact]:
    """The members of a model that is sent as the query: `**wanted.sent()`."""
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            found = _of_type(arguments[name][0])
            return dict(found["properties"])
    raise ValueError(f"{ast.unparse(value)} is no model's")


def _body(value: ast.expr, arguments: Mapping[str, tuple[Any, Fact]], known: Mapping[str, Any]) -> Fact:
    match value:
        case ast.Dict(keys=keys, values=values):
            named = zip(keys, values, strict=True)
            properties = {
                str(key.value): _of(each, arguments) for key, each in named if isinstance(key, ast.Constant)
            }
            return {"type": "object", "properties": properties}
        case ast.Name(id=name) if name in known:
            return {"type": "object", "properties": _constants(known[name])}
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return _of_type(arguments[name][0])
    raise ValueError(f"{ast.unparse(value)} is no body that can be told")


def _of(value: ast.expr, arguments: Mapping[str, tuple[Any, Fact]]) -> Fact:
    """What one expression sends: a constant, an argument, or something made of an argument."""
    if isinstance(value, ast.Constant):
        return _constant(value.value)
    names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in arguments]
    if not names:
        raise ValueError(f"{ast.unparse(value)} is of no argument")
    annotation, need = arguments[names[0]]
    fact = _of_type(annotation)
    match value:
        case ast.Call(func=ast.Name(id="int")):
            fact = {"type": "integer", "enum": [0, 1]}
        case ast.IfExp() | ast.Call():
            fact = {"type": "string", "list_of": fact.get("items", {}).get("enum")}
    if isinstance(value, ast.BoolOp):
        need = {"required": False, "always": True}
    return {**fact, **need}


def _need(required: bool, default: Any) -> Fact:
    """Whether the caller has to give it, and whether it is sent even if not."""
    return {"required": required} | ({"always": True} if not required and default is not None else {})


def _constants(values: Mapping[str, Any]) -> dict[str, Fact]:
    return {name: _constant(value) for name, value in values.items()}


def _constant(value: Any) -> Fact:
    return {"type": _TYPES[type(value)], "constant": True, "required": True}


_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}

# What models add to their members when they are sent.
_ADDED: Final[Mapping[type[BaseModel], dict[str, Fact]]] = types.MappingProxyType(
    {ModelRequest: _constants(REQUEST), AlertCondition: _constants({"triggerMethod": "0"})}
)


def _of_type(annotation: Any) -> Fact:
    """The type that is sent for a value of this annotation."""
    plain, metadata = annotation, tuple[Any, ...]()
    if get_origin(annotation) is Annotated:
        plain, *others = get_args(annotation)
        metadata = tuple(others)
    if inspect.isclass(plain) and issubclass(plain, BaseModel):
        return _of_model(plain)
    origin, inner = get_origin(plain), get_args(plain)
    if origin in (Union, types.UnionType):
        some = [each for each in inner if each is not type(None)]
        if len(some) > 1:
            return _leaf(annotation)
        return _of_type(Annotated[some[0], *metadata] if metadata else some[0])
    if origin in (list, tuple, set, frozenset):
        leaf = _leaf(annotation)
        if leaf["type"] != "array":  # a serializer makes something else of it
            return leaf
        return {"type": "array", "items": _of_type(inner[0])}
    return _leaf(annotation)


def _of_model(model: type[BaseModel]) -> Fact:
    properties: dict[str, Fact] = {}
    for name, field in model.model_fields.items():
        properties[_sent_as(model, name, field)] = {
            **_of_type(_annotation(field)),
            **_need(field.is_required(), field.default),
        }
    for owner, added in _ADDED.items():
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


def _sent_as(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    if field.serialization_alias:
        return field.serialization_alias
    generator = model.model_config.get("alias_generator")
    if isinstance(generator, AliasGenerator) and generator.serialization_alias:
        return str(generator.serialization_alias(name))
    return name


def _annotation(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _leaf(annotation: Any) -> Fact:
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
        fact["enum"] = [0, 1]  # a truth that is sent as a number
    if "const" in schema:
        schema["enum"] = [schema["const"]]
    if "enum" in schema:
        fact["enum"] = schema["enum"]
        fact["type"] = _TYPES[type(schema["enum"][0])]
    return fact


def _in_query(fact: Fact) -> Fact:
    """A list in a query is sent as one text."""
    if fact["type"] != "array":
        return fact
    sent: Fact = {"type": "string", "list_of": fact["items"].get("enum")}
    return sent | {name: fact[name] for name in ("required", "always") if name in fact}


def _members(way: str, fact: Fact) -> Iterator[tuple[str, Fact]]:
    """Every member of an object, and those of objects and lists in it, by their way."""
    for name, each in fact.get("properties", {}).items():
        here = f"{way}{name}"
        yield here, {key: what for key, what in each.items() if key not in ("properties", "items")}
        inner, suffix = each, "."
        while inner["type"] == "array" and "items" in inner:
            inner, suffix = inner["items"], f"[]{suffix}"
        if inner is not each and inner["type"] != "object":
            yield f"{here}{suffix[:-1]}", {key: what for key, what in inner.items() if key != "properties"}
        yield from _members(f"{here}{suffix}", inner)


def text(routers: Iterable[APIRouter] = ROUTERS) -> str:
    """The facts as a JSON file, one route a line."""
    rows = (json.dumps(each, ensure_ascii=False, sort_keys=True) for each in told(routers))
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(text())
