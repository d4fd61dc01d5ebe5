"""The command `routers`: generate a package of FastAPI routers from a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from routers_generator.document.loading import to_printable
from routers_generator.document.names import normalize_path
from routers_generator.document.operations import Operation, operations
from routers_generator.generate.file_writer import CannotWriteError, WriteResult, write_files
from routers_generator.generate.package import GeneratedPackage, build_package
from routers_generator.known_operations import known_operations
from routers_generator.repair.repair import RepairResult

_MAX_QUOTED: Final = 300
"""Characters up to which text of the document is quoted."""


@dataclass(frozen=True)
class GenerateOptions:
    """Which operations to generate, and where to write them."""

    directory: Path
    tags: tuple[str, ...] = ()
    missing_only: bool = False


class UnknownTagError(Exception):
    """No operation has the requested tag; `str()` is a sentence that lists the existing tags."""


def make_package(repaired: RepairResult, options: GenerateOptions) -> GeneratedPackage:
    """Build the package of the selected operations in memory. Raises UnknownTagError."""
    known = known_operations()
    found = operations(repaired.content)
    if options.tags:
        found = _filter_by_tags(found, options.tags, {key: each.section for key, each in known.items()})
    if options.missing_only:
        found = tuple(each for each in found if (each.method, normalize_path(each.path)) not in known)
    return build_package(repaired.content, found, known)


def generate(repaired: RepairResult, options: GenerateOptions) -> tuple[int, list[str]]:
    """Generate the package and write it; returns the exit status and messages for the user.

    Exit status: 0 written; 1 a file edited by hand was skipped; 2 nothing was written.
    """
    try:
        generated = make_package(repaired, options)
        result = write_files(options.directory, generated.files)
    except (UnknownTagError, CannotWriteError) as refusal:
        return 2, [str(refusal)]
    messages = _result_messages(options.directory, generated, result)
    if not generated.route_count and not generated.skipped:
        messages.append(_explain_no_routes(repaired))
    messages += [
        f"No route for {to_printable(f'{each.method} {each.path}', _MAX_QUOTED)}. "
        f"{to_printable(each.reason, _MAX_QUOTED)}"
        for each in repaired.dropped
        if each.unusable
    ]
    return int(bool(result.skipped)), messages


def _explain_no_routes(repaired: RepairResult) -> str:
    if operations(repaired.content):
        return "Every operation of the document has a hand-written route."
    return "The document has no operations that the gateway serves."


def _filter_by_tags(
    found: Sequence[Operation], tags: Sequence[str], sections: dict[tuple[str, str], str]
) -> tuple[Operation, ...]:
    def section(each: Operation) -> str:
        return sections.get((each.method, normalize_path(each.path)), each.section)

    existing = {_fold_tag(section(each)): section(each) for each in found}
    unknown = [tag for tag in tags if _fold_tag(tag) not in existing]
    if unknown:
        raise UnknownTagError(
            f"Unknown tag {', '.join(map(repr, unknown))}. Nothing was written. "
            f"The tags are {', '.join(dict.fromkeys(map(to_printable, existing.values())))}."
        )
    wanted = {_fold_tag(tag) for tag in tags}
    return tuple(each for each in found if _fold_tag(section(each)) in wanted)


def _fold_tag(tag: str) -> str:
    return tag.casefold().replace("-", " ").replace("_", " ").removeprefix("trading ").strip()


def _result_messages(directory: Path, generated: GeneratedPackage, result: WriteResult) -> list[str]:
    written_count = len(result.written)
    messages = [
        f"{directory}: {generated.route_count} routes in {len(generated.files) - 1} modules; "
        f"{written_count} files written, {len(result.unchanged)} unchanged."
    ]
    messages += [
        f"No route for {each.operation.method} {each.operation.path}. {each.reason}"
        for each in generated.skipped
    ]
    messages += [f"Skipped {name}: it was edited by hand." for name in result.skipped]
    messages += [f"{name} is left from an earlier run and not part of the package." for name in result.stale]
    return messages
