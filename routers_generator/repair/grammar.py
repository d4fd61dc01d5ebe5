"""How a document is read: each reader takes what stands somewhere and gives what may stand there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from routers_generator.document.findings import Report, extend_pointer


class Omitted(Enum):
    """What a reader gives where nothing usable stands."""

    OMITTED = "gone"


OMITTED: Final = Omitted.OMITTED
MAX_NUMBER_LENGTH: Final = 30  # characters; more are no price, size or count
ReadValue: TypeAlias = Any  # a JSON value, or `GONE`
Reader: TypeAlias = Callable[[Any, str], ReadValue]


@dataclass(frozen=True)
class Member:
    """One member of an object; without `default` it may be missing, with it it is added."""

    read: Reader
    default: Any = field(default=OMITTED)


class Grammar:
    """Readers that tell a report what they change. A value that is fine comes back as it is."""

    def __init__(self, report: Report) -> None:
        """`report` is told."""
        self.report = report

    def text(self, value: Any, pointer: str) -> ReadValue:
        """A string; a number or a truth value becomes one."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | float):
            self.report.add_repair("value of the wrong type", pointer, "Written as text.")
            return str(value).lower() if isinstance(value, bool) else str(value)
        return self.reject(value, pointer, "text")

    def boolean(self, value: Any, pointer: str) -> ReadValue:
        """A boolean; the words true and false become one."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            self.report.add_repair("value of the wrong type", pointer, "Written as a boolean.")
            return value.lower() == "true"
        return self.reject(value, pointer, "a boolean")

    def number(self, value: Any, pointer: str) -> ReadValue:
        """A number; its digits as text become one."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        found = parse_number(value)
        if found is not None:
            self.report.add_repair("value of the wrong type", pointer, "Written as a number.")
            return found
        return self.reject(value, pointer, "a number")

    def count(self, value: Any, pointer: str) -> ReadValue:
        """A whole number from 0."""
        found = self.number(value, pointer)
        if found is OMITTED:
            return OMITTED
        if found < 0 or found != int(found):
            return self.reject(value, pointer, "a whole number from 0")
        return int(found)

    def anything(self, value: Any, _place: str) -> ReadValue:
        """Any JSON value."""
        return value

    def extension(self, value: Any, _place: str) -> ReadValue:
        """What stands behind a name that begins with x-: anybody's own."""
        return value

    def reject(self, value: Any, pointer: str, expected: str) -> Literal[Omitted.OMITTED]:
        """Tell that nothing usable stands here."""
        if value is None:
            self.report.add_repair("unexpected null", pointer, "Left out.")
        else:
            self.report.add_problem("value of the wrong type", pointer, f"Left out: it is not {expected}.")
        return OMITTED

    def list_of(self, read: Reader, *, unique: bool = False) -> Reader:
        """A list of what `read` gives."""

        def read_list(value: Any, pointer: str) -> ReadValue:
            if not isinstance(value, list):
                return self.reject(value, pointer, "a list")
            found: list[Any] = []
            for index, each in enumerate(value):
                one = read(each, extend_pointer(pointer, index))
                if one is OMITTED:
                    continue
                if unique and one in found:
                    self.report.add_repair("duplicate list item", extend_pointer(pointer, index), "Left out.")
                    continue
                found.append(one)
            return found

        return read_list

    def map_of(self, read: Reader, *, extensions: bool = False) -> Reader:
        """An object with any names whose values `read` gives."""

        def read_map(value: Any, pointer: str) -> ReadValue:
            if not isinstance(value, Mapping):
                return self.reject(value, pointer, "an object")
            found = {}
            for name, each in value.items():
                if name == "$ref":
                    self.report.add_problem(
                        "unexpected reference", extend_pointer(pointer, name), "Left out."
                    )
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
        """An object with these members and those whose names begin with x-."""

        def read_object(value: Any, pointer: str) -> ReadValue:
            if not isinstance(value, Mapping):
                return self.reject(value, pointer, what)
            return self.read_members(members, value, pointer)

        return read_object

    def read_members(
        self, members: Mapping[str, Member], value: Mapping[str, Any], pointer: str
    ) -> ReadValue:
        """The members of this object; `GONE` if one is missing that has a default of `None`."""
        found: dict[str, Any] = {}
        for name, each in value.items():
            if name.startswith("x-"):
                found[name] = each
            elif name not in members:
                self.report.add_repair("unknown member", extend_pointer(pointer, name), "Left out.")
            else:
                one = members[name].read(each, extend_pointer(pointer, name))
                if one is not OMITTED:
                    found[name] = one
        for name, member in members.items():
            if member.default is not OMITTED and name not in found:
                if member.default is None:
                    self.report.add_problem(
                        "missing member", pointer, f"Left out: it has no usable `{name}`."
                    )
                    return OMITTED
                self.report.add_repair("missing member", pointer, f"`{name}` was added.")
                found[name] = member.default
        return found


def parse_number(value: Any) -> int | float | None:
    """The number that a short text of digits is; None if it is none."""
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
    return found if found - found == 0 else None  # neither NaN nor infinite
