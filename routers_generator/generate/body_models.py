"""Translation of JSON schemas to Python types: models for objects, aliases for long enums."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic.alias_generators import to_camel

from routers_generator.document.operations import resolve
from routers_generator.generate.docstrings import first_sentences, headline, strip_markup, truncate_escaped
from routers_generator.generate.python_names import argument_name, class_name, make_unique, model_field_name
from routers_generator.generate.source_layout import (
    LINE_LENGTH,
    BracketedList,
    Piece,
    StringLiteral,
    layout_lines,
    quote,
)

Schema = Mapping[str, Any]

MAX_DEPTH: Final = 8
MAX_DESCRIPTION: Final = 160
_MAX_INLINE_LITERAL: Final = 40
_MAX_LITERAL_VALUE: Final = 60
_SCALAR_TYPES: Final = {"string": "PlainText", "integer": "int", "number": "Number", "boolean": "bool"}
_NUMBER_TYPES: Final = {
    **dict.fromkeys(("conid", "underlying_conid"), "ConidNumber"),
    **dict.fromkeys(("order_id", "parent_order_id", "alert_id"), "OrderNumber"),
}
_NO_TYPE_GIVEN: Final = "the document does not define its type"


@dataclass(frozen=True)
class PythonType:
    """A type as Python source, its constraints, and why it is free-form (empty if it is not)."""

    text: str
    constraints: tuple[str, ...] = ()
    free_form_reason: str = ""


class BodyModels:
    """Collects the type declarations of one module, dependencies first."""

    def __init__(self, document: Schema) -> None:
        """References are resolved in `document`."""
        self._document = document
        self._by_reference: dict[str, str] = {}
        self._literal_aliases: dict[str, str] = {}
        self._names: set[str] = set()
        self._declarations: list[list[str]] = []

    @property
    def lines(self) -> Iterator[str]:
        """The source lines of every alias and model; the blank lines around the block are the caller's."""
        for number, block in enumerate(self._declarations):
            if number and (
                block[0].startswith("class ") or self._declarations[number - 1][0].startswith("class ")
            ):
                yield from ("", "")
            yield from block

    @property
    def starts_with_model(self) -> bool:
        """Whether the first declaration is a model."""
        return bool(self._declarations) and self._declarations[0][0].startswith("class ")

    @property
    def names(self) -> Collection[str]:
        """The names of the declarations."""
        return self._names

    def python_type(self, schema: Schema, name_hint: str, depth: int = 0) -> PythonType:
        """Translate a schema; `name_hint` names the declaration if one is needed."""
        if depth > MAX_DEPTH:
            return PythonType("Any", free_form_reason=f"it is nested more than {MAX_DEPTH} levels deep")
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in self._by_reference:
                return PythonType(self._by_reference[reference])
            name_hint = reference.rpartition("/")[2]
        else:
            reference = None
        merged = self._merged_schema(schema)
        choices = [each for each in _enum_values(merged) if each is not None]
        if choices:
            return self._literal_type(choices, merged, name_hint)
        kinds = _type_names(merged)
        if len(kinds) > 1:
            return _union_type(kinds)
        kind = kinds[0] if kinds else ""
        if kind == "array":
            return self._array_type(merged, name_hint, depth)
        if kind == "object":
            return self._object_type(merged, name_hint, depth, reference)
        if kind == "integer":
            return PythonType(_NUMBER_TYPES.get(argument_name(name_hint), "int"), _bound_constraints(merged))
        if kind in _SCALAR_TYPES:
            return PythonType(_SCALAR_TYPES[kind])
        return PythonType(
            "Any",
            free_form_reason=strip_markup(merged.get("x-free-form"))[:MAX_DESCRIPTION] or _NO_TYPE_GIVEN,
        )

    def is_single_value(self, text: str) -> bool:
        """Whether a type is a scalar, which can be sent in a URL."""
        if text.startswith(("Annotated[int,", "Literal[")) or text in self._literal_aliases.values():
            return True
        return {*text.split(" | ")} <= {*_SCALAR_TYPES.values(), *_NUMBER_TYPES.values()}

    def body_model(
        self, schema: Schema, name_hint: str, description: str, reserved: Collection[str], required: bool
    ) -> str | None:
        """Declare the model of a request body, with no field in `reserved`; None if it is not an object."""
        merged = self._merged_schema(schema)
        if _type_names(merged) != ["object"] or not _properties(merged):
            return None
        arguments = {argument_name(name) for name in _properties(merged)}
        if "$ref" in schema and required and arguments.isdisjoint(reserved):
            return self.python_type(schema, name_hint).text
        return self._declare_model(merged, name_hint, description, 0, None, reserved, required)

    def _merged_schema(self, schema: Schema) -> dict[str, Any]:
        """Resolve references and merge `allOf`, `oneOf` and `anyOf` into one schema."""
        return self._merge_combined(schema, frozenset(), 0)

    def _merge_combined(self, schema: Schema, seen: frozenset[str], depth: int) -> dict[str, Any]:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in seen:
                return {}
            seen |= {reference}
        found = resolve(self._document, schema)
        merged = dict(found) if isinstance(found, Mapping) else {}
        if depth > MAX_DEPTH:
            return merged
        for part in _schemas_in(merged.pop("allOf", ())):
            merged = _merge_two(merged, self._merge_combined(part, seen, depth + 1))
        alternatives = [
            each
            for name in ("oneOf", "anyOf")
            for each in (
                self._merge_combined(part, seen, depth + 1) for part in _schemas_in(merged.pop(name, ()))
            )
            if each.get("type") != "null" and _enum_values(each) != [None]
        ]
        return _merge_two(merged, _merge_alternatives(alternatives)) if alternatives else merged

    def _literal_type(self, values: Sequence[Any], merged: Schema, name_hint: str) -> PythonType:
        if all(isinstance(each, bool) for each in values):
            return PythonType("bool")
        is_short_text = all(isinstance(each, str) and len(each) <= _MAX_LITERAL_VALUE for each in values)
        if not is_short_text and not all(isinstance(each, int) for each in values):
            return PythonType(_SCALAR_TYPES.get(str(merged.get("type", "string")), "PlainText"))
        items = tuple(dict.fromkeys(quote(each) if isinstance(each, str) else str(each) for each in values))
        literal = BracketedList("Literal[", items, "]")
        text = f"Literal[{', '.join(items)}]"
        if len(text) <= _MAX_INLINE_LITERAL:
            return PythonType(text)
        if text not in self._literal_aliases:
            name = self._claim_class_name(name_hint)
            self._literal_aliases[text] = name
            self._declarations.append(layout_lines(BracketedList(f"{name} = Literal[", literal.items, "]")))
        return PythonType(self._literal_aliases[text])

    def _array_type(self, merged: Schema, name_hint: str, depth: int) -> PythonType:
        items = merged.get("items")
        inner = (
            self.python_type(items, _singular(name_hint), depth + 1)
            if isinstance(items, Mapping) and items
            else PythonType("Any", free_form_reason="the document does not define its items")
        )
        constraints = [
            f"{constraint}={merged[keyword]}"
            for keyword, constraint in (("minItems", "min_length"), ("maxItems", "max_length"))
            if _is_int64(merged.get(keyword)) and merged[keyword] > 0
        ]
        text = (
            f"Annotated[{inner.text}, Field({', '.join(inner.constraints)})]"
            if inner.constraints
            else inner.text
        )
        return PythonType(f"list[{text}]", tuple(constraints), inner.free_form_reason)

    def _object_type(self, merged: Schema, name_hint: str, depth: int, reference: str | None) -> PythonType:
        fields = _properties(merged)
        if not fields or set(fields) == {"PLACEHOLDER"}:
            inner = merged.get("additionalProperties")
            values = (
                self.python_type(inner, name_hint, depth + 1)
                if isinstance(inner, Mapping) and inner
                else PythonType("Any", free_form_reason="the document does not define its members")
            )
            return PythonType(f"dict[str, {values.text}]", free_form_reason=values.free_form_reason)
        return PythonType(
            self._declare_model(merged, name_hint, strip_markup(merged.get("description")), depth, reference)
        )

    def _declare_model(
        self,
        merged: Schema,
        name_hint: str,
        description: str,
        depth: int,
        reference: str | None,
        reserved: Collection[str] = (),
        required: bool = True,
    ) -> str:
        name = self._claim_class_name(name_hint)
        if reference is not None:
            self._by_reference[reference] = name  # before its fields, one of which may refer back to it
        needed = set(_strings_in(merged.get("required"))) if required else set()
        taken = set(reserved)
        lines = [f"class {name}(Arguments):", f'    """{_docstring(description or name_hint)}"""', ""]
        for document_name, schema in _properties(merged).items():
            argument = argument_name(document_name)
            argument = make_unique(f"body_{argument}" if argument in taken else argument, taken)
            taken.add(argument)
            lines += layout_lines(
                self._field_source(document_name, argument, schema, document_name in needed, depth), 4
            )
        self._declarations.append(lines)
        return name

    def _field_source(
        self, document_name: str, argument: str, schema: Schema, needed: bool, depth: int
    ) -> Piece:
        field_name = model_field_name(argument)
        typed = self.python_type(schema, document_name, depth + 1)
        merged = self._merged_schema(schema)
        optional = not needed or _is_nullable(merged)
        items: list[Piece] = []
        if field_name != argument and argument == document_name:
            items.append(f"alias={quote(document_name)}")
        else:
            if field_name != argument:
                items.append(f"validation_alias={quote(argument)}")
            if to_camel(field_name) != document_name:
                items.append(f"serialization_alias={quote(document_name)}")
        items += typed.constraints
        items.append(
            StringLiteral("description=", describe_value(merged, document_name, typed.free_form_reason))
        )
        text = f"{typed.text} | None" if optional else typed.text
        return BracketedList(
            f"{field_name}: Annotated[",
            (text, BracketedList("Field(", tuple(items), ")")),
            "] = None" if optional else "]",
        )

    def _claim_class_name(self, name_hint: str) -> str:
        name = class_name(name_hint, self._names)
        self._names.add(name)
        return name


