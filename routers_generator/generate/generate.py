"""The verb `generate`: a document in, a package of FastAPI routers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from routers_generator.document.loading import shown
from routers_generator.document.operations import Operation, operations
from routers_generator.generate.file_writer import CannotWriteError, Outcome, write_files
from routers_generator.generate.package import Package, package
from routers_generator.known_operations import known_operations, plain
from routers_generator.repair.repair import Repaired

_LONGEST: Final = 300
"""Characters of a text of the document that are repeated."""


@dataclass(frozen=True)
class Wanted:
    """Which operations, and where to."""

    directory: Path
    tags: tuple[str, ...] = ()
    missing: bool = False


class UnknownTagError(Exception):
    """A tag that no operation has; `str()` is a sentence that names those that there are."""


def make_package(repaired: Repaired, wanted: Wanted) -> Package:
    """The package of the operations that are wanted, as texts. Raises UnknownTagError."""
    known = known_operations()
    found = operations(repaired.content)
    if wanted.tags:
        found = _tagged(found, wanted.tags, {key: each.section for key, each in known.items()})
    if wanted.missing:
        found = tuple(each for each in found if (each.method, plain(each.path)) not in known)
    return package(repaired.content, found, known)


def generate(repaired: Repaired, wanted: Wanted) -> tuple[int, list[str]]:
    """Write the package; returns the exit status and what there is to say.

    0: it is as wanted; 1: a file that was changed by hand was left alone; 2: nothing could be written.
    """
    try:
        made = make_package(repaired, wanted)
        outcome = write_files(wanted.directory, made.files)
    except (UnknownTagError, CannotWriteError) as refusal:
        return 2, [str(refusal)]
    told = _told(wanted.directory, made, outcome)
    if not made.routes and not made.left_out:
        told.append(_why_none(repaired))
    told += [
        f"{shown(f'{each.method} {each.path}', _LONGEST)} has no route. {shown(each.reason, _LONGEST)}"
        for each in repaired.dropped
        if each.unusable
    ]
    return int(bool(outcome.left_alone)), told


def _why_none(repaired: Repaired) -> str:
    if operations(repaired.content):
        return "Nothing is missing: each operation of the document has a hand-written route."
    return "The document has no operation that a gateway serves."


def _tagged(
    found: Sequence[Operation], tags: Sequence[str], sections: dict[tuple[str, str], str]
) -> tuple[Operation, ...]:
    def section(each: Operation) -> str:
        return sections.get((each.method, plain(each.path)), each.section)

    there = {_spelled(section(each)): section(each) for each in found}
    unknown = [tag for tag in tags if _spelled(tag) not in there]
    if unknown:
        raise UnknownTagError(
            f"{', '.join(map(repr, unknown))}: no operation has this tag; "
            f"the tags are {', '.join(dict.fromkeys(map(shown, there.values())))}."
        )
    wanted = {_spelled(tag) for tag in tags}
    return tuple(each for each in found if _spelled(section(each)) in wanted)


def _spelled(tag: str) -> str:
    return tag.casefold().replace("-", " ").replace("_", " ").removeprefix("trading ").strip()


def _told(directory: Path, made: Package, outcome: Outcome) -> list[str]:
    changed = len(outcome.written)
    told = [
        f"{directory}: {made.routes} routes in {len(made.files) - 1} modules; "
        f"{changed} files written, {len(outcome.unchanged)} as they were."
    ]
    told += [
        f"{each.operation.method} {each.operation.path} has no route. {each.reason}" for each in made.left_out
    ]
    told += [f"{name} was changed by hand and is left alone." for name in outcome.left_alone]
    told += [f"{name} is of an earlier run and no part of the package." for name in outcome.left_over]
    return told
