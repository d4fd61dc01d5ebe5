"""The JSON schemas of one section as Python types: models for objects, aliases for long choices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic.alias_generators import to_camel

from routers_generator.document.operations import resolved
from routers_generator.generate.docstrings import cut_escaped, headline, plain, short
from routers_generator.generate.python_names import argument_name, class_name, in_a_model, unused
from routers_generator.generate.source_layout import WIDTH, Bracketed, Piece, Words, laid_out, quoted

Schema = Mapping[str, Any]

DEEPEST: Final = 8
LONGEST_DESCRIPTION: Final = 160
_LONGEST_CHOICE: Final = 40
_LONGEST_VALUE: Final = 60
_SCALARS: Final = {"string": "PlainText", "integer": "int", "number": "Number", "boolean": "bool"}
_NUMBERS: Final = {
    **dict.fromkeys(("conid", "underlying_conid"), "ConidNumber"),
    **dict.fromkeys(("order_id", "parent_order_id", "alert_id"), "OrderNumber"),
}
_UNTOLD: Final = "the document does not say its type"


@dataclass(frozen=True)
class Typed:
    """A type as Python text, the limits that stand beside it, and why it is free-form if it is."""

    text: str
    limits: tuple[str, ...] = ()
    free: str = ""


class BodyModels:
    """The declarations of one module, in the order in which they can stand there."""

    def __init__(self, document: Schema) -> None:
        """`document` is where references lead."""
        self._document = document
        self._by_reference: dict[str, str] = {}
        self._choices: dict[str, str] = {}
        self._names: set[str] = set()
        self._lines: list[list[str]] = []

    @property
    def lines(self) -> Iterator[str]:
        """Every alias and model; an empty line between aliases and two around a model are the caller's."""
        for number, block in enumerate(self._lines):
            if number and (block[0].startswith("class ") or self._lines[number - 1][0].startswith("class ")):
                yield from ("", "")
            yield from block

    @property
    def begins_with_a_model(self) -> bool:
        """Whether the first declaration is a class."""
        return bool(self._lines) and self._lines[0][0].startswith("class ")

    @property
    def names(self) -> Collection[str]:
        """What is declared."""
        return self._names

    def typed(self, schema: Schema, wanted: str, depth: int = 0) -> Typed:
        """The type of a value; `wanted` names it, should it need a name."""
        if depth > DEEPEST:
            return Typed("Any", free=f"it is more than {DEEPEST} levels deep")
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in self._by_reference:
                return Typed(self._by_reference[reference])
            wanted = reference.rpartition("/")[2]
        else:
            reference = None
        meant = self._meant(schema)
        choices = [each for each in _enumerated(meant) if each is not None]
        if choices:
            return self._chosen(choices, meant, wanted)
        kinds = _kinds(meant)
        if len(kinds) > 1:
            return _union(kinds)
        kind = kinds[0] if kinds else ""
        if kind == "array":
            return self._array(meant, wanted, depth)
        if kind == "object":
            return self._object(meant, wanted, depth, reference)
        if kind == "integer":
            return Typed(_NUMBERS.get(argument_name(wanted), "int"), _bounds(meant))
        if kind in _SCALARS:
            return Typed(_SCALARS[kind])
        return Typed("Any", free=plain(meant.get("x-free-form"))[:LONGEST_DESCRIPTION] or _UNTOLD)

    def one_value(self, text: str) -> bool:
        """Whether a type is of single texts, numbers and booleans, of which an address can be made."""
        if text.startswith(("Annotated[int,", "Literal[")) or text in self._choices.values():
            return True
        return {*text.split(" | ")} <= {*_SCALARS.values(), *_NUMBERS.values()}

    def model(
        self, schema: Schema, wanted: str, about: str, apart_from: Collection[str], required: bool
    ) -> str | None:
        """The model of a whole body, whose fields are not named as in `apart_from`; None if it is none."""
        meant = self._meant(schema)
        if _kinds(meant) != ["object"] or not _properties(meant):
            return None
        told = {argument_name(theirs) for theirs in _properties(meant)}
        if "$ref" in schema and required and told.isdisjoint(apart_from):
            return self.typed(schema, wanted).text
        return self._declared(meant, wanted, about, 0, None, apart_from, required)

    def _meant(self, schema: Schema) -> dict[str, Any]:
        """The schema with references followed, and `allOf`, `oneOf` and `anyOf` made one."""
        return self._joined(schema, frozenset(), 0)

    def _joined(self, schema: Schema, seen: frozenset[str], depth: int) -> dict[str, Any]:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in seen:
                return {}
            seen |= {reference}
        found = resolved(self._document, schema)
        meant = dict(found) if isinstance(found, Mapping) else {}
        if depth > DEEPEST:
            return meant
        for part in _listed(meant.pop("allOf", ())):
            meant = _both(meant, self._joined(part, seen, depth + 1))
        alternatives = [
            each
            for name in ("oneOf", "anyOf")
            for each in (self._joined(part, seen, depth + 1) for part in _listed(meant.pop(name, ())))
            if each.get("type") != "null" and _enumerated(each) != [None]
        ]
        return _both(meant, _one_of(alternatives)) if alternatives else meant

    def _chosen(self, values: Sequence[Any], meant: Schema, wanted: str) -> Typed:
        if all(isinstance(each, bool) for each in values):
            return Typed("bool")
        fits = all(isinstance(each, str) and len(each) <= _LONGEST_VALUE for each in values)
        if not fits and not all(isinstance(each, int) for each in values):
            return Typed(_SCALARS.get(str(meant.get("type", "string")), "PlainText"))
        items = tuple(dict.fromkeys(quoted(each) if isinstance(each, str) else str(each) for each in values))
        literal = Bracketed("Literal[", items, "]")
        text = f"Literal[{', '.join(items)}]"
        if len(text) <= _LONGEST_CHOICE:
            return Typed(text)
        if text not in self._choices:
            name = self._named(wanted)
            self._choices[text] = name
            self._lines.append(laid_out(Bracketed(f"{name} = Literal[", literal.items, "]")))
        return Typed(self._choices[text])

    def _array(self, meant: Schema, wanted: str, depth: int) -> Typed:
        items = meant.get("items")
        inner = (
            self.typed(items, _singular(wanted), depth + 1)
            if isinstance(items, Mapping) and items
            else Typed("Any", free="the document does not say what its items are")
        )
        limits = [
            f"{ours}={meant[theirs]}"
            for theirs, ours in (("minItems", "min_length"), ("maxItems", "max_length"))
            if _whole(meant.get(theirs)) and meant[theirs] > 0
        ]
        text = f"Annotated[{inner.text}, Field({', '.join(inner.limits)})]" if inner.limits else inner.text
        return Typed(f"list[{text}]", tuple(limits), inner.free)

    def _object(self, meant: Schema, wanted: str, depth: int, reference: str | None) -> Typed:
        fields = _properties(meant)
        if not fields or set(fields) == {"PLACEHOLDER"}:
            inner = meant.get("additionalProperties")
            values = (
                self.typed(inner, wanted, depth + 1)
                if isinstance(inner, Mapping) and inner
                else Typed("Any", free="the document does not say what is in it")
            )
            return Typed(f"dict[str, {values.text}]", free=values.free)
        return Typed(self._declared(meant, wanted, plain(meant.get("description")), depth, reference))

    def _declared(
        self,
        meant: Schema,
        wanted: str,
        about: str,
        depth: int,
        reference: str | None,
        apart_from: Collection[str] = (),
        required: bool = True,
    ) -> str:
        name = self._named(wanted)
        if reference is not None:
            self._by_reference[reference] = name  # before its fields, one of which may be of the same kind
        needed = set(_texts(meant.get("required"))) if required else set()
        taken = set(apart_from)
        lines = [f"class {name}(Arguments):", f'    """{_docstring(about or wanted)}"""', ""]
        for theirs, schema in _properties(meant).items():
            told = argument_name(theirs)
            told = unused(f"body_{told}" if told in taken else told, taken)
            taken.add(told)
            lines += laid_out(self._field(theirs, told, schema, theirs in needed, depth), 4)
        self._lines.append(lines)
        return name

    def _field(self, theirs: str, told: str, schema: Schema, needed: bool, depth: int) -> Piece:
        named = in_a_model(told)
        typed = self.typed(schema, theirs, depth + 1)
        meant = self._meant(schema)
        optional = not needed or _nullable(meant)
        items: list[Piece] = []
        if named != told and told == theirs:
            items.append(f"alias={quoted(theirs)}")
        else:
            if named != told:
                items.append(f"validation_alias={quoted(told)}")
            if to_camel(named) != theirs:
                items.append(f"serialization_alias={quoted(theirs)}")
        items += typed.limits
        items.append(Words("description=", described(meant, theirs, typed.free)))
        text = f"{typed.text} | None" if optional else typed.text
        return Bracketed(
            f"{named}: Annotated[",
            (text, Bracketed("Field(", tuple(items), ")")),
            "] = None" if optional else "]",
        )

    def _named(self, wanted: str) -> str:
        name = class_name(wanted, self._names)
        self._names.add(name)
        return name