def describe_value(schema: Schema, document_name: str, free_form_reason: str = "") -> str:
    """Describe a field or a parameter: description, default, and why it is free-form."""
    text = (
        first_sentences(schema.get("description"), MAX_DESCRIPTION)
        or f"IBKR's `{strip_markup(document_name)[:60]}`."
    )
    default = schema.get("default")
    if default is not None and isinstance(default, (str, int, float)) and len(str(default)) < 30:
        text += (
            f" Default {strip_markup(str(default).lower() if isinstance(default, bool) else str(default))}."
        )
    return f"{text} Free-form JSON, because {free_form_reason}." if free_form_reason else text


def _docstring(text: str) -> str:
    return (
        truncate_escaped(headline(text, 90), LINE_LENGTH - 10)
        or "A schema of IBKR's document without a description."
    )


def _merge_two(first: dict[str, Any], second: Schema) -> dict[str, Any]:
    """Merge two schemas; the first wins where they differ."""
    fields = {**_properties(second), **_properties(first)}
    required = [*_strings_in(first.get("required")), *_strings_in(second.get("required"))]
    merged = {**second, **first}
    if fields:
        merged["properties"] = fields
        merged.setdefault("type", "object")
    if required:
        merged["required"] = list(dict.fromkeys(required))
    return merged


