"""Generation of one route: decorator, signature, docstring, and a single gateway call."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routers_generator.document.operations import Operation, Parameter, resolve
from routers_generator.generate.body_models import MAX_DESCRIPTION, BodyModels, describe_value
from routers_generator.generate.docstrings import (
    escape,
    first_sentences,
    headline,
    split_sentences,
    strip_markup,
    wrap_paragraph,
)
from routers_generator.generate.path_template import PathParameter, make_template
from routers_generator.generate.python_names import argument_name, make_unique, route_parameter_name
from routers_generator.generate.source_layout import BracketedList, Piece, StringLiteral, layout_lines, quote
from routers_generator.known_operations import KnownOperation

# Arguments of the gateway client's methods, so query parameters cannot have these names.
_CLIENT_ARGUMENTS: Final = frozenset({"self", "template", "body", "reads", "redact", "only", "unless"})
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT"})
_MAX_HEADLINE: Final = 100
_MAX_DOCSTRING: Final = 700
_MAX_TITLE: Final = 60


class UnroutableError(Exception):
    """The gateway client cannot send the operation; `str()` is a sentence that says why."""


@dataclass(frozen=True)
class _Argument:
    """A parameter of the route's function."""

    piece: Piece
    optional: bool


@dataclass(frozen=True)
class RouteSource:
    """The source of a route and its effect marks."""

    path: str
    lines: tuple[str, ...]
    marks: tuple[str, ...]


def render_route(
    document: Mapping[str, Any],
    operation: Operation,
    name: str,
    known: KnownOperation | None,
    models: BodyModels,
) -> RouteSource:
    """Generate the route of `operation`; the models it needs are added to `models`.

    Raises UnroutableError if the gateway client cannot send the operation.
    """
    if operation.method not in _METHODS:
        raise UnroutableError(f"The gateway client does not send {operation.method} requests.")
    integers = frozenset(
        each.name for each in operation.parameters if each.location == "path" and _is_integer(each)
    )
    path = make_template(operation.path, integers, known.template if known else None)
    if path is None:
        raise UnroutableError("Its path contains characters that the gateway client does not support.")
    taken = [value.name for value in path.parameters]
    arguments = [_path_argument(operation, value) for value in path.parameters]
    sent: list[Piece] = list(taken)

    query, extra = [], []
    for parameter in (each for each in operation.parameters if each.location == "query"):
        if parameter.name in _CLIENT_ARGUMENTS:
            if parameter.required:
                raise UnroutableError(
                    f"Its required parameter `{parameter.name}` has a name that the gateway client reserves."
                )
            continue
        published_name = make_unique(argument_name(parameter.name), taken)
        taken.append(published_name)
        argument, named = _query_argument(document, parameter, published_name, models)
        arguments.append(argument)
        if (
            parameter.name.isascii()
            and parameter.name.isidentifier()
            and not keyword.iskeyword(parameter.name)
            and parameter.name != "__debug__"  # not a keyword, but not assignable either
        ):
            query.append(f"{parameter.name}={named}")
        else:
            extra.append(f"{quote(parameter.name)}: {named}")

    reads = bool(known and "READS" in known.marks)
    if operation.body is not None:
        argument, body = _body_argument(operation, name, models, taken)
        arguments.append(argument)
        sent.append(f"body={body}")
    if reads and operation.method == "POST":
        sent.append("reads=True")
    sent += query
    if extra:
        # For a type checker, a dict[str, str] could also contain the client's own arguments.
        sent.append(BracketedList("**dict[str, Any](", (BracketedList("{", tuple(extra), "}"),), ")"))
    marks = known.marks if known else _default_marks(operation.method)
    return RouteSource(
        path.route_path,
        (
            *_decorator(operation, path.route_path, marks),
            *_signature(name, arguments),
            *_docstring(document, operation),
            *layout_lines(
                BracketedList(
                    f"return await gateway.{operation.method.lower()}(",
                    (quote(path.client_template), *sent),
                    ")",
                ),
                4,
            ),
        ),
        marks,
    )


def _default_marks(method: str) -> tuple[str, ...]:
    """The marks of an operation that nobody has reviewed: unless it is a GET, it may trade."""
    if method == "GET":
        return ()
    return ("DESTROYS" if method == "DELETE" else "CHANGES", "TRADES")


def _decorator(operation: Operation, route: str, marks: tuple[str, ...]) -> list[str]:
    items: list[Piece] = [quote(route)]
    if marks:
        items.append(f"openapi_extra={' | '.join(marks)}")
    return layout_lines(BracketedList(f"@router.{operation.method.lower()}(", tuple(items), ")"))


def _signature(name: str, arguments: list[_Argument]) -> list[str]:
    needed = [each.piece for each in arguments if not each.optional]
    optional = [each.piece for each in arguments if each.optional]
    items = ("gateway: Gateway", *needed, *optional)
    return layout_lines(BracketedList(f"async def {name}(", items, ") -> Json:"))


def _path_argument(operation: Operation, path_parameter: PathParameter) -> _Argument:
    if path_parameter.annotation:
        return _Argument(f"{path_parameter.name}: {path_parameter.annotation}", optional=False)
    parameter = next(
        (
            each
            for each in operation.parameters
            if each.location == "path" and each.name == path_parameter.document_name
        ),
        None,
    )
    description = first_sentences(parameter.description if parameter else "", MAX_DESCRIPTION)
    description = description or f"IBKR's `{strip_markup(path_parameter.document_name)[:60]}`."
    kind = {"page": "PageNumber", "number": "int"}.get(path_parameter.kind, "PlainText")
    marker = BracketedList("Path(", (StringLiteral("description=", description),), ")")
    return _Argument(BracketedList(f"{path_parameter.name}: Annotated[", (kind, marker), "]"), optional=False)


