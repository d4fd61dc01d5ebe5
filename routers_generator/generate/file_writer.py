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

_HEADER: Final = (
    "# Made by `python -m routers_generator generate`. Changed by hand, it is never written over."
)
_CHECKSUM_LINE: Final = re.compile(r"# sha256:([0-9a-f]{64})")
_INIT_FILE: Final = "__init__.py"


class CannotWriteError(Exception):
    """Nothing can be written there; `str()` is a sentence that says why."""


@dataclass(frozen=True)
class WriteResult:
    """What became of each file, by name."""

    written: Sequence[str]
    unchanged: Sequence[str]
    skipped: Sequence[str]  # changed by hand, or of another hand altogether
    stale: Sequence[str]  # generated at another time, and no part of the package any more


def add_checksum(text: str) -> str:
    """The text with the two lines above it by which it is known again."""
    return f"{_HEADER}\n# sha256:{_digest(text)}\n{text}"


def is_unmodified(text: str) -> bool:
    """Whether a file's text is as it was generated; what became of its line ends does not matter."""
    first, _, rest = text.replace("\r\n", "\n").partition("\n")
    checksum_line, _, body = rest.partition("\n")
    found = _CHECKSUM_LINE.fullmatch(checksum_line)
    return first == _HEADER and found is not None and found[1] == _digest(body)


def write_files(directory: Path, files: Mapping[str, str]) -> WriteResult:
    """Write the files that nobody has changed. Raises CannotWriteError where that is not possible.

    Nothing at all is written beside an `__init__.py` of another hand: the directory is somebody's package.
    """
    try:
        _make_directory(directory)
        _check_targets(directory, files)
        existing = {
            path.name: path for path in sorted(directory.iterdir()) if path.suffix == ".py" and path.is_file()
        }
        modified = {name for name, path in existing.items() if not is_unmodified(_read_text(path))}
        if _INIT_FILE in modified and _HEADER not in _read_text(existing[_INIT_FILE]):
            raise CannotWriteError(f"{directory} is a package that was not generated; nothing was written.")
        wanted = {name: add_checksum(text) for name, text in files.items() if name not in modified}
        unchanged = [
            name for name in wanted if name in existing and _read_text(existing[name]) == wanted[name]
        ]
        written = [name for name in wanted if name not in unchanged]
        _replace_files(directory, {name: wanted[name] for name in written})
    except OSError as error:
        place = error.filename or directory
        raise CannotWriteError(f"{place} cannot be written to: {error.strerror}.") from error
    skipped = sorted(name for name in modified if name in files)
    stale = sorted(name for name in existing if name not in files and name not in modified)
    return WriteResult(tuple(written), tuple(unchanged), tuple(skipped), tuple(stale))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read_text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def _make_directory(directory: Path) -> None:
    for place in (directory, *directory.parents):
        if place.is_symlink() and not place.exists():
            raise CannotWriteError(f"{place} is a link to what is not there; nothing was written.")
    if directory.exists() and not directory.is_dir():
        raise CannotWriteError(f"{directory} cannot be written to: it is no directory.")
    directory.mkdir(parents=True, exist_ok=True)


def _check_targets(directory: Path, names: Iterable[str]) -> None:
    """Raise CannotWriteError where something that is no file has the name of a file, or hides a module."""
    for name in names:
        path, package = directory / name, directory / Path(name).stem
        if path.is_dir():
            raise CannotWriteError(f"{path} is a directory; nothing was written.")
        if path.is_symlink() and not path.exists():
            raise CannotWriteError(f"{path} is a link to what is not there; nothing was written.")
        if os.path.lexists(path) and not path.is_file():
            raise CannotWriteError(f"{path} is no file; nothing was written.")
        if (package / _INIT_FILE).exists():
            raise CannotWriteError(f"{package} is a package, which would hide {name}; nothing was written.")


def _replace_files(directory: Path, texts: Mapping[str, str]) -> None:
    """Each file is the new one or the old one, whenever it stops; all are new once there is room for all."""
    temporary: dict[str, str] = {}
    try:
        for name, text in texts.items():
            with NamedTemporaryFile("wb", dir=directory, prefix=f".{name}.", delete=False) as file:
                temporary[name] = file.name
                file.write(text.encode())
            os.chmod(file.name, 0o644)  # a server under another user reads it
        for name in texts:
            os.replace(temporary[name], directory / name)
            del temporary[name]
    finally:
        for left in temporary.values():
            Path(left).unlink(missing_ok=True)