def _merge_alternatives(alternatives: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Merge alternatives into one schema that accepts each of them."""
    if len(alternatives) == 1:
        return alternatives[0]
    kinds = list(dict.fromkeys(kind for each in alternatives for kind in _type_names(each)))
    if kinds == ["object"] and all(_properties(each) for each in alternatives):
        needed = [set(_strings_in(each.get("required"))) for each in alternatives]
        fields: dict[str, Any] = {}
        for each in alternatives:
            for name, schema in _properties(each).items():
                known = fields.setdefault(name, schema)
                if known != schema:
                    fields[name] = {"oneOf": [known, schema]}
        return {"type": "object", "properties": fields, "required": sorted(set.intersection(*needed))}
    if kinds and all(_type_names(each) for each in alternatives) and set(kinds) <= set(_SCALAR_TYPES):
        choices = [_enum_values(each) for each in alternatives]
        if kinds == ["string"] and all(choices):
            return {"type": "string", "enum": [value for each in choices for value in each]}
        return {"type": kinds}
    return {"x-free-form": "the document allows several structures"}


def _union_type(kinds: Sequence[str]) -> PythonType:
    if not set(kinds) <= set(_SCALAR_TYPES):
        return PythonType("Any", free_form_reason="the document allows several types")
    wanted = [kind for kind in ("boolean", "number", "integer", "string") if kind in kinds]
    if "number" in wanted and "integer" in wanted:
        wanted.remove("integer")
    return PythonType(" | ".join(_SCALAR_TYPES[kind] for kind in wanted))


def _type_names(schema: Schema) -> list[str]:
    """The types that a schema names, or that its keywords imply."""
    named = schema.get("type")
    kinds = [named] if isinstance(named, str) else _strings_in(named)
    kinds = [each for each in kinds if each != "null"]
    if kinds:
        return kinds
    if _properties(schema) or isinstance(schema.get("additionalProperties"), Mapping):
        return ["object"]
    return ["array"] if "items" in schema else []


def _enum_values(schema: Schema) -> list[Any]:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return list(values) if isinstance(values, list) else []


def _properties(schema: Schema) -> Mapping[str, Schema]:
    fields = schema.get("properties")
    if not isinstance(fields, Mapping):
        return {}
    return {name: each if isinstance(each, Mapping) else {} for name, each in fields.items()}


def _is_nullable(schema: Schema) -> bool:
    kinds = schema.get("type")
    return bool(schema.get("nullable")) or (isinstance(kinds, list) and "null" in kinds)


def _bound_constraints(schema: Schema) -> tuple[str, ...]:
    sides = (("minimum", "ge", "exclusiveMinimum", "gt"), ("maximum", "le", "exclusiveMaximum", "lt"))
    found = []
    for bound, inclusive, exclusive_bound, exclusive in sides:
        if _is_int64(schema.get(bound)):
            found.append(f"{exclusive if schema.get(exclusive_bound) is True else inclusive}={schema[bound]}")
        elif _is_int64(schema.get(exclusive_bound)):
            found.append(f"{exclusive}={schema[exclusive_bound]}")
    return tuple(found)


def _is_int64(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _schemas_in(value: Any) -> list[Schema]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []


def _strings_in(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else f"{word}Item"
