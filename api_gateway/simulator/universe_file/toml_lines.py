"""Line numbers of a TOML document's tables and keys, which the standard library's parser does not report."""

from __future__ import annotations

import re
from collections.abc import Sequence

Place = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_\-. ]+?)\s*\]")
_KEY = re.compile(r"\s*[\"']?([A-Za-z0-9_\-]+)[\"']?\s*=")
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|#.*")


class TomlLines:
    """The line of each table and key of a valid document: `("position", 0, "quantity")` is on line 7.

    Dotted keys and inline tables have the line of the key that they begin with.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        counts: dict[str, int] = {}
        table: Place = ()
        depth, quotes = 0, ""
        for number, line in enumerate(text.splitlines(), 1):
            if quotes:
                quotes = "" if quotes in line else quotes
                continue
            if depth == 0:
                header, key = _HEADER.match(line), _KEY.match(line)
                if header:
                    table = tuple(part.strip() for part in header[2].split("."))
                    if header[1] == "[[":
                        table += (counts.get(header[2], 0),)
                        counts[header[2]] = counts.get(header[2], 0) + 1
                    self._lines[table] = number
                    continue
                if key:
                    self._lines.setdefault((*table, key[1]), number)
            quotes = next((each for each in ('"""', "'''") if line.count(each) % 2), "")
            rest = _TEXT.sub("", line)
            depth = max(0, depth + rest.count("[") - rest.count("]"))

    def line_of(self, place: Sequence[str | int]) -> int:
        """The line of a table or key, or else of the innermost table around it; 1 if there is none."""
        for length in range(len(place), 0, -1):
            line = self._lines.get(tuple(place[:length]))
            if line is not None:
                return line
        return 1