def _query_argument(
    document: Mapping[str, Any], parameter: Parameter, published_name: str, models: BodyModels
) -> tuple[_Argument, str]:
    schema = resolve(document, parameter.schema)
    if not isinstance(schema, Mapping):
        schema = {}
    about = {**schema, "description": parameter.description or schema.get("description", "")}
    text, free_form_reason = "PlainText", ""
    constraints: tuple[str, ...] = ()
    if _is_integer(parameter) and parameter.enum:
        about["description"] = (
            f"{first_sentences(about['description'], 100)} One of {_join_values(parameter)}.".strip()
        )
        text = "int"  # a string from the URL never matches a Literal of numbers
    elif parameter.type == "array":
        typed = models.python_type(schema, parameter.name)
        item = typed.text.removeprefix("list[").removesuffix("]")
        text, constraints = typed.text, typed.constraints
        if not (typed.text.startswith("list[") and models.is_single_value(item)):
            text, constraints = "list[PlainText]", ()
        if parameter.repeated:
            first = (
                first_sentences(about["description"], 100) or f"IBKR's `{strip_markup(parameter.name)[:60]}`."
            )
            about["description"] = f"{first} Sent as a comma-separated list, IBKR's usual format."
    elif parameter.type != "object":
        typed = models.python_type({"type": parameter.type, **schema}, parameter.name)
        text, constraints = typed.text, typed.constraints
        if not models.is_single_value(text):
            text, constraints = "PlainText", ()
    else:
        free_form_reason = "the document describes an object, which a URL can only hold as text"
    parameter_name = route_parameter_name(published_name)
    items: list[Piece] = [f"alias={quote(published_name)}"] if parameter_name != published_name else []
    items += [
        *constraints,
        StringLiteral("description=", describe_value(about, parameter.name, free_form_reason)),
    ]
    marker = BracketedList("Query(", tuple(items), ")")
    kind = text if parameter.required else f"{text} | None"
    piece = BracketedList(
        f"{parameter_name}: Annotated[", (kind, marker), "]" if parameter.required else "] = None"
    )
    return _Argument(piece, not parameter.required), parameter_name


def _body_argument(
    operation: Operation, name: str, models: BodyModels, taken: list[str]
) -> tuple[_Argument, str]:
    if operation.method not in _METHODS_WITH_BODY:
        raise UnroutableError(f"The gateway client does not send a body with {operation.method}.")
    if "json" not in (operation.media_type or ""):
        raise UnroutableError(f"Its body is {operation.media_type}; the gateway client sends only JSON.")
    assert operation.body is not None  # noqa: S101 - the caller has checked
    about = operation.body_description or f"Body of `{operation.method} {operation.path}`."
    name_hint = f"{name}_body"
    if "$ref" in operation.body:
        name_hint = str(operation.body["$ref"]).rpartition("/")[2]
    model = models.body_model(operation.body, name_hint, about, taken, operation.body_required)
    if model:
        return _Argument(f"wanted: {model}", optional=False), "wanted.sent()"
    typed = models.python_type(operation.body, name_hint)
    if typed.text != "Any" and not typed.text.startswith("dict["):
        raise UnroutableError("Its body is not a JSON object; the gateway client sends only JSON objects.")
    free_form_reason = typed.free_form_reason or "the document does not define its members"
    about = operation.body_description or "Body of the request."
    description = describe_value({"description": about}, "body", free_form_reason)
    marker = BracketedList("Body(", ("embed=True", StringLiteral("description=", description)), ")")
    if operation.body_required:
        return _Argument(
            BracketedList("body: Annotated[", ("dict[str, Any]", marker), "]"), optional=False
        ), "body"
    piece = BracketedList("body: Annotated[", ("dict[str, Any] | None", marker), "] = None")
    return _Argument(piece, optional=True), "body"


def _docstring(document: Mapping[str, Any], operation: Operation) -> Iterator[str]:
    sentences = split_sentences(operation.description)
    first = headline(operation.description, _MAX_HEADLINE) or headline(operation.title, _MAX_HEADLINE)
    if not first or len(escape(first)) > _MAX_HEADLINE:
        first = f"Send {operation.method} {operation.path}."
    if len(escape(first)) > _MAX_HEADLINE:
        first = f"Send {operation.method} to a path of {strip_markup(operation.section)[:40]}."
    yield f'    """{escape(first)}'
    if sentences and sentences[0].casefold() == first.casefold():
        sentences = sentences[1:]
    rest = [first_sentences(" ".join(sentences), _MAX_DOCSTRING)]
    if operation.deprecated:
        rest.append("Deprecated by IBKR.")
    unsent = [
        each.name for each in operation.parameters if each.location in ("header", "cookie") and each.required
    ]
    if unsent:
        named = ", ".join(f"`{strip_markup(each)[:40]}`" for each in unsent)
        rest.append(f"The document requires the header or cookie {named}, which is not sent.")
    if any(rest):
        yield ""
        yield from wrap_paragraph(" ".join(filter(None, rest)), 4)
    yield "    \\f"
    version = strip_markup(str(_info(document).get("version", "")))[:20] or "without version"
    title = strip_markup(operation.title)[:_MAX_TITLE].strip() or f"{operation.method} {operation.path}"
    yield from wrap_paragraph(f"Source: IBKR's OpenAPI document {version}, '{title}'; generated.", 4)
    yield '    """'


def _info(document: Mapping[str, Any]) -> Mapping[str, Any]:
    info = document.get("info")
    return info if isinstance(info, Mapping) else {}


def _is_integer(parameter: Parameter) -> bool:
    return parameter.type == "integer"


def _join_values(parameter: Parameter) -> str:
    return ", ".join(strip_markup(str(each)) for each in parameter.enum)[:100]
