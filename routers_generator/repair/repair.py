"""The command `repair`: turn an invalid OpenAPI document into a valid one, with a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from routers_generator.document.findings import DroppedOperation, Finding, Report, json_pointer
from routers_generator.document.loading import Document
from routers_generator.document.references import COMPONENT_KINDS, References
from routers_generator.repair.cross_references import (
    EMPTY_COMPONENTS,
    break_cycles,
    remove_unreachable,
    repair_default,
    repair_examples,
    repair_required,
)
from routers_generator.repair.grammar import OMITTED, Grammar, Member
from routers_generator.repair.parts import OperationParts
from routers_generator.repair.path_items import PathItems
from routers_generator.repair.schemas import Schemas
from routers_generator.repair.security import SecuritySchemes

GATEWAY_URL: Final = "https://localhost:5055/v1/api"
OPENAPI_VERSION: Final = "3.0.3"


@dataclass(frozen=True)
class RepairResult:
    """The repaired document, with every repair, problem and operation left out."""

    content: dict[str, Any]
    repairs: Sequence[Finding]
    problems: Sequence[Finding]
    dropped: Sequence[DroppedOperation]

    @property
    def is_clean(self) -> bool:
        """Whether every defect was repaired and no operation was left out because of one."""
        return not self.problems and not any(each.unusable for each in self.dropped)


def repair(document: Document, *, gateway: bool = False) -> RepairResult:
    """Repair the document; with `gateway`, keep only what the gateway's operations need.

    Nothing is lost silently: a change is reported as a repair, a value without a known repair is removed and
    reported as a problem, and an operation left out is listed. Repairing is idempotent.
    """
    report = Report()
    for each in document.findings:
        report.add_repair(each.kind, each.pointer, each.text)
    content = _DocumentRepair(document.content, report, gateway=gateway).repair_content()
    return RepairResult(content, report.repairs, report.problems, report.dropped)


class _DocumentRepair:
    """Repairs one document."""

    def __init__(self, document: Mapping[str, Any], report: Report, *, gateway: bool) -> None:
        self._document = document
        self._report = report
        self._gateway = gateway
        self._grammar = Grammar(report)
        self._references = References(document, report)
        is_3_1 = isinstance(version := document.get("openapi"), str) and not version.startswith("3.0")
        self._schemas = Schemas(self._grammar, self._references, siblings=is_3_1)
        self._parts = OperationParts(self._grammar, self._references, self._schemas)
        self._paths = PathItems(self._grammar, self._references, self._parts, gateway=gateway)
        self._security = SecuritySchemes(self._grammar)

    def repair_content(self) -> dict[str, Any]:
        schemes: dict[str, Any] = {}
        if not self._gateway:
            schemes = self._security.read(self._references.components("securitySchemes"))
        content: dict[str, Any] = {"openapi": self._repair_version(), **self._read_head()}
        if "security" in self._document:
            if self._gateway:
                self._report.add_repair(
                    "security not used by the gateway", json_pointer("security"), "Removed."
                )
            else:
                pointer = json_pointer("security")
                content["security"] = self._paths.read_security(self._document["security"], schemes, pointer)
        content["paths"] = self._paths.read(self._document["paths"], schemes)
        if not self._gateway:
            self._references.require_all()
        content["components"] = self._read_components(schemes)
        break_cycles(content, self._report)
        for schema, pointer in self._schemas.schemas_read:
            repair_required(content, schema, pointer, self._report)
        for schema, pointer in self._schemas.schemas_read:
            repair_default(content, schema, pointer, self._report)
        for media, pointer in self._parts.media:
            repair_examples(content, media, pointer, self._report)
        if self._gateway:
            remove_unreachable(content)
        if not content["components"]:
            del content["components"]
        return content

    def _repair_version(self) -> str:
        version = self._document.get("openapi")
        if isinstance(version, str) and re.fullmatch(r"3\.0\.\d(-.+)?", version):
            return version
        self._report.add_repair(
            "unsupported OpenAPI version", json_pointer("openapi"), f"Changed to {OPENAPI_VERSION}."
        )
        return OPENAPI_VERSION

    def _read_head(self) -> dict[str, Any]:
        """Read the top-level members other than paths, components and security."""
        grammar = self._grammar
        text = Member(grammar.text)
        documentation = grammar.object_of(
            {"description": text, "url": Member(grammar.text, None)}, "an object"
        )
        info = {
            "title": Member(grammar.text, "Untitled"),
            **dict.fromkeys(("description", "termsOfService"), text),
            "contact": Member(grammar.object_of(dict.fromkeys(("name", "url", "email"), text), "an object")),
            "license": Member(
                grammar.object_of({"name": Member(grammar.text, None), "url": text}, "an object")
            ),
            "version": Member(grammar.text, "0"),
        }
        tag = {
            "name": Member(grammar.text, None),
            "description": text,
            "externalDocs": Member(documentation),
        }
        head = {
            "info": Member(grammar.object_of(info, "an object"), {"title": "Untitled", "version": "0"}),
            "externalDocs": Member(documentation),
            "servers": Member(grammar.list_of(self._paths.read_server)),
            "tags": Member(grammar.list_of(grammar.object_of(tag, "a tag"), unique=True)),
        }
        excluded = ("openapi", "paths", "components", "security")
        rest = {name: each for name, each in self._document.items() if name not in excluded}
        found: dict[str, Any] = grammar.read_members(head, rest, "#")
        self._remove_duplicate_tags(found.get("tags", []))
        if self._gateway:
            if found.get("servers") != [{"url": GATEWAY_URL}]:
                pointer = json_pointer("servers")
                self._report.add_repair(
                    "servers not used by the gateway", pointer, f"Changed to {GATEWAY_URL}."
                )
            found["servers"] = [{"url": GATEWAY_URL}]
        return found

    def _remove_duplicate_tags(self, tags: list[dict[str, Any]]) -> None:
        names: set[str] = set()
        for index, each in enumerate(list(tags)):
            if each["name"] in names:
                tags[:] = [one for one in tags if one is not each]
                self._report.add_repair("duplicate tag", json_pointer("tags", index), "Kept the first.")
            names.add(each["name"])

    def _read_components(self, schemes: Mapping[str, Any]) -> dict[str, Any]:
        self._report_other_components()
        read: dict[str, dict[str, Any]] = {kind: {} for kind in COMPONENT_KINDS}
        for each in self._references.take_required():
            if each.kind == "securitySchemes":
                continue
            if each.kind == "schemas":
                found = self._schemas.read_component(each.value, each.pointer)
            elif each.kind == "parameters":  # inlined in the operations, so nothing references them
                found = self._parts.read_parameter(self._references.follow(each.value), each.pointer)
                if found is OMITTED:
                    continue
            else:
                found = self._parts.read_component(each.kind, each.value, each.pointer)
            read[each.kind][each.name] = EMPTY_COMPONENTS[each.kind]() if found is OMITTED else found
        read["securitySchemes"] = dict(schemes)
        ordered = {}
        for kind, components in read.items():
            order = self._references.positions(kind)
            names = sorted(components, key=lambda name: order.get(name, len(order)))
            ordered[kind] = {name: components[name] for name in names}
        found = self._document.get("components")
        own = found if isinstance(found, Mapping) else {}
        extensions = {name: each for name, each in own.items() if name.startswith("x-")}
        return {**{kind: components for kind, components in ordered.items() if components}, **extensions}

    def _report_other_components(self) -> None:
        components = self._document.get("components", {})
        if not isinstance(components, Mapping):
            self._grammar.reject(components, json_pointer("components"), "an object")
            return
        for kind, each in components.items():
            if kind.startswith("x-"):
                continue
            pointer = json_pointer("components", kind)
            if kind not in COMPONENT_KINDS:
                self._report.add_repair("unknown member", pointer, "Removed.")
            elif not isinstance(each, Mapping):
                self._grammar.reject(each, pointer, "an object")
