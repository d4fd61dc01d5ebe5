"""One operation as the text of a route: decorator, signature, docstring, and one call to the gateway."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routers_generator.document.operations import Operation, Parameter, resolved
from routers_generator.generate.body_models import LONGEST_DESCRIPTION, BodyModels, described
from routers_generator.generate.docstrings import escaped, headline, paragraph, plain, sentences, short
from routers_generator.generate.path_template import PathValue, template
from routers_generator.generate.python_names import argument_name, in_a_route, unused
from routers_generator.generate.source_layout import Bracketed, Piece, Words, laid_out, quoted
from routers_generator.known_operations import Known

# The gateway client's own arguments, which no query parameter of a name like these can get past.
_TAKEN: Final = frozenset({"self", "template", "body", "reads", "redact", "only"})
_VERBS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
_BODIES: Final = frozenset({"POST", "PUT"})
_LONGEST_HEADLINE: Final = 100
_LONGEST_DOCSTRING: Final = 700
_LONGEST_TITLE: Final = 60


class NotARouteError(Exception):
    """The operation cannot be sent by the gateway client; `str()` is a sentence that says why."""


@dataclass(frozen=True)
class _Argument:
    """One parameter of the function."""

    piece: Piece
    optional: bool


@dataclass(frozen=True)
class RouteText:
    """A route and what it is marked with."""

    path: str
    lines: tuple[str, ...]
    marks: tuple[str, ...]


def route_text(
    document: Mapping[str, Any], operation: Operation, name: str, known: Known | None, models: BodyModels
) -> RouteText:
    """The route of `operation`, with the models that it needs added to `models`.

    Raises NotARouteError for what the gateway client does not send.
    """
    if operation.method not in _VERBS:
        raise NotARouteError(f"The gateway client sends no {operation.method}.")
    numbers = frozenset(each.name for each in operation.parameters if each.where == "path" and _number(each))
    path = template(operation.path, numbers, known.template if known else None)
    if path is None:
        raise NotARouteError("Its path has signs that the gateway client takes in none.")
    taken = [value.name for value in path.values]
    arguments = [_in_the_path(operation, value) for value in path.values]
    sent: list[Piece] = list(taken)

    query, extra = [], []
    for parameter in (each for each in operation.parameters if each.where == "query"):
        if parameter.name in _TAKEN:
            if parameter.required:
                raise NotARouteError(f"It needs a parameter `{parameter.name}`, a name the client keeps.")
            continue
        told = unused(argument_name(parameter.name), taken)
        taken.append(told)
        argument, named = _in_the_query(document, parameter, told, models)
        arguments.append(argument)
        if (
            parameter.name.isascii()
            and parameter.name.isidentifier()
            and not keyword.iskeyword(parameter.name)
            and parameter.name != "__debug__"  # the one name that is no keyword and cannot be given
        ):
            query.append(f"{parameter.name}={named}")
        else:
            extra.append(f"{quoted(parameter.name)}: {named}")

    reads = bool(known and "READS" in known.marks)
    if operation.body is not None:
        argument, body = _body(operation, name, models, taken)
        arguments.append(argument)
        sent.append(f"body={body}")
    if reads and operation.method == "POST":
        sent.append("reads=True")
    sent += query
    if extra:
        # A plain dict of texts could be meant for the client's own arguments, as a type checker sees it.
        sent.append(Bracketed("**dict[str, Any](", (Bracketed("{", tuple(extra), "}"),), ")"))
    marks = known.marks if known else _cautious(operation.method)
    return RouteText(
        path.route,
        (
            *_decorator(operation, path.route, marks),
            *_signature(name, arguments),
            *_docstring(document, operation),
            *laid_out(
                Bracketed(
                    f"return await gateway.{operation.method.lower()}(", (quoted(path.sent), *sent), ")"
                ),
                4,
            ),
        ),
        marks,
    )


def _cautious(method: str) -> tuple[str, ...]:
    """What is said of an operation that nobody has looked at: it may trade, unless it is a GET."""
    if method == "GET":
        return ()
    return ("DESTROYS" if method == "DELETE" else "CHANGES", "TRADES")


def _decorator(operation: Operation, route: str, marks: tuple[str, ...]) -> list[str]:
    items: list[Piece] = [quoted(route)]
    if marks:
        items.append(f"openapi_extra={' | '.join(marks)}")
    return laid_out(Bracketed(f"@router.{operation.method.lower()}(", tuple(items), ")"))


def _signature(name: str, arguments: list[_Argument]) -> list[str]:
    needed = [each.piece for each in arguments if not each.optional]
    optional = [each.piece for each in arguments if each.optional]
    items = ("gateway: Gateway", *needed, *optional)
    return laid_out(Bracketed(f"async def {name}(", items, ") -> Json:"))


def _in_the_path(operation: Operation, value: PathValue) -> _Argument:
    if value.ready:
        return _Argument(f"{value.name}: {value.ready}", optional=False)
    parameter = next(
        (each for each in operation.parameters if each.where == "path" and each.name == value.theirs), None
    )
    told = short(parameter.description if parameter else "", LONGEST_DESCRIPTION)
    told = told or f"IBKR's `{plain(value.theirs)[:60]}`."
    kind = {"page": "PageNumber", "number": "int"}.get(value.kind, "PlainText")
    where = Bracketed("Path(", (Words("description=", told),), ")")
    return _Argument(Bracketed(f"{value.name}: Annotated[", (kind, where), "]"), optional=False)


def _in_the_query(
    document: Mapping[str, Any], parameter: Parameter, told: str, models: BodyModels
) -> tuple[_Argument, str]:
    schema = resolved(document, parameter.schema)
    if not isinstance(schema, Mapping):
        schema = {}
    about = {**schema, "description": parameter.description or schema.get("description", "")}
    text, free = "PlainText", ""
    limits: tuple[str, ...] = ()
    if _number(parameter) and parameter.enum:
        about["description"] = f"{short(about['description'], 100)} One of {_values(parameter)}.".strip()
        text = "int"  # a text in an address is no member of a Literal of numbers
    elif parameter.type == "array":
        typed = models.typed(schema, parameter.name)
        item = typed.text.removeprefix("list[").removesuffix("]")
        text, limits = typed.text, typed.limits
        if not (typed.text.startswith("list[") and models.one_value(item)):
            text, limits = "list[PlainText]", ()
        if parameter.repeated:
            first = short(about["description"], 100) or f"IBKR's `{plain(parameter.name)[:60]}`."
            about["description"] = f"{first} Sent with commas between the values, as IBKR's lists are."
    elif parameter.type != "object":
        typed = models.typed({"type": parameter.type, **schema}, parameter.name)
        text, limits = typed.text, typed.limits
        if not models.one_value(text):
            text, limits = "PlainText", ()
    else:
        free = "the document has an object here, of which an address holds the text"
    named = in_a_route(told)
    items: list[Piece] = [f"alias={quoted(told)}"] if named != told else []
    items += [*limits, Words("description=", described(about, parameter.name, free))]
    where = Bracketed("Query(", tuple(items), ")")
    kind = text if parameter.required else f"{text} | None"
    piece = Bracketed(f"{named}: Annotated[", (kind, where), "]" if parameter.required else "] = None")
    return _Argument(piece, not parameter.required), named


def _body(operation: Operation, name: str, models: BodyModels, taken: list[str]) -> tuple[_Argument, str]:
    if operation.method not in _BODIES:
        raise NotARouteError(
            f"It is a {operation.method} with a body, which the gateway client does not send."
        )
    if "json" not in (operation.media_type or ""):
        raise NotARouteError(f"Its body is {operation.media_type}, and the gateway client sends JSON.")
    assert operation.body is not None  # noqa: S101 - the caller has looked
    about = operation.body_description or f"The body of `{operation.method} {operation.path}`."
    wanted = f"{name}_body"
    if "$ref" in operation.body:
        wanted = str(operation.body["$ref"]).rpartition("/")[2]
    model = models.model(operation.body, wanted, about, taken, operation.body_required)
    if model:
        return _Argument(f"wanted: {model}", optional=False), "wanted.sent()"
    typed = models.typed(operation.body, wanted)
    if typed.text != "Any" and not typed.text.startswith("dict["):
        raise NotARouteError("Its body is no JSON object, and the gateway client sends nothing else.")
    free = typed.free or "the document does not say what is in it"
    about = operation.body_description or "The body of the request."
    told = described({"description": about}, "body", free)
    where = Bracketed("Body(", ("embed=True", Words("description=", told)), ")")
    if operation.body_required:
        return _Argument(
            Bracketed("body: Annotated[", ("dict[str, Any]", where), "]"), optional=False
        ), "body"
    piece = Bracketed("body: Annotated[", ("dict[str, Any] | None", where), "] = None")
    return _Argument(piece, optional=True), "body"


def _docstring(document: Mapping[str, Any], operation: Operation) -> Iterator[str]:
    told = sentences(operation.description)
    first = headline(operation.description, _LONGEST_HEADLINE) or headline(operation.title, _LONGEST_HEADLINE)
    if not first or len(escaped(first)) > _LONGEST_HEADLINE:
        first = f"Send {operation.method} {operation.path}."
    if len(escaped(first)) > _LONGEST_HEADLINE:
        first = f"Send {operation.method} to a path of {plain(operation.section)[:40]}."
    yield f'    """{escaped(first)}'
    if told and told[0].casefold() == first.casefold():
        told = told[1:]
    rest = [short(" ".join(told), _LONGEST_DOCSTRING)]
    if operation.deprecated:
        rest.append("IBKR calls it deprecated.")
    lost = [
        each.name for each in operation.parameters if each.where in ("header", "cookie") and each.required
    ]
    if lost:
        named = ", ".join(f"`{plain(each)[:40]}`" for each in lost)
        rest.append(f"The document asks for {named} in the head of the request, which is not sent.")
    if any(rest):
        yield ""
        yield from paragraph(" ".join(filter(None, rest)), 4)
    yield "    \\f"
    version = plain(str(_info(document).get("version", "")))[:20] or "of no version"
    title = plain(operation.title)[:_LONGEST_TITLE].strip() or f"{operation.method} {operation.path}"
    yield from paragraph(f"Source: IBKR's OpenAPI document {version}, '{title}'; generated.", 4)
    yield '    """'


def _info(document: Mapping[str, Any]) -> Mapping[str, Any]:
    info = document.get("info")
    return info if isinstance(info, Mapping) else {}


def _number(parameter: Parameter) -> bool:
    return parameter.type == "integer"


def _values(parameter: Parameter) -> str:
    return ", ".join(plain(str(each)) for each in parameter.enum)[:100]
