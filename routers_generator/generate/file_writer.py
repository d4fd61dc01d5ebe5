"""Files that were generated, told from those of other hands, which are never written over."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

_FIRST: Final = "# Made by `python -m routers_generator generate`. Changed by hand, it is never written over."
_SEAL: Final = re.compile(r"# sha256:([0-9a-f]{64})")
_PACKAGE: Final = "__init__.py"


class CannotWriteError(Exception):
    """Nothing can be written there; `str()` is a sentence that says why."""


@dataclass(frozen=True)
class Outcome:
    """What became of each file, by name."""

    written: Sequence[str]
    unchanged: Sequence[str]
    left_alone: Sequence[str]  # changed by hand, or of another hand altogether
    left_over: Sequence[str]  # generated at another time, and no part of the package any more


def sealed(text: str) -> str:
    """The text with the two lines above it by which it is known again."""
    return f"{_FIRST}\n# sha256:{_digest(text)}\n{text}"


def untouched(text: str) -> bool:
    """Whether a file's text is as it was generated; what became of its line ends does not matter."""
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    seal, _, body = rest.partition("\n")
    found = _SEAL.fullmatch(seal)
    return first == _FIRST and found is not None and found[1] == _digest(body)


def write_files(directory: Path, files: Mapping[str, str]) -> Outcome:
    """Write the files that nobody has changed. Raises CannotWriteError where that is not possible.

    Nothing at all is written beside an `__init__.py` of another hand: the directory is somebody's package.
    """
    try:
        _make(directory)
        _check_free(directory, files)
        there = {
            path.name: path for path in sorted(directory.iterdir()) if path.suffix == ".py" and path.is_file()
        }
        foreign = {name for name, path in there.items() if not untouched(_text(path))}
        if _PACKAGE in foreign and _FIRST not in _text(there[_PACKAGE]):
            raise CannotWriteError(f"{directory} is a package that was not generated; nothing was written.")
        wanted = {name: sealed(text) for name, text in files.items() if name not in foreign}
        unchanged = [name for name in wanted if name in there and _text(there[name]) == wanted[name]]
        written = [name for name in wanted if name not in unchanged]
        _put(directory, {name: wanted[name] for name in written})
    except OSError as error:
        place = error.filename or directory
        raise CannotWriteError(f"{place} cannot be written to: {error.strerror}.") from error
    left_alone = sorted(name for name in foreign if name in files)
    left_over = sorted(name for name in there if name not in files and name not in foreign)
    return Outcome(tuple(written), tuple(unchanged), tuple(left_alone), tuple(left_over))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def _make(directory: Path) -> None:
    for place in (directory, *directory.parents):
        if place.is_symlink() and not place.exists():
            raise CannotWriteError(f"{place} is a link to what is not there; nothing was written.")
    if directory.exists() and not directory.is_dir():
        raise CannotWriteError(f"{directory} cannot be written to: it is no directory.")
    directory.mkdir(parents=True, exist_ok=True)


def _check_free(directory: Path, names: Iterable[str]) -> None:
    """Raise CannotWriteError where something that is no file has the name of a file, or hides a module."""
    for name in names:
        path, package = directory / name, directory / Path(name).stem
        if path.is_dir():
            raise CannotWriteError(f"{path} is a directory; nothing was written.")
        if path.is_symlink() and not path.exists():
            raise CannotWriteError(f"{path} is a link to what is not there; nothing was written.")
        if os.path.lexists(path) and not path.is_file():
            raise CannotWriteError(f"{path} is no file; nothing was written.")
        if (package / _PACKAGE).exists():
            raise CannotWriteError(f"{package} is a package, which would hide {name}; nothing was written.")


def _put(directory: Path, texts: Mapping[str, str]) -> None:
    """Each file is the new one or the old one, whenever it stops; all are new once there is room for all."""
    beside: dict[str, str] = {}
    try:
        for name, text in texts.items():
            with NamedTemporaryFile("wb", dir=directory, prefix=f".{name}.", delete=False) as file:
                beside[name] = file.name
                file.write(text.encode())
            os.chmod(file.name, 0o644)  # a server under another user reads it
        for name in texts:
            os.replace(beside[name], directory / name)
            del beside[name]
    finally:
        for left in beside.values():
            Path(left).unlink(missing_ok=True)
