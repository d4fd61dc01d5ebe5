"""The operations of a repaired document that the gateway serves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routers_generator.document.names import (
    UniqueNames,
    literal_first_key,
    operation_name,
    strip_prefix,
    to_identifier,
)
from routers_generator.document.sections import normalize_tag, section_of

_MAX_STEPS: Final = 20
METHODS: Final = ("get", "put", "post", "delete", "patch")
"""Methods of operations; head, options and trace only describe a resource or the route to it."""

UNSERVED_PATHS: Final = (
    (re.compile(r"/gw(/|$)"), "The gateway does not serve IBKR's account management."),
    (
        re.compile(r"/oauth[^/]*(/|$)"),
        "The gateway does not serve IBKR's authorization endpoints.",
    ),
    (re.compile(r"/ws$"), "It opens a WebSocket, which has no request and response."),
)


@dataclass(frozen=True)
class Parameter:
    """A path, query, header or cookie parameter under IBKR's name."""

    name: str
    location: str  # path, query, header or cookie
    type: str  # string, integer, number, boolean, array or object
    required: bool
    enum: tuple[Any, ...]
    description: str
    schema: Mapping[str, Any]
    repeated: bool = False  # the document repeats the name for each value of a list


@dataclass(frozen=True)
class Operation:
    """An operation; `path` has no /v1/api prefix, `body` is a schema whose $refs point into the document."""

    section: str
    method: str  # GET, PUT, POST, DELETE or PATCH
    path: str
    name: str  # snake_case, unique in the document, of any length
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    body_required: bool
    body_description: str
    media_type: str | None  # of the body
    deprecated: bool
    pointer: str  # into the repaired document


def unserved_reason(path: str) -> str | None:
    """Return why the gateway does not serve this path, or None if it does."""
    bare = strip_prefix(path)
    return next((reason for pattern, reason in UNSERVED_PATHS if pattern.match(bare)), None)


def operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """List the gateway's operations, sorted by path and method, literal paths before templates.

    `document` must be repaired: every member has the type that OpenAPI defines.
    """
    found: dict[tuple[str, str], Operation] = {}
    taken = UniqueNames()
    for path in sorted(document["paths"], key=lambda each: literal_first_key(strip_prefix(each))):
        if unserved_reason(path):
            continue
        item = document["paths"][path]
        for method in METHODS:
            if method in item and (strip_prefix(path), method) not in found:
                operation = _operation(document, path, method, item, taken)
                found[operation.path, method] = operation
    return tuple(found.values())


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """Follow a chain of references to its target; a value that is no reference is returned as is."""
    seen: set[str] = set()
    while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
        reference = value["$ref"]
        if reference in seen:
            return {}
        seen.add(reference)
        value = value_at(document, reference)
    return value


def unwrap_schema(document: Mapping[str, Any], schema: Any) -> Any:
    """Resolve a schema, and unwrap allOf, anyOf and oneOf that only wrap one other schema."""
    found = resolve(document, schema)
    for _ in range(_MAX_STEPS):
        if not isinstance(found, Mapping) or {"type", "enum", "properties"} & found.keys():
            break
        parts = [each for name in ("allOf", "anyOf", "oneOf") for each in found.get(name, ())]
        if len(parts) != 1:
            break
        found = resolve(document, parts[0])
    return found


def value_at(document: Mapping[str, Any], reference: str) -> Any:
    """Return the value at `#/a/b` in the document, or None."""
    value: Any = document
    for step in reference.removeprefix("#/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any], taken: UniqueNames
) -> Operation:
    definition = item[method]
    bare = strip_prefix(path)
    wanted = _name_from_operation_id(definition, taken) or operation_name(method, bare)
    body = resolve(document, definition.get("requestBody"))
    media_type, content = _content(body)
    return Operation(
        section=section_of(method.upper(), bare, definition.get("tags", ())),
        method=method.upper(),
        path=bare,
        name=taken.claim(wanted),
        title=definition.get("summary", ""),
        description=definition.get("description", ""),
        parameters=tuple(_parameters(document, item, definition)),
        body=content,
        body_required=bool(body and body.get("required")),
        body_description=(body or {}).get("description", ""),
        media_type=media_type,
        deprecated=definition.get("deprecated", False),
        pointer=f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}",
    )


def _name_from_operation_id(definition: Mapping[str, Any], taken: UniqueNames) -> str | None:
    """The name from the operationId, without the tag that later versions of the document prepend."""
    operation_id = definition.get("operationId")
    if operation_id is None:
        return None
    group, _, rest = operation_id.partition("_")
    short = to_identifier(rest)
    if (
        "_" in short
        and short not in taken
        and normalize_tag(group) in map(normalize_tag, definition.get("tags", ()))
    ):
        return short
    return to_identifier(operation_id)


def _content(body: Mapping[str, Any] | None) -> tuple[str | None, Mapping[str, Any] | None]:
    """Media type and schema of a request body; prefers JSON."""
    kinds = (body or {}).get("content", {})
    if not kinds:
        return None, None
    chosen = next((name for name in kinds if "json" in name), next(iter(kinds)))
    return chosen, kinds[chosen].get("schema", {})


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], definition: Mapping[str, Any]
) -> Iterator[Parameter]:
    """The operation's parameters, and those of its path item that it does not override."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in (*item.get("parameters", ()), *definition.get("parameters", ())):
        parameter = resolve(document, each)
        found[parameter["in"], parameter["name"]] = parameter
    for (location, name), parameter in found.items():
        schema = unwrap_schema(document, _parameter_schema(parameter))
        yield Parameter(
            name=name,
            location=location,
            type=schema.get("type", "string"),
            required=parameter.get("required", False),
            enum=tuple(schema.get("enum", ())),
            description=parameter.get("description") or schema.get("description", ""),
            schema=_parameter_schema(parameter),
            repeated=parameter.get("style", "form") != "form" or parameter.get("explode") is True,
        )


def _parameter_schema(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter's schema, which may be inside its content."""
    content: Mapping[str, Any] = next(iter(parameter.get("content", {}).values()), {})
    found: Mapping[str, Any] = parameter.get("schema") or content.get("schema") or {"type": "string"}
    return found
