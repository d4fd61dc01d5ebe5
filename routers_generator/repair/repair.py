"""A broken OpenAPI document in, one that validates out, and what was done to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from routers_generator.document.findings import Dropped, Finding, Report, pointer
from routers_generator.document.loading import Document
from routers_generator.document.references import KINDS, References
from routers_generator.repair.cross_references import (
    NOTHING,
    break_cycles,
    leave_out_unreachable,
    mend_default,
    mend_examples,
    mend_required,
)
from routers_generator.repair.grammar import GONE, Grammar, Member
from routers_generator.repair.parts import Parts
from routers_generator.repair.path_items import PathItems
from routers_generator.repair.schemas import Schemas
from routers_generator.repair.security import Security

GATEWAY: Final = "https://localhost:5055/v1/api"
VERSION: Final = "3.0.3"


@dataclass(frozen=True)
class Repaired:
    """The repaired document, and everything that was done to it or could not be."""

    content: dict[str, Any]
    repairs: Sequence[Finding]
    problems: Sequence[Finding]
    dropped: Sequence[Dropped]

    @property
    def clean(self) -> bool:
        """Whether every defect was of a known class, and no operation was left out because of one."""
        return not self.problems and not any(each.unusable for each in self.dropped)


def repair(document: Document, *, gateway: bool = False) -> Repaired:
    """The document without its defects; only the gateway's operations and what they need if `gateway`.

    Nothing is lost silently: what is changed is a repair, what no known repair is for is a problem and
    left out, and an operation left out is listed. A repaired document is repaired into itself.
    """
    report = Report()
    for each in document.findings:
        report.repaired(each.kind, each.pointer, each.text)
    content = _Repair(document.content, report, gateway=gateway).content()
    return Repaired(content, report.repairs, report.problems, report.dropped)


class _Repair:
    """The repair of one document."""

    def __init__(self, document: Mapping[str, Any], report: Report, *, gateway: bool) -> None:
        self._document = document
        self._report = report
        self._gateway = gateway
        self._grammar = Grammar(report)
        self._references = References(document, report)
        later = isinstance(version := document.get("openapi"), str) and not version.startswith("3.0")
        self._schemas = Schemas(self._grammar, self._references, siblings=later)
        self._parts = Parts(self._grammar, self._references, self._schemas)
        self._paths = PathItems(self._grammar, self._references, self._parts, gateway=gateway)
        self._security = Security(self._grammar)

    def content(self) -> dict[str, Any]:
        schemes: dict[str, Any] = {}
        if not self._gateway:
            schemes = self._security.schemes(self._references.components("securitySchemes"))
        content: dict[str, Any] = {"openapi": self._version(), **self._head()}
        if "security" in self._document:
            if self._gateway:
                self._report.repaired(
                    "security that the gateway does not have", pointer("security"), "Left out."
                )
            else:
                place = pointer("security")
                content["security"] = self._paths.security(self._document["security"], schemes, place)
        content["paths"] = self._paths.read(self._document["paths"], schemes)
        if not self._gateway:
            self._references.want_all()
        content["components"] = self._components(schemes)
        break_cycles(content, self._report)
        for schema, place in self._schemas.made:
            mend_required(content, schema, place, self._report)
        for schema, place in self._schemas.made:
            mend_default(content, schema, place, self._report)
        for media, place in self._parts.media:
            mend_examples(content, media, place, self._report)
        if self._gateway:
            leave_out_unreachable(content)
        if not content["components"]:
            del content["components"]
        return content

    def _version(self) -> str:
        version = self._document.get("openapi")
        if isinstance(version, str) and re.fullmatch(r"3\.0\.\d(-.+)?", version):
            return version
        self._report.repaired("version of OpenAPI", pointer("openapi"), f"It is {VERSION} now.")
        return VERSION

    def _head(self) -> dict[str, Any]:
        """What is said about the document as a whole."""
        grammar = self._grammar
        text = Member(grammar.text)
        documentation = grammar.record({"description": text, "url": Member(grammar.text, None)}, "an object")
        info = {
            "title": Member(grammar.text, "Untitled"),
            **dict.fromkeys(("description", "termsOfService"), text),
            "contact": Member(grammar.record(dict.fromkeys(("name", "url", "email"), text), "an object")),
            "license": Member(grammar.record({"name": Member(grammar.text, None), "url": text}, "an object")),
            "version": Member(grammar.text, "0"),
        }
        tag = {
            "name": Member(grammar.text, None),
            "description": text,
            "externalDocs": Member(documentation),
        }
        head = {
            "info": Member(grammar.record(info, "an object"), {"title": "Untitled", "version": "0"}),
            "externalDocs": Member(documentation),
            "servers": Member(grammar.items(self._paths.server)),
            "tags": Member(grammar.items(grammar.record(tag, "a tag"), unique=True)),
        }
        elsewhere = ("openapi", "paths", "components", "security")
        rest = {name: each for name, each in self._document.items() if name not in elsewhere}
        found: dict[str, Any] = grammar.members(head, rest, "#")
        self._mend_tags(found.get("tags", []))
        if self._gateway:
            if found.get("servers") != [{"url": GATEWAY}]:
                place = pointer("servers")
                self._report.repaired(
                    "servers that the gateway does not have", place, f"It is {GATEWAY} now."
                )
            found["servers"] = [{"url": GATEWAY}]
        return found

    def _mend_tags(self, tags: list[dict[str, Any]]) -> None:
        names: set[str] = set()
        for index, each in enumerate(list(tags)):
            if each["name"] in names:
                tags[:] = [one for one in tags if one is not each]
                self._report.repaired("tag twice", pointer("tags", index), "The first counts.")
            names.add(each["name"])

    def _components(self, schemes: Mapping[str, Any]) -> dict[str, Any]:
        self._tell_of_other_components()
        read: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        for each in self._references.wanted():
            if each.kind == "securitySchemes":
                continue
            if each.kind == "schemas":
                found = self._schemas.top(each.value, each.place)
            elif each.kind == "parameters":  # operations have theirs in full: nothing refers to these
                found = self._parts.parameter(self._references.followed(each.value), each.place)
                if found is GONE:
                    continue
            else:
                found = self._parts.component(each.kind, each.value, each.place)
            read[each.kind][each.name] = NOTHING[each.kind]() if found is GONE else found
        read["securitySchemes"] = dict(schemes)
        ordered = {}
        for kind, components in read.items():
            order = self._references.order(kind)
            names = sorted(components, key=lambda name: order.get(name, len(order)))
            ordered[kind] = {name: components[name] for name in names}
        found = self._document.get("components")
        own = found if isinstance(found, Mapping) else {}
        extensions = {name: each for name, each in own.items() if name.startswith("x-")}
        return {**{kind: components for kind, components in ordered.items() if components}, **extensions}

    def _tell_of_other_components(self) -> None:
        components = self._document.get("components", {})
        if not isinstance(components, Mapping):
            self._grammar.wrong(components, pointer("components"), "an object")
            return
        for kind, each in components.items():
            if kind.startswith("x-"):
                continue
            place = pointer("components", kind)
            if kind not in KINDS:
                self._report.repaired("member that OpenAPI does not have", place, "Left out.")
            elif not isinstance(each, Mapping):
                self._grammar.wrong(each, place, "an object")
