"""Generation of a Python package from operations: one module of routes per section."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from routers_generator.document.names import normalize_path, to_identifier
from routers_generator.document.operations import Operation
from routers_generator.document.sections import OTHER, SECTIONS
from routers_generator.generate.body_models import BodyModels
from routers_generator.generate.docstrings import strip_markup, truncate_escaped
from routers_generator.generate.route_source import UnroutableError, render_route
from routers_generator.generate.source_layout import LINE_LENGTH, BracketedList, layout_lines, quote
from routers_generator.generate.tool_names import tool_name
from routers_generator.known_operations import KnownOperation

# The module of each name that generated code can use, in import order.
_IMPORT_SOURCES: Final = (
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
_THIRD_PARTY: Final = frozenset({"fastapi", "pydantic"})
_MAX_SECTION_LENGTH: Final = 60
_MAX_QUOTED_SECTION: Final = 80


@dataclass(frozen=True)
class SkippedOperation:
    """An operation without a route, and why."""

    operation: Operation
    reason: str


@dataclass(frozen=True)
class GeneratedPackage:
    """The source of each file, and the operations without a route."""

    files: Mapping[str, str]
    route_count: int
    skipped: Sequence[SkippedOperation] = field(default=())


def build_package(
    document: Mapping[str, Any],
    operations: Iterable[Operation],
    known: Mapping[tuple[str, str], KnownOperation],
) -> GeneratedPackage:
    """Build the package of these operations, in IBKR's order of sections.

    An operation with a hand-written route gets the same name, which no other operation gets.
    """
    sections: dict[str, list[Operation]] = {}
    for operation in operations:
        sections.setdefault(_section_name(operation, known), []).append(operation)
    taken = {each.name for each in known.values()}
    modules = {each.section: each.module for each in known.values()}
    files: dict[str, str] = {}
    skipped: list[SkippedOperation] = []
    route_count = 0
    for section in sorted(sections, key=_section_order):
        module = _unused_module_name(modules.get(section) or to_identifier(section), files)
        text, module_routes = _module_source(document, section, sections[section], known, taken, skipped)
        if module_routes:
            files[f"{module}.py"] = text
            route_count += module_routes
    files["__init__.py"] = _init_source(document, [name.removesuffix(".py") for name in files])
    return GeneratedPackage(files, route_count, skipped)


def _section_name(operation: Operation, known: Mapping[tuple[str, str], KnownOperation]) -> str:
    found = known.get((operation.method, normalize_path(operation.path)))
    return found.section if found else _truncate_section(strip_markup(operation.section)) or OTHER


def _truncate_section(section: str) -> str:
    """Truncate a section name so that its escaped form fits on the line that creates the router."""
    cut = section[:_MAX_SECTION_LENGTH]
    while len(quote(cut)) > _MAX_QUOTED_SECTION:
        cut = cut[:-1]
    return cut.strip()


def _section_order(section: str) -> tuple[int, str]:
    return (SECTIONS.index(section), "") if section in SECTIONS else (len(SECTIONS), section)


def _unused_module_name(module: str, files: Mapping[str, str]) -> str:
    module = f"{module}_" if hasattr(builtins, module) else module
    return next(
        name
        for name in (f"{module}_{number}" if number > 1 else module for number in count(1))
        if f"{name}.py" not in files
    )


def _module_source(
    document: Mapping[str, Any],
    section: str,
    operations: Sequence[Operation],
    known: Mapping[tuple[str, str], KnownOperation],
    taken: set[str],
    skipped: list[SkippedOperation],
) -> tuple[str, int]:
    models = BodyModels(document)
    routes = []
    for operation in operations:
        found = known.get((operation.method, normalize_path(operation.path)))
        name = found.name if found else tool_name(operation, taken)
        try:
            route = render_route(document, operation, name, found, models)
        except UnroutableError as reason:
            skipped.append(SkippedOperation(operation, str(reason)))
            continue
        taken.add(name)
        routes.append(route)
    body = [*layout_lines(BracketedList("router = APIRouter(", (f"tags=[{quote(section)}]",), ")"))]
    declared = list(models.lines)
    if declared:
        body += ["", "", *declared] if models.starts_with_model else ["", *declared]
    for route in routes:
        body += ["", "", *route.lines]
    title = truncate_escaped(strip_markup(section), 40).rstrip()
    about = f'"""{title}: generated from IBKR\'s OpenAPI document {_document_version(document)}."""'
    text = [about, "", *_import_lines("\n".join(body)), "", *body]
    return "\n".join(text) + "\n", len(routes)


def _import_lines(body: str) -> list[str]:
    """The import lines for every name that the source uses and does not define."""
    tree = ast.parse(body)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = ["from __future__ import annotations"]
    before = ""
    for source, names in _IMPORT_SOURCES:
        wanted = sorted((name for name in names if name in used), key=_isort_key)
        if not wanted:
            continue
        group = "third" if source in _THIRD_PARTY else source.partition(".")[0]
        if group != before:
            lines.append("")
            before = group
        lines += _import_statement(source, wanted)
    return lines


def _import_statement(source: str, names: Sequence[str]) -> list[str]:
    line = f"from {source} import {', '.join(names)}"
    if len(line) <= LINE_LENGTH:
        return [line]
    return [f"from {source} import (", *(f"    {name}," for name in names), ")"]


def _isort_key(name: str) -> tuple[int, str]:
    """Sort key of isort: constants first, then classes."""
    return (0 if name.isupper() and len(name) > 1 else 1, name)


def _init_source(document: Mapping[str, Any], modules: Sequence[str]) -> str:
    version = _document_version(document)
    lines = [
        f'"""Routers generated from IBKR\'s OpenAPI document {version}: one module per section."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Final",
        "",
        "from fastapi import APIRouter",
        "",
        *(_import_statement(".", sorted(modules)) if modules else []),
        *([""] if modules else []),
        *layout_lines(
            BracketedList(
                "ROUTERS: Final[tuple[APIRouter, ...]] = (",
                tuple(f"{module}.router" for module in modules),
                ",)" if len(modules) == 1 else ")",
            )
        ),
    ]
    return "\n".join(lines) + "\n"


def _document_version(document: Mapping[str, Any]) -> str:
    info = document.get("info")
    version = info.get("version") if isinstance(info, Mapping) else None
    return truncate_escaped(strip_markup(str(version or "without version")), 20)