def described(meant: Schema, theirs: str, free: str = "") -> str:
    """What is said of a field or a parameter: its description, its default, why it is free-form."""
    told = short(meant.get("description"), LONGEST_DESCRIPTION) or f"IBKR's `{plain(theirs)[:60]}`."
    default = meant.get("default")
    if default is not None and isinstance(default, (str, int, float)) and len(str(default)) < 30:
        told += f" Default {plain(str(default).lower() if isinstance(default, bool) else str(default))}."
    return f"{told} Free-form JSON, as {free}." if free else told


def _docstring(text: str) -> str:
    return cut_escaped(headline(text, 90), WIDTH - 10) or "What IBKR's document has under this name."


def _both(first: dict[str, Any], second: Schema) -> dict[str, Any]:
    """One schema that says what both say; where they differ, what the first says."""
    fields = {**_properties(second), **_properties(first)}
    required = [*_texts(first.get("required")), *_texts(second.get("required"))]
    joined = {**second, **first}
    if fields:
        joined["properties"] = fields
        joined.setdefault("type", "object")
    if required:
        joined["required"] = list(dict.fromkeys(required))
    return joined


def _one_of(alternatives: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One schema for several alternatives."""
    if len(alternatives) == 1:
        return alternatives[0]
    kinds = list(dict.fromkeys(kind for each in alternatives for kind in _kinds(each)))
    if kinds == ["object"] and all(_properties(each) for each in alternatives):
        needed = [set(_texts(each.get("required"))) for each in alternatives]
        fields: dict[str, Any] = {}
        for each in alternatives:
            for name, schema in _properties(each).items():
                known = fields.setdefault(name, schema)
                if known != schema:
                    fields[name] = {"oneOf": [known, schema]}
        return {"type": "object", "properties": fields, "required": sorted(set.intersection(*needed))}
    if kinds and all(_kinds(each) for each in alternatives) and set(kinds) <= set(_SCALARS):
        choices = [_enumerated(each) for each in alternatives]
        if kinds == ["string"] and all(choices):
            return {"type": "string", "enum": [value for each in choices for value in each]}
        return {"type": kinds}
    return {"x-free-form": "the document has several shapes for it"}


def _union(kinds: Sequence[str]) -> Typed:
    if not set(kinds) <= set(_SCALARS):
        return Typed("Any", free="the document has several types for it")
    wanted = [kind for kind in ("boolean", "number", "integer", "string") if kind in kinds]
    if "number" in wanted and "integer" in wanted:
        wanted.remove("integer")
    return Typed(" | ".join(_SCALARS[kind] for kind in wanted))


def _kinds(meant: Schema) -> list[str]:
    """The types that a schema names, or that its members tell."""
    named = meant.get("type")
    kinds = [named] if isinstance(named, str) else _texts(named)
    kinds = [each for each in kinds if each != "null"]
    if kinds:
        return kinds
    if _properties(meant) or isinstance(meant.get("additionalProperties"), Mapping):
        return ["object"]
    return ["array"] if "items" in meant else []


def _enumerated(meant: Schema) -> list[Any]:
    if "const" in meant:
        return [meant["const"]]
    values = meant.get("enum")
    return list(values) if isinstance(values, list) else []


def _properties(meant: Schema) -> Mapping[str, Schema]:
    fields = meant.get("properties")
    if not isinstance(fields, Mapping):
        return {}
    return {name: each if isinstance(each, Mapping) else {} for name, each in fields.items()}


def _nullable(meant: Schema) -> bool:
    kinds = meant.get("type")
    return bool(meant.get("nullable")) or (isinstance(kinds, list) and "null" in kinds)


def _bounds(meant: Schema) -> tuple[str, ...]:
    sides = (("minimum", "ge", "exclusiveMinimum", "gt"), ("maximum", "le", "exclusiveMaximum", "lt"))
    found = []
    for theirs, ours, exclusive, open_ in sides:
        if _whole(meant.get(theirs)):
            found.append(f"{open_ if meant.get(exclusive) is True else ours}={meant[theirs]}")
        elif _whole(meant.get(exclusive)):
            found.append(f"{open_}={meant[exclusive]}")
    return tuple(found)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _listed(value: Any) -> list[Schema]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, (list, tuple)) else []


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else f"{word}Item"
