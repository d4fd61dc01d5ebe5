"""Repair of the parts of an operation: parameters, request bodies, responses, headers and examples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from routers_generator.document.findings import extend_pointer
from routers_generator.document.references import References
from routers_generator.repair.grammar import OMITTED, Grammar, Member, Reader, ReadValue
from routers_generator.repair.schemas import Schemas, coerce, common_type, remove_duplicates

PARAMETER_STYLES: Final = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
"""The locations of parameters and the valid styles of each; the first is the default."""

LIST_VALUES_KEY: Final = "x-list-of"
"""Extension of a string schema: the values that the delimited list in the string may contain."""

_STATUS: Final = re.compile(r"default|[1-5](\d\d|XX)", re.ASCII)
_BOOLEAN_WORD: Final = re.compile(r"\btrue\b|\bfalse\b", re.IGNORECASE)
_LIST_HINT: Final = re.compile(
    r"\bcommas?\b|\bsepe?a?r?ated\b|\bdelimited\b|\bseries of\b|\blist of\b", re.IGNORECASE
)
_PLURAL: Final = re.compile(r"[^aisu]s$")  # not assetClass, status or basis
_STYLE_MEMBERS: Final = ("style", "explode", "allowReserved", "example", "examples")


class OperationParts:
    """Reads the parts and collects the media types, whose examples are checked once all schemas are read."""

    def __init__(self, grammar: Grammar, references: References, schemas: Schemas) -> None:
        """Changes are added to the grammar's report."""
        self.media: list[tuple[dict[str, Any], str]] = []
        self._grammar = grammar
        self._report = grammar.report
        self._references = references
        self._schemas = schemas
        text, boolean = grammar.text, grammar.boolean
        self.example = self._allow_reference("examples", self._read_example)
        self._example_members = {
            **{name: Member(text) for name in ("summary", "description", "externalValue")},
            "value": Member(grammar.anything),
        }
        examples = grammar.map_of(self.example)
        headers = grammar.map_of(self._allow_reference("headers", self.read_header))
        encoding = {
            **{name: Member(text) for name in ("contentType", "style")},
            **{name: Member(boolean) for name in ("explode", "allowReserved")},
            "headers": Member(headers),
        }
        self._media_members = {
            "schema": Member(schemas.read),
            "example": Member(grammar.anything),
            "examples": Member(examples),
            "encoding": Member(grammar.map_of(grammar.object_of(encoding, "an object"))),
        }
        content = grammar.map_of(self._read_media)
        header = {
            "description": Member(text),
            **{name: Member(boolean) for name in ("required", "deprecated", "allowEmptyValue")},
            "style": Member(text),
            **{name: Member(boolean) for name in ("explode", "allowReserved")},
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
            "required": Member(boolean),
        }
        self._response_members = {
            "description": Member(text, ""),
            "headers": Member(headers),
            "content": Member(content),
        }

    def read_parameter(self, value: Any, pointer: str) -> ReadValue:
        """Read a parameter; OMITTED for one without a name or with an unknown location."""
        if not isinstance(value, Mapping):
            return self._grammar.reject(value, pointer, "a parameter")
        found = self._grammar.read_members(self._parameter_members, value, pointer)
        if not found.get("name") or found.get("in") not in PARAMETER_STYLES:
            self._report.add_problem("parameter without name or location", pointer, "Removed.")
            return OMITTED
        where = found["in"]
        if where == "path" and found.get("required") is not True:
            found["required"] = True
            self._report.add_repair("optional path parameter", pointer, "Changed to required.")
        self._repair_style(found, PARAMETER_STYLES[where], pointer)
        self._repair_schema(found, pointer)
        schema = self._references.follow(value.get("schema")) or {}
        if where == "query" and isinstance(schema, Mapping):
            own = found.get("schema", {})
            self._repair_list(found, schema if "$ref" in own else own, pointer)
        if found.get("required") and where != "path" and isinstance(schema, Mapping) and "default" in schema:
            del found["required"]
            self._report.add_repair("required parameter with a default", pointer, "Changed to optional.")
        return found

    def read_header(self, value: Any, pointer: str) -> ReadValue:
        """Read a response header."""
        if not isinstance(value, Mapping):
            return self._grammar.reject(value, pointer, "a header")
        found = self._grammar.read_members(self._header_members, value, pointer)
        self._repair_style(found, PARAMETER_STYLES["header"], pointer)
        self._repair_schema(found, pointer)
        return found

    def read_body(self, value: Any, pointer: str) -> ReadValue:
        """Read a request body or a reference to one; without content it may be any JSON."""
        if not isinstance(value, Mapping):
            return self._grammar.reject(value, pointer, "a request body")
        if "$ref" in value:
            found = self._references.rewrite("requestBodies", value, pointer)
            return OMITTED if found is None else found
        read = self._grammar.read_members(self._body_members, value, pointer)
        if not read.get("content"):
            read["content"] = {"application/json": {"schema": {}}}
            self._report.add_repair("request body without content", pointer, "Added content of any JSON.")
        return read

    def read_responses(self, value: Any, pointer: str) -> ReadValue:
        """Read the responses by status; adds a default response if there are none."""
        found: dict[str, Any] = {}
        if isinstance(value, Mapping):
            read = self._allow_reference("responses", self.read_response)
            for name, each in value.items():
                where = extend_pointer(pointer, name)
                if name.startswith("x-"):
                    found[name] = each
                    continue
                status = name.strip().upper() if name != "default" else name
                if not _STATUS.fullmatch(status):
                    self._report.add_problem("invalid response status", where, "Removed.")
                    continue
                one = read(each, where)
                found[status] = {"description": ""} if one is OMITTED else one
        elif value is not OMITTED:
            self._grammar.reject(value, pointer, "an object of responses")
        if not any(_STATUS.fullmatch(name) for name in found):
            found["default"] = {"description": ""}
            self._report.add_repair("operation without responses", pointer, "Added a default response.")
        return found

    def read_response(self, value: Any, pointer: str) -> ReadValue:
        """Read one response."""
        if not isinstance(value, Mapping):
            return self._grammar.reject(value, pointer, "a response")
        if "links" in value:
            value = {name: each for name, each in value.items() if name != "links"}
            self._report.add_repair("links", extend_pointer(pointer, "links"), "Removed.")
        return self._grammar.read_members(self._response_members, value, pointer)

    def read_component(self, kind: str, value: Any, pointer: str) -> ReadValue:
        """Read a component, or a reference to one, of any kind but schemas and security schemes."""
        readers: Mapping[str, Reader] = {
            "responses": self.read_response,
            "parameters": self.read_parameter,
            "requestBodies": self.read_body,
            "headers": self.read_header,
            "examples": self._read_example,
        }
        return self._allow_reference(kind, readers[kind])(value, pointer)

    def _allow_reference(self, kind: str, read: Reader) -> Reader:
        def read_either(value: Any, pointer: str) -> ReadValue:
            if isinstance(value, Mapping) and "$ref" in value:
                found = self._references.rewrite(kind, value, pointer)
                return OMITTED if found is None else found
            return read(value, pointer)

        return read_either

    def _read_example(self, value: Any, pointer: str) -> ReadValue:
        if not isinstance(value, Mapping):
            self._report.add_repair("example that is not an object", pointer, "Wrapped in an example object.")
            return {"value": value}
        return self._grammar.read_members(self._example_members, value, pointer)

    def _read_media(self, value: Any, pointer: str) -> ReadValue:
        if not isinstance(value, Mapping):
            self._grammar.reject(value, pointer, "a media type")
            return {}
        media = dict(value)
        if isinstance(media.get("examples"), list):
            numbered = {str(number): {"value": each} for number, each in enumerate(media["examples"], 1)}
            media["examples"] = numbered
            self._report.add_repair(
                "examples as a list", extend_pointer(pointer, "examples"), "Numbered the examples."
            )
        found = self._grammar.read_members(self._media_members, media, pointer)
        self._drop_redundant_example(found, pointer)
        for each in found.get("encoding", {}).values():
            if each.get("style", "form") not in PARAMETER_STYLES["query"]:
                del each["style"]
                self._report.add_problem("invalid parameter style", pointer, "Removed.")
        if _is_jwt(pointer):
            found = {"schema": {"type": "string"}, **{key: found[key] for key in found if key[:2] == "x-"}}
            if value.get("schema") != found["schema"]:
                self._report.add_repair(
                    "JWT body described as an object",
                    pointer,
                    "Changed to a string; removed the description of its payload.",
                )
        self.media.append((found, pointer))
        return found

    def _repair_style(self, found: dict[str, Any], styles: tuple[str, ...], pointer: str) -> None:
        if "style" in found and found["style"] not in styles:
            del found["style"]
            self._report.add_problem("invalid parameter style", extend_pointer(pointer, "style"), "Removed.")

    def _repair_schema(self, found: dict[str, Any], pointer: str) -> None:
        """Ensure either one schema with a type or one media type."""
        content = found.pop("content", None) or {}
        if content and "schema" not in found:
            if len(content) > 1:
                self._report.add_problem(
                    "several media types", extend_pointer(pointer, "content"), "Kept the first."
                )
            found["content"] = dict([next(iter(content.items()))])
            for name in _STYLE_MEMBERS:
                found.pop(name, None)
            return
        if content:
            self._report.add_problem(
                "both schema and content", extend_pointer(pointer, "content"), "Kept the schema."
            )
        self._drop_redundant_example(found, pointer)
        schema = found.setdefault("schema", {})
        if "$ref" not in schema and not {"type", "allOf", "anyOf", "oneOf"} & schema.keys():
            text = f"{found.get('description', '')} {schema.get('description', '')}"
            words = {each.lower() for each in _BOOLEAN_WORD.findall(text)}
            inferred = common_type(schema.get("enum", [])) or (
                "boolean" if words and "enum" not in schema else "string"
            )
            schema["type"] = inferred
            if "enum" in schema:
                values = [coerce(each, inferred) for each in schema["enum"]]
                schema["enum"] = remove_duplicates([each for each in values if each is not OMITTED])
                if not schema["enum"]:
                    del schema["enum"]
            if schema.get("nullable") is False:
                del schema["nullable"]
            self._report.add_repair("parameter without type", pointer, f"Set to {inferred}.")

    def _repair_list(self, found: dict[str, Any], original: Mapping[str, Any], pointer: str) -> None:
        """Repair a delimited list, such as `conids=1,2`, that is typed as a single value."""
        if original.get("type") == "array" or not _PLURAL.search(found["name"]) or "content" in found:
            return
        text = f"{found.get('description', '')} {original.get('description', '')}"
        values = original.get("enum")
        has_list_values = (
            isinstance(values, list) and bool(values) and all(isinstance(each, str) for each in values)
        )
        if not has_list_values and not (
            original.get("type") in ("integer", "number") and _LIST_HINT.search(text)
        ):
            return
        schema: dict[str, Any] = {"type": "string"}
        if isinstance(original.get("description"), str):
            schema["description"] = original["description"]
        if isinstance(original.get("example"), str | int | float):
            schema["example"] = str(original["example"])
        if has_list_values:
            schema[LIST_VALUES_KEY] = values
        found["schema"] = schema
        self._report.add_repair("delimited list typed as a single value", pointer, "Changed to a string.")

    def _drop_redundant_example(self, found: dict[str, Any], pointer: str) -> None:
        if "example" in found and "examples" in found:
            del found["example"]
            self._report.add_repair(
                "both example and examples", extend_pointer(pointer, "example"), "Removed."
            )


def _is_jwt(pointer: str) -> bool:
    return pointer.endswith("/content/application~1jwt")
