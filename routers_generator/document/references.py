"""Resolution of references: the component each one points to, and its name in the repaired document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from routers_generator.document.findings import Report, json_pointer
from routers_generator.document.names import UniqueNames

COMPONENT_KINDS: Final = (
    "schemas",
    "responses",
    "parameters",
    "examples",
    "requestBodies",
    "headers",
    "securitySchemes",
)
_VALID_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_INVALID_CHARACTERS: Final = re.compile(r"[^A-Za-z0-9._-]+")

Steps = tuple[str, ...]


@dataclass(frozen=True)
class Component:
    """A component to read: its kind, new name, original value, and pointer into the original document."""

    kind: str
    name: str
    value: Any
    pointer: str


class References:
    """Gives the components of a document valid names that differ by more than case."""

    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        """`document` is the original; renames and unresolved references are added to `report`."""
        self._document = document
        self._report = report
        self._taken = {kind: UniqueNames() for kind in COMPONENT_KINDS}
        self._names = {kind: self._assign_names(kind) for kind in COMPONENT_KINDS}
        self._extracted: dict[tuple[str, str], str] = {}
        self._required: set[tuple[str, str]] = set()
        self._queue: list[Component] = []

    def components(self, kind: str) -> Mapping[str, Any]:
        """The original components of one kind by their original names."""
        components = self._document.get("components")
        found = components.get(kind) if isinstance(components, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def positions(self, kind: str) -> Mapping[str, int]:
        """The position in the document of each component by its new name."""
        return {name: index for index, name in enumerate(self._names[kind].values())}

    def rewrite(self, kind: str, value: Mapping[str, Any], pointer: str) -> dict[str, str] | None:
        """Return the repaired reference; None, and a reported problem, if it does not resolve."""
        reference = value["$ref"]
        steps = _parse_pointer(reference) if isinstance(reference, str) else None
        if steps is None:
            what = "other documents are not read" if isinstance(reference, str) else "expected a string"
            self._report.add_problem("external reference", pointer, f"Removed: {what}.")
            return None
        if steps[:2] == ("components", kind) and len(steps) == len(("components", kind, "name")):
            if steps[2] in self._names[kind]:
                return _make_reference(kind, self._require(kind, steps[2]))
            found = None
        else:
            found = self._value_at(steps)
        if found is None or kind != "schemas":
            self._report.add_problem(
                "unresolved reference",
                pointer,
                "Removed: it does not resolve to a component of the expected kind.",
            )
            return None
        key = (kind, json_pointer(*steps))
        if key not in self._extracted:
            self._extracted[key] = self._taken[kind].claim(
                _INVALID_CHARACTERS.sub("_", steps[-1]) if steps else "document"
            )
            self._queue.append(Component(kind, self._extracted[key], found, json_pointer(*steps)))
        self._report.add_repair(
            "reference to a non-component",
            pointer,
            f"Moved its target to the component `{self._extracted[key]}`.",
        )
        return _make_reference(kind, self._extracted[key])

    def extract_schema(self, value: Any, pointer: str) -> dict[str, str]:
        """Move a schema that is nested too deeply to a separate component; returns the reference to it."""
        name = self._taken["schemas"].claim("nested")
        self._queue.append(Component("schemas", name, value, pointer))
        self._report.add_repair("deeply nested schema", pointer, f"Moved to the component `{name}`.")
        return _make_reference("schemas", name)

    def follow(self, value: Any) -> Any:
        """Follow a chain of references in the original document to its target."""
        seen: set[Steps] = set()
        while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
            steps = _parse_pointer(value["$ref"])
            if steps is None or steps in seen:
                return None
            seen.add(steps)
            value = self._value_at(steps)
        return value

    def require_all(self) -> None:
        """Queue every component, whether it is referenced or not."""
        for kind in COMPONENT_KINDS:
            for old in self._names[kind]:
                self._require(kind, old)

    def take_required(self) -> Iterator[Component]:
        """Yield each queued component, including those queued meanwhile."""
        while self._queue:
            yield self._queue.pop(0)

    def _require(self, kind: str, old: str) -> str:
        name = self._names[kind][old]
        if (kind, old) not in self._required:
            self._required.add((kind, old))
            pointer = json_pointer("components", kind, old)
            self._queue.append(Component(kind, name, self.components(kind)[old], pointer))
        return name

    def _value_at(self, steps: Steps) -> Any:
        """Return the value in the original document, or None."""
        found: Any = self._document
        for step in steps:
            if isinstance(found, Mapping) and step in found:
                found = found[step]
            elif isinstance(found, list) and re.fullmatch("[0-9]{1,9}", step) and int(step) < len(found):
                found = found[int(step)]
            else:
                return None
        return found

    def _assign_names(self, kind: str) -> dict[str, str]:
        """Assign each component its new name; valid names are unchanged."""
        names: dict[str, str] = dict.fromkeys(self.components(kind), "")
        for old in names:
            if _VALID_NAME.fullmatch(old) and old not in self._taken[kind]:
                names[old] = self._taken[kind].claim(old)
        for old, new in names.items():
            if new:
                continue
            is_valid = _VALID_NAME.fullmatch(old)
            names[old] = self._taken[kind].claim(_INVALID_CHARACTERS.sub("_", old) or "unnamed")
            what = "names that differ only in case" if is_valid else "invalid component name"
            self._report.add_repair(
                what, json_pointer("components", kind, old), f"Renamed to `{names[old]}`."
            )
        return names


def _make_reference(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _parse_pointer(reference: str) -> Steps | None:
    """Split a JSON pointer into its steps; None for a reference to another document."""
    if reference in ("#", "#/"):
        return ()
    if not reference.startswith("#/"):
        return None
    return tuple(unquote(step).replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/"))
