"""The operations of a repaired document that a gateway's users can call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routers_generator.document.names import Names, identifier, literal_first, operation_name, without_prefix
from routers_generator.document.sections import section_of, squeezed

_MOST_STEPS: Final = 20
METHODS: Final = ("get", "put", "post", "delete", "patch")
"""Those that an API has operations for; head, options and trace ask about a resource or the way to it."""

ELSEWHERE: Final = (
    (re.compile(r"/gw(/|$)"), "It is of IBKR's account management, which no gateway serves."),
    (
        re.compile(r"/oauth[^/]*(/|$)"),
        "It is of IBKR's authorization servers; a gateway has none.",
    ),
    (re.compile(r"/ws$"), "It opens a WebSocket, which is no request and reply."),
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of the path, the query, a header or a cookie, under IBKR's own name."""

    name: str
    where: str  # path, query, header or cookie
    type: str  # string, integer, number, boolean, array or object
    required: bool
    enum: tuple[Any, ...]
    description: str
    schema: Mapping[str, Any]
    repeated: bool = False  # the document wants each value of a list under the name again


@dataclass(frozen=True)
class Operation:
    """One operation; `path` is without /v1/api, `body` a schema whose $refs are into the document."""

    section: str
    method: str  # GET, PUT, POST, DELETE or PATCH
    path: str
    name: str  # snake_case, unique in the document, whatever its length
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    body_required: bool
    body_description: str
    media_type: str | None  # of the body
    deprecated: bool
    pointer: str  # into the repaired document


def elsewhere(path: str) -> str | None:
    """Why the gateway does not serve this path; None if it does."""
    bare = without_prefix(path)
    return next((reason for pattern, reason in ELSEWHERE if pattern.match(bare)), None)


def operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The gateway's operations, sorted by path and method so that literal paths precede templated ones.

    `document` is what `repair` made: members have the types that OpenAPI gives them.
    """
    found: dict[tuple[str, str], Operation] = {}
    taken = Names()
    for path in sorted(document["paths"], key=lambda each: literal_first(without_prefix(each))):
        if elsewhere(path):
            continue
        item = document["paths"][path]
        for method in METHODS:
            if method in item and (without_prefix(path), method) not in found:
                operation = _operation(document, path, method, item, taken)
                found[operation.path, method] = operation
    return tuple(found.values())


def resolved(document: Mapping[str, Any], value: Any) -> Any:
    """What a reference into the document refers to, however many are on the way; else the value itself."""
    seen: set[str] = set()
    while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
        reference = value["$ref"]
        if reference in seen:
            return {}
        seen.add(reference)
        value = at(document, reference)
    return value


def meant(document: Mapping[str, Any], schema: Any) -> Any:
    """What a schema refers to, or is joined from and adds no type or values to, if that is one schema."""
    told = resolved(document, schema)
    for _ in range(_MOST_STEPS):
        if not isinstance(told, Mapping) or {"type", "enum", "properties"} & told.keys():
            break
        parts = [each for name in ("allOf", "anyOf", "oneOf") for each in told.get(name, ())]
        if len(parts) != 1:
            break
        told = resolved(document, parts[0])
    return told


def at(document: Mapping[str, Any], reference: str) -> Any:
    """What stands at `#/a/b` of the document; None if nothing does."""
    value: Any = document
    for step in reference.removeprefix("#/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def _operation(
    document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any], taken: Names
) -> Operation:
    told = item[method]
    bare = without_prefix(path)
    wanted = _own_name(told, taken) or operation_name(method, bare)
    body = resolved(document, told.get("requestBody"))
    media_type, content = _content(body)
    return Operation(
        section=section_of(method.upper(), bare, told.get("tags", ())),
        method=method.upper(),
        path=bare,
        name=taken.take(wanted),
        title=told.get("summary", ""),
        description=told.get("description", ""),
        parameters=tuple(_parameters(document, item, told)),
        body=content,
        body_required=bool(body and body.get("required")),
        body_description=(body or {}).get("description", ""),
        media_type=media_type,
        deprecated=told.get("deprecated", False),
        pointer=f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}",
    )


def _own_name(told: Mapping[str, Any], taken: Names) -> str | None:
    """What the document calls it, without the tag that later versions write before that."""
    own = told.get("operationId")
    if own is None:
        return None
    group, _, rest = own.partition("_")
    short = identifier(rest)
    if "_" in short and short not in taken and squeezed(group) in map(squeezed, told.get("tags", ())):
        return short
    return identifier(own)


def _content(body: Mapping[str, Any] | None) -> tuple[str | None, Mapping[str, Any] | None]:
    """Media type and schema of a body; JSON where there is a choice."""
    kinds = (body or {}).get("content", {})
    if not kinds:
        return None, None
    chosen = next((name for name in kinds if "json" in name), next(iter(kinds)))
    return chosen, kinds[chosen].get("schema", {})


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], told: Mapping[str, Any]
) -> Iterator[Parameter]:
    """Those of the operation, and those of the whole path that it does not have itself."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in (*item.get("parameters", ()), *told.get("parameters", ())):
        parameter = resolved(document, each)
        found[parameter["in"], parameter["name"]] = parameter
    for (where, name), parameter in found.items():
        schema = meant(document, _schema(parameter))
        yield Parameter(
            name=name,
            where=where,
            type=schema.get("type", "string"),
            required=parameter.get("required", False),
            enum=tuple(schema.get("enum", ())),
            description=parameter.get("description") or schema.get("description", ""),
            schema=_schema(parameter),
            repeated=parameter.get("style", "form") != "form" or parameter.get("explode") is True,
        )


def _schema(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter's schema, which a parameter in JSON keeps inside its content."""
    content: Mapping[str, Any] = next(iter(parameter.get("content", {}).values()), {})
    found: Mapping[str, Any] = parameter.get("schema") or content.get("schema") or {"type": "string"}
    return found
