"""The verb `compare`: where IBKR's document and the hand-written routes differ, and what of it is right."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from routers_generator.compare.documented_requests import ANY, Request, Value, documented
from routers_generator.document.findings import Dropped
from routers_generator.document.operations import operations
from routers_generator.known_operations import plain
from routers_generator.repair.repair import Repaired

KNOWN: Final = "known_requests.json"
ACCEPTED: Final = "accepted.toml"
MOST_VALUES: Final = 8
"""Values that are named where two lists of them differ; of the rest, how many."""


@dataclass(frozen=True, order=True)
class Difference:
    """One difference: the operation, what kind, and in words that name both sides."""

    operation: str
    kind: str
    text: str

    def __str__(self) -> str:
        """The line by which it is accepted."""
        return f"{self.operation}: {self.text}"


@dataclass(frozen=True)
class Accepted:
    """One difference that is right, as `str(difference)` has it, and why."""

    line: str
    source: str


@dataclass(frozen=True)
class Compared:
    """The differences that are not accepted, those that are, and what is accepted and not there."""

    operations: int  # that both have
    differences: Sequence[Difference]
    accepted: Sequence[tuple[Difference, str]]
    stale: Sequence[Accepted]
    unusable: Sequence[Dropped]

    @property
    def same(self) -> bool:
        """Whether there is nothing that a person has to look at."""
        return not self.differences and not self.stale and not self.unusable


def known_requests() -> tuple[Request, ...]:
    """What the hand-written routes can send."""
    rows = json.loads(files(__package__).joinpath(KNOWN).read_bytes())
    return tuple(
        Request(
            method=row["method"],
            path=plain(row["template"]),
            name=row["name"],
            parameters={name: _known(each) for name, each in row["query"].items()},
            body={name: _known(each) for name, each in (row["body"] or {}).items()},
        )
        for row in rows
    )


def accepted_differences() -> tuple[Accepted, ...]:
    """The differences that are accepted, each with where it is known from."""
    groups = tomllib.loads(files(__package__).joinpath(ACCEPTED).read_text(encoding="utf-8"))["accepted"]
    return tuple(Accepted(line, group["source"]) for group in groups for line in group["differences"])


def compare(
    repaired: Repaired, ours: Sequence[Request], accepted: Sequence[Accepted] | None = None
) -> Compared:
    """The document, repaired for the gateway, against what the routes can send."""
    theirs = [documented(repaired.content, each, plain(each.path)) for each in operations(repaired.content)]
    found = sorted(set(_differences(theirs, ours)))
    sources = {each.line: each for each in (accepted_differences() if accepted is None else accepted)}
    there = {str(each) for each in found}
    return Compared(
        operations=len({each.operation for each in theirs} & {each.operation for each in ours}),
        differences=[each for each in found if str(each) not in sources],
        accepted=[(each, sources[str(each)].source) for each in found if str(each) in sources],
        stale=[each for line, each in sources.items() if line not in there],
        unusable=[each for each in repaired.dropped if each.unusable],
    )


def _known(fact: Mapping[str, Any]) -> Value:
    return Value(
        type=fact["type"],
        required=fact.get("required", False),
        values=tuple(fact.get("enum") or fact.get("list_of") or ()),
        always=fact.get("always", False),
        constant=fact.get("constant", False),
    )


def _differences(theirs: Sequence[Request], ours: Sequence[Request]) -> Iterator[Difference]:
    have = {each.operation: each for each in ours}
    told = {each.operation: each for each in theirs}
    for operation, one in told.items():
        if operation in have:
            yield from _within(one, have[operation])
        else:
            yield _alone(one, ours, "document", "routes")
    for operation, one in have.items():
        if operation not in told:
            yield _alone(one, theirs, "routes", "document")


def _alone(one: Request, others: Sequence[Request], here: str, there: str) -> Difference:
    methods = sorted({each.method for each in others if each.path == one.path})
    if methods:
        text = f"only in the {here}; in the {there} it is {', '.join(methods)}"
        return Difference(one.operation, "another method", text)
    return Difference(one.operation, f"only in the {here}", f"only in the {here}")


def _within(theirs: Request, ours: Request) -> Iterator[Difference]:
    for what, documented_, sent in (
        ("parameter", theirs.parameters, ours.parameters),
        ("member", theirs.body, ours.body),
    ):
        for name in sorted({*documented_, *sent}):
            told = f"{what} `{name}`"
            if name not in sent:
                if documented_[name].type == ANY and name.endswith("[]"):
                    yield Difference(
                        theirs.operation, "items of any type", f"{told} may be anything in the document"
                    )
                elif not _inside_of_missing(name, documented_, sent):
                    kind = f"{what} only in the document"
                    yield Difference(theirs.operation, kind, f"{told} only in the document")
            elif name not in documented_:
                if not _inside_of_missing(name, sent, documented_) and not _undescribed(name, documented_):
                    yield Difference(
                        theirs.operation, f"{what} only in the routes", f"{told} only in the routes"
                    )
            else:
                for kind, text in _unlike(documented_[name], sent[name]):
                    yield Difference(theirs.operation, f"{kind} of a {what}", f"{told} {text}")


def _inside_of_missing(name: str, here: Mapping[str, Value], there: Mapping[str, Value]) -> bool:
    """Whether it stands in something that the other side lacks altogether, which is told already."""
    return any(
        name.startswith((f"{each}.", f"{each}[]")) and each != name and each not in there for each in here
    )


def _undescribed(name: str, documented_: Mapping[str, Value]) -> bool:
    """Whether it is in a list of which the document says nothing, which is told already."""
    return any(
        name.startswith(each) and each.endswith("[]") and value.type == ANY
        for each, value in documented_.items()
    )


def _unlike(theirs: Value, ours: Value) -> Iterator[tuple[str, str]]:
    if theirs.type != ours.type and ANY not in (theirs.type, ours.type):
        yield "type", f"is {theirs.type} in the document, {ours.type} in the routes"
    if theirs.required != ours.required and not (ours.constant or ours.always):
        yield "need", f"is required in the {'document' if theirs.required else 'routes'} only"
    if ours.constant:
        return
    if theirs.values and not ours.values:
        yield "values", f"has values in the document only: {_few(theirs.values)}"
    elif ours.values and not theirs.values:
        yield "values", f"has values in the routes only: {_few(ours.values)}"
    else:
        more, fewer = _beyond(theirs.values, ours.values), _beyond(ours.values, theirs.values)
        if more:
            yield "values", f"may be more in the document: {_few(more)}"
        if fewer:
            yield "values", f"may be more in the routes: {_few(fewer)}"


def _beyond(some: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    known = {str(each) for each in others}
    return tuple(each for each in some if str(each) not in known)


def _few(values: Sequence[Any]) -> str:
    named = [ascii(str(each)[:40])[1:-1] for each in values[:MOST_VALUES]]
    rest = len(values) - MOST_VALUES
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")
