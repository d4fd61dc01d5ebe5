"""Operations as the files of a Python package: one module of routes per section."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from routers_generator.document.names import identifier
from routers_generator.document.operations import Operation
from routers_generator.document.sections import OTHER, SECTIONS
from routers_generator.generate.body_models import BodyModels
from routers_generator.generate.docstrings import cut_escaped
from routers_generator.generate.docstrings import plain as words
from routers_generator.generate.route_source import NotARouteError, route_text
from routers_generator.generate.source_layout import WIDTH, Bracketed, laid_out, quoted
from routers_generator.generate.tool_names import tool_name
from routers_generator.known_operations import Known, plain

# Where a name of a generated module is from, in the order of the imports.
_SOURCES: Final = (
    ("typing", ("Annotated", "Any", "Final", "Literal")),
    ("fastapi", ("APIRouter", "Body", "Path", "Query")),
    ("pydantic", ("Field",)),
    ("mcp_server.models.arguments", ("Arguments",)),
    ("mcp_server.rest.effects", ("CHANGES", "DESTROYS", "READS", "REPEATABLE", "TRADES")),
    (
        "mcp_server.rest.parameters",
        (
            *("AccountId", "Conid", "ConidNumber", "Gateway", "Number", "OrderId", "OrderNumber"),
            *("PageNumber", "PlainText"),
        ),
    ),
    ("mcp_server.rest.relay", ("Json",)),
)
_THIRD: Final = frozenset({"fastapi", "pydantic"})
_LONGEST_SECTION: Final = 60
_WIDEST_SECTION: Final = 80


@dataclass(frozen=True)
class LeftOut:
    """An operation that has no route, and why."""

    operation: Operation
    reason: str


@dataclass(frozen=True)
class Package:
    """The text of each file, and what is in none of them."""

    files: Mapping[str, str]
    routes: int
    left_out: Sequence[LeftOut] = field(default=())


def package(
    document: Mapping[str, Any], operations: Iterable[Operation], known: Mapping[tuple[str, str], Known]
) -> Package:
    """The package of these operations, in IBKR's order of sections.

    What has a hand-written route is named as that is, and nothing else is.
    """
    sections: dict[str, list[Operation]] = {}
    for operation in operations:
        sections.setdefault(_section(operation, known), []).append(operation)
    taken = {each.name for each in known.values()}
    modules = {each.section: each.module for each in known.values()}
    files: dict[str, str] = {}
    left_out: list[LeftOut] = []
    routes = 0
    for section in sorted(sections, key=_place):
        module = _free(modules.get(section) or identifier(section), files)
        text, made = _module(document, section, sections[section], known, taken, left_out)
        if made:
            files[f"{module}.py"] = text
            routes += made
    files["__init__.py"] = _init(document, [name.removesuffix(".py") for name in files])
    return Package(files, routes, left_out)


def _section(operation: Operation, known: Mapping[tuple[str, str], Known]) -> str:
    found = known.get((operation.method, plain(operation.path)))
    return found.section if found else _fitting(words(operation.section)) or OTHER


def _fitting(section: str) -> str:
    """The beginning of the section's name that has room where a router is made, escaped as it may be."""
    cut = section[:_LONGEST_SECTION]
    while len(quoted(cut)) > _WIDEST_SECTION:
        cut = cut[:-1]
    return cut.strip()


def _place(section: str) -> tuple[int, str]:
    return (SECTIONS.index(section), "") if section in SECTIONS else (len(SECTIONS), section)


def _free(module: str, files: Mapping[str, str]) -> str:
    module = f"{module}_" if hasattr(builtins, module) else module
    return next(
        name
        for name in (f"{module}_{number}" if number > 1 else module for number in count(1))
        if f"{name}.py" not in files
    )


def _module(
    document: Mapping[str, Any],
    section: str,
    operations: Sequence[Operation],
    known: Mapping[tuple[str, str], Known],
    taken: set[str],
    left_out: list[LeftOut],
) -> tuple[str, int]:
    models = BodyModels(document)
    routes = []
    for operation in operations:
        found = known.get((operation.method, plain(operation.path)))
        name = found.name if found else tool_name(operation, taken)
        try:
            route = route_text(document, operation, name, found, models)
        except NotARouteError as reason:
            left_out.append(LeftOut(operation, str(reason)))
            continue
        taken.add(name)
        routes.append(route)
    body = [*laid_out(Bracketed("router = APIRouter(", (f"tags=[{quoted(section)}]",), ")"))]
    declared = list(models.lines)
    if declared:
        body += ["", "", *declared] if models.begins_with_a_model else ["", *declared]
    for route in routes:
        body += ["", "", *route.lines]
    about = (
        f'"""{cut_escaped(words(section), 45)}: made from IBKR\'s OpenAPI document {_version(document)}."""'
    )
    text = [about, "", *_imports("\n".join(body)), "", *body]
    return "\n".join(text) + "\n", len(routes)


def _imports(body: str) -> list[str]:
    """The import lines of all that the text uses and does not define."""
    tree = ast.parse(body)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = ["from __future__ import annotations"]
    before = ""
    for source, names in _SOURCES:
        wanted = sorted((name for name in names if name in used), key=_as_isort_does)
        if not wanted:
            continue
        group = "third" if source in _THIRD else source.partition(".")[0]
        if group != before:
            lines.append("")
            before = group
        lines += _import(source, wanted)
    return lines


def _import(source: str, names: Sequence[str]) -> list[str]:
    line = f"from {source} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {source} import (", *(f"    {name}," for name in names), ")"]


def _as_isort_does(name: str) -> tuple[int, str]:
    """Constants first, then classes."""
    return (0 if name.isupper() and len(name) > 1 else 1, name)


def _init(document: Mapping[str, Any], modules: Sequence[str]) -> str:
    lines = [
        f'"""Routers made from IBKR\'s OpenAPI document {_version(document)}: one module per section."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Final",
        "",
        "from fastapi import APIRouter",
        "",
        *(_import(".", sorted(modules)) if modules else []),
        *([""] if modules else []),
        *laid_out(
            Bracketed(
                "ROUTERS: Final[tuple[APIRouter, ...]] = (",
                tuple(f"{module}.router" for module in modules),
                ",)" if len(modules) == 1 else ")",
            )
        ),
    ]
    return "\n".join(lines) + "\n"


def _version(document: Mapping[str, Any]) -> str:
    info = document.get("info")
    version = info.get("version") if isinstance(info, Mapping) else None
    return cut_escaped(words(str(version or "of no version")), 20)
