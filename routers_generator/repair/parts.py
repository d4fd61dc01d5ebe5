"""The parts of an operation apart from schemas: parameters, bodies, replies and examples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from routers_generator.document.findings import under
from routers_generator.document.references import References
from routers_generator.repair.grammar import GONE, Grammar, Member, Read, Reader
from routers_generator.repair.schemas import Schemas, coerced, type_of_all, without_doubles

STYLES: Final = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
"""Where a parameter may stand, and how it may be written there; the first is the rule."""

LISTED: Final = "x-list-of"
"""In a schema of text: the values, some of which, separated by commas or the like, make up the text."""

_STATUS: Final = re.compile(r"default|[1-5](\d\d|XX)", re.ASCII)
_TRUTH: Final = re.compile(r"\btrue\b|\bfalse\b", re.IGNORECASE)
_LIST: Final = re.compile(
    r"\bcommas?\b|\bsepe?a?r?ated\b|\bdelimited\b|\bseries of\b|\blist of\b", re.IGNORECASE
)
_PLURAL: Final = re.compile(r"[^aisu]s$")  # not assetClass, status or basis
_STYLED: Final = ("style", "explode", "allowReserved", "example", "examples")


class Parts:
    """Reads the parts, and keeps which places it made for examples: they are compared when all is there."""

    def __init__(self, grammar: Grammar, references: References, schemas: Schemas) -> None:
        """What is changed is told to the grammar's report."""
        self.media: list[tuple[dict[str, Any], str]] = []
        self._grammar = grammar
        self._report = grammar.report
        self._references = references
        self._schemas = schemas
        text, truth = grammar.text, grammar.truth
        self.example = self._or_reference("examples", self._example)
        self._example_members = {
            **{name: Member(text) for name in ("summary", "description", "externalValue")},
            "value": Member(grammar.anything),
        }
        examples = grammar.entries(self.example)
        headers = grammar.entries(self._or_reference("headers", self.header))
        encoding = {
            **{name: Member(text) for name in ("contentType", "style")},
            **{name: Member(truth) for name in ("explode", "allowReserved")},
            "headers": Member(headers),
        }
        self._media_members = {
            "schema": Member(schemas.read),
            "example": Member(grammar.anything),
            "examples": Member(examples),
            "encoding": Member(grammar.entries(grammar.record(encoding, "an object"))),
        }
        content = grammar.entries(self._media)
        header = {
            "description": Member(text),
            **{name: Member(truth) for name in ("required", "deprecated", "allowEmptyValue")},
            "style": Member(text),
            **{name: Member(truth) for name in ("explode", "allowReserved")},
            "schema": Member(schemas.read),
            "content": Member(content),
            "example": Member(grammar.anything),
            "examples": Member(examples),
        }
        self._header_members = header
        self._parameter_members = {"name": Member(text), "in": Member(text), **header}
        self._body_members = {
            "description": Member(text),
            "content": Member(content),
            "required": Member(truth),
        }
        self._response_members = {
            "description": Member(text, ""),
            "headers": Member(headers),
            "content": Member(content),
        }

    def parameter(self, value: Any, place: str) -> Read:
        """A parameter, in full; `GONE` for one without a name or of no place that requests have."""
        if not isinstance(value, Mapping):
            return self._grammar.wrong(value, place, "a parameter")
        found = self._grammar.members(self._parameter_members, value, place)
        if not found.get("name") or found.get("in") not in STYLES:
            self._report.problem("parameter without name or place", place, "Left out.")
            return GONE
        where = found["in"]
        if where == "path" and found.get("required") is not True:
            found["required"] = True
            self._report.repaired("path parameter that is not required", place, "It is required now.")
        self._mend_style(found, STYLES[where], place)
        self._mend_schema(found, place)
        schema = self._references.followed(value.get("schema")) or {}
        if where == "query" and isinstance(schema, Mapping):
            own = found.get("schema", {})
            self._mend_list(found, schema if "$ref" in own else own, place)
        if found.get("required") and where != "path" and isinstance(schema, Mapping) and "default" in schema:
            del found["required"]
            self._report.repaired("required although there is a default", place, "It is optional now.")
        return found

    def header(self, value: Any, place: str) -> Read:
        """A header of a reply."""
        if not isinstance(value, Mapping):
            return self._grammar.wrong(value, place, "a header")
        found = self._grammar.members(self._header_members, value, place)
        self._mend_style(found, STYLES["header"], place)
        self._mend_schema(found, place)
        return found

    def body(self, value: Any, place: str) -> Read:
        """The body of a request, or a reference to one; without content it may be anything."""
        if not isinstance(value, Mapping):
            return self._grammar.wrong(value, place, "a body")
        if "$ref" in value:
            found = self._references.target("requestBodies", value, place)
            return GONE if found is None else found
        read = self._grammar.members(self._body_members, value, place)
        if not read.get("content"):
            read["content"] = {"application/json": {"schema": {}}}
            self._report.repaired("body without content", place, "It may be any JSON.")
        return read

    def responses(self, value: Any, place: str) -> Read:
        """The replies by status; one of any status if there is none."""
        found: dict[str, Any] = {}
        if isinstance(value, Mapping):
            read = self._or_reference("responses", self.response)
            for name, each in value.items():
                where = under(place, name)
                if name.startswith("x-"):
                    found[name] = each
                    continue
                status = name.strip().upper() if name != "default" else name
                if not _STATUS.fullmatch(status):
                    self._report.problem("reply of no status", where, "Left out.")
                    continue
                one = read(each, where)
                found[status] = {"description": ""} if one is GONE else one
        elif value is not GONE:
            self._grammar.wrong(value, place, "an object of replies")
        if not any(_STATUS.fullmatch(name) for name in found):
            found["default"] = {"description": ""}
            self._report.repaired("operation without replies", place, "One of any status was added.")
        return found

    def response(self, value: Any, place: str) -> Read:
        """One reply."""
        if not isinstance(value, Mapping):
            return self._grammar.wrong(value, place, "a reply")
        if "links" in value:
            value = {name: each for name, each in value.items() if name != "links"}
            self._report.repaired("links between operations", under(place, "links"), "Left out.")
        return self._grammar.members(self._response_members, value, place)

    def component(self, kind: str, value: Any, place: str) -> Read:
        """A component of any kind but schemas and security schemes, or a reference to one."""
        readers: Mapping[str, Reader] = {
            "responses": self.response,
            "parameters": self.parameter,
            "requestBodies": self.body,
            "headers": self.header,
            "examples": self._example,
        }
        return self._or_reference(kind, readers[kind])(value, place)

    def _or_reference(self, kind: str, read: Reader) -> Reader:
        def read_either(value: Any, place: str) -> Read:
            if isinstance(value, Mapping) and "$ref" in value:
                found = self._references.target(kind, value, place)
                return GONE if found is None else found
            return read(value, place)

        return read_either

    def _example(self, value: Any, place: str) -> Read:
        if not isinstance(value, Mapping):
            self._report.repaired("example that is a bare value", place, "It is the example's value now.")
            return {"value": value}
        return self._grammar.members(self._example_members, value, place)

    def _media(self, value: Any, place: str) -> Read:
        if not isinstance(value, Mapping):
            self._grammar.wrong(value, place, "a media type")
            return {}
        named = dict(value)
        if isinstance(named.get("examples"), list):
            numbered = {str(number): {"value": each} for number, each in enumerate(named["examples"], 1)}
            named["examples"] = numbered
            self._report.repaired("examples as a list", under(place, "examples"), "They have names now.")
        found = self._grammar.members(self._media_members, named, place)
        self._one_kind_of_example(found, place)
        for each in found.get("encoding", {}).values():
            if each.get("style", "form") not in STYLES["query"]:
                del each["style"]
                self._report.problem("style that its place does not have", place, "Left out.")
        if _is_token(place):
            found = {"schema": {"type": "string"}, **{key: found[key] for key in found if key[:2] == "x-"}}
            if value.get("schema") != found["schema"]:
                self._report.repaired(
                    "body that is a signed token", place, "It is text: what it carries was left out."
                )
        self.media.append((found, place))
        return found

    def _mend_style(self, found: dict[str, Any], styles: tuple[str, ...], place: str) -> None:
        if "style" in found and found["style"] not in styles:
            del found["style"]
            self._report.problem("style that its place does not have", under(place, "style"), "Left out.")

    def _mend_schema(self, found: dict[str, Any], place: str) -> None:
        """One schema, or one kind of content, and a type."""
        content = found.pop("content", None) or {}
        if content and "schema" not in found:
            if len(content) > 1:
                self._report.problem(
                    "content of several kinds", under(place, "content"), "The first was kept."
                )
            found["content"] = dict([next(iter(content.items()))])
            for name in _STYLED:
                found.pop(name, None)
            return
        if content:
            self._report.problem("schema and content", under(place, "content"), "The schema was kept.")
        self._one_kind_of_example(found, place)
        schema = found.setdefault("schema", {})
        if "$ref" not in schema and not {"type", "allOf", "anyOf", "oneOf"} & schema.keys():
            told = f"{found.get('description', '')} {schema.get('description', '')}"
            words = {each.lower() for each in _TRUTH.findall(told)}
            inferred = type_of_all(schema.get("enum", [])) or (
                "boolean" if words and "enum" not in schema else "string"
            )
            schema["type"] = inferred
            if "enum" in schema:
                values = [coerced(each, inferred) for each in schema["enum"]]
                schema["enum"] = without_doubles([each for each in values if each is not GONE])
                if not schema["enum"]:
                    del schema["enum"]
            if schema.get("nullable") is False:
                del schema["nullable"]
            self._report.repaired("parameter without type", place, f"It is {inferred}.")

    def _mend_list(self, found: dict[str, Any], as_came: Mapping[str, Any], place: str) -> None:
        """A list in one text, such as `conids=1,2`, that is typed as if it were one value of it."""
        if as_came.get("type") == "array" or not _PLURAL.search(found["name"]) or "content" in found:
            return
        told = f"{found.get('description', '')} {as_came.get('description', '')}"
        values = as_came.get("enum")
        listed = isinstance(values, list) and bool(values) and all(isinstance(each, str) for each in values)
        if not listed and not (as_came.get("type") in ("integer", "number") and _LIST.search(told)):
            return
        schema: dict[str, Any] = {"type": "string"}
        if isinstance(as_came.get("description"), str):
            schema["description"] = as_came["description"]
        if isinstance(as_came.get("example"), str | int | float):
            schema["example"] = str(as_came["example"])
        if listed:
            schema[LISTED] = values
        found["schema"] = schema
        self._report.repaired("list in one text typed as one value", place, "It is text.")

    def _one_kind_of_example(self, found: dict[str, Any], place: str) -> None:
        if "example" in found and "examples" in found:
            del found["example"]
            self._report.repaired("example and examples", under(place, "example"), "Left out.")


def _is_token(place: str) -> bool:
    return place.endswith("/content/application~1jwt")
