"""Readers: each takes a value of the document and returns a valid one, reporting what it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from routers_generator.document.findings import Report, extend_pointer


class Omitted(Enum):
    """Sentinel that a reader returns for an unusable value."""

    OMITTED = "omitted"


OMITTED: Final = Omitted.OMITTED
MAX_NUMBER_LENGTH: Final = 30  # characters; nothing longer is a price, size or count
ReadValue: TypeAlias = Any  # a JSON value, or OMITTED
Reader: TypeAlias = Callable[[Any, str], ReadValue]


@dataclass(frozen=True)
class Member:
    """A member of an object; if it is missing, `default` is added (None: the object is rejected)."""

    read: Reader
    default: Any = field(default=OMITTED)


class Grammar:
    """Readers for JSON types; a valid value is returned unchanged, every change is reported."""

    def __init__(self, report: Report) -> None:
        """Changes are added to `report`."""
        self.report = report

    def text(self, value: Any, pointer: str) -> ReadValue:
        """Read a string; converts numbers and booleans."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            self.report.add_repair("value of the wrong type", pointer, "Converted to a string.")
            return str(value).lower() if isinstance(value, bool) else str(value)
        return self.reject(value, pointer, "a string")

    def boolean(self, value: Any, pointer: str) -> ReadValue:
        """Read a boolean; converts the strings true and false."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            self.report.add_repair("value of the wrong type", pointer, "Converted to a boolean.")
            return value.lower() == "true"
        return self.reject(value, pointer, "a boolean")

    def number(self, value: Any, pointer: str) -> ReadValue:
        """Read a number; converts numeric strings."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        found = parse_number(value)
        if found is not None:
            self.report.add_repair("value of the wrong type", pointer, "Converted to a number.")
            return found
        return self.reject(value, pointer, "a number")

    def count(self, value: Any, pointer: str) -> ReadValue:
        """Read a non-negative integer."""
        found = self.number(value, pointer)
        if found is OMITTED:
            return OMITTED
        if found < 0 or found != int(found):
            return self.reject(value, pointer, "a non-negative integer")
        return int(found)

    def anything(self, value: Any, _place: str) -> ReadValue:
        """Read any JSON value."""
        return value

    def extension(self, value: Any, _place: str) -> ReadValue:
        """Read the value of an x- extension, which may be anything."""
        return value

    def reject(self, value: Any, pointer: str, expected: str) -> Literal[Omitted.OMITTED]:
        """Report an unusable value and return OMITTED."""
        if value is None:
            self.report.add_repair("unexpected null", pointer, "Removed.")
        else:
            self.report.add_problem("value of the wrong type", pointer, f"Removed: expected {expected}.")
        return OMITTED

    def list_of(self, read: Reader, *, unique: bool = False) -> Reader:
        """Make a reader for a list with items read by `read`."""

        def read_list(value: Any, pointer: str) -> ReadValue:
            if not isinstance(value, list):
                return self.reject(value, pointer, "a list")
            found: list[Any] = []
            for index, each in enumerate(value):
                one = read(each, extend_pointer(pointer, index))
                if one is OMITTED:
                    continue
                if unique and one in found:
                    self.report.add_repair("duplicate list item", extend_pointer(pointer, index), "Removed.")
                    continue
                found.append(one)
            return found

        return read_list

    def map_of(self, read: Reader, *, extensions: bool = False) -> Reader:
        """Make a reader for an object with arbitrary names and values read by `read`."""

        def read_map(value: Any, pointer: str) -> ReadValue:
            if not isinstance(value, Mapping):
                return self.reject(value, pointer, "an object")
            found = {}
            for name, each in value.items():
                if name == "$ref":
                    self.report.add_problem("unexpected reference", extend_pointer(pointer, name), "Removed.")
                    continue
                one = (
                    each
                    if extensions and name.startswith("x-")
                    else read(each, extend_pointer(pointer, name))
                )
                if one is not OMITTED:
                    found[name] = one
            return found

        return read_map

    def object_of(self, members: Mapping[str, Member], what: str) -> Reader:
        """Make a reader for an object with these members and x- extensions; `what` names it in the report."""

        def read_object(value: Any, pointer: str) -> ReadValue:
            if not isinstance(value, Mapping):
                return self.reject(value, pointer, what)
            return self.read_members(members, value, pointer)

        return read_object

    def read_members(
        self, members: Mapping[str, Member], value: Mapping[str, Any], pointer: str
    ) -> ReadValue:
        """Read an object's members; returns OMITTED if a member whose default is None is missing."""
        found: dict[str, Any] = {}
        for name, each in value.items():
            if name.startswith("x-"):
                found[name] = each
            elif name not in members:
                self.report.add_repair("unknown member", extend_pointer(pointer, name), "Removed.")
            else:
                one = members[name].read(each, extend_pointer(pointer, name))
                if one is not OMITTED:
                    found[name] = one
        for name, member in members.items():
            if member.default is not OMITTED and name not in found:
                if member.default is None:
                    self.report.add_problem("missing member", pointer, f"Removed: it has no usable `{name}`.")
                    return OMITTED
                self.report.add_repair("missing member", pointer, f"Added `{name}`.")
                found[name] = member.default
        return found


def parse_number(value: Any) -> int | float | None:
    """Parse a short numeric string; None if it is not a finite number."""
    if not isinstance(value, str) or len(value) > MAX_NUMBER_LENGTH:
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        found = float(value)
    except ValueError:
        return None
    return found if found - found == 0 else None  # rules out NaN and infinity
