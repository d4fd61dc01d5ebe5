"""An answer too large for a model, made smaller: whole items of its lists, and what was left out.

What is shown stays JSON, so that it can still be read by its names. A body that is none is cut as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

# Below this many bytes for each, a few members of an object are shown whole rather than a bit of each.
_WORTH_SHOWING: Final = 500
_PLACES_TOLD: Final = 3
_NOTE: Final = 1_000
_NARROWING: Final = frozenset(
    {"bar", "class", "count", "date", "days", "exchange", "fields", "filters", "from", "limit", "max"}
    | {"model", "month", "offset", "only", "page", "period", "since", "size", "start", "to", "type", "until"}
)


@dataclass(frozen=True)
class Cut:
    """What is shown of a body, and in words what that is."""

    body: str
    shown: str


def cut_answer(body: bytes, limit: int, for_less: str) -> tuple[str, str]:
    """A note and what the note is about, together at most `limit` bytes; `for_less` ends the note."""
    cut = shortened(body, limit - _NOTE)
    note = (
        f"CUT: {cut.shown}; {len(cut.body.encode()):,} of {len(body):,} bytes. "
        f"The rest is missing here, not at IBKR. {for_less}"
    )
    return _clipped(note.encode(), _NOTE), cut.body


def shortened(body: bytes, room: int) -> Cut:
    """As much of the body as `room` bytes hold."""
    try:
        shorter = _Shorter()
        whole = orjson.dumps(shorter.fit(orjson.loads(body), room, ""))
    except (orjson.JSONDecodeError, RecursionError):
        whole = b""
    if not whole or len(whole) > room:
        return Cut(_clipped(body, room), "this is its beginning, which ends in the middle of something")
    return Cut(whole.decode(), "this shows " + shorter.told())


def less(arguments: Mapping[str, Any]) -> str:
    """How to ask for a smaller answer, from the schema of a tool's arguments."""
    ways = [
        f"`{name}` ({described})" if (described := field.get("description", "").rstrip(".")) else f"`{name}`"
        for name, field in _narrowing(arguments)
    ]
    if not ways:
        return "No argument of this tool makes its answer smaller."
    return f"For less, call again with other {', '.join(ways)}."


def _narrowing(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    needed = arguments.get("required", ())
    for name, field in arguments.get("properties", {}).items():
        is_list = field.get("type") == "array"
        by_name = name not in needed and not _NARROWING.isdisjoint(name.split("_"))
        if field.get("type") != "boolean" and (is_list or by_name):
            yield name, field


class _Shorter:
    """Makes one value smaller and remembers where."""

    def __init__(self) -> None:
        self._places: list[str] = []

    def told(self) -> str:
        """What is shown of each place that was cut."""
        more = len(self._places) - _PLACES_TOLD
        listed = "; ".join(self._places[:_PLACES_TOLD])
        return f"{listed}; and less than all of {more} more" if more > 0 else listed

    def fit(self, value: Any, room: int, path: str) -> Any:
        """The value in at most `room` bytes, if it is not a bare number."""
        if isinstance(value, list):
            return self._list(value, room, path)
        if isinstance(value, dict):
            return self._object(value, room, path)
        if isinstance(value, str):
            return self._text(value, room, path)
        return value

    def _list(self, items: list[Any], room: int, path: str) -> list[Any]:
        kept: list[Any] = []
        left = room - 2
        for item in items:
            left -= _size(item) + 1
            if left < 0:
                break
            kept.append(item)
        if len(kept) < len(items):
            self._places.append(
                f"the first {max(1, len(kept)):,} of {len(items):,} items of {_named(path, 'the list')}"
            )
        if items and not kept:
            kept.append(self.fit(items[0], room - 3, f"{path}[0]"))
        return kept

    def _object(self, members: dict[str, Any], room: int, path: str) -> dict[str, Any]:
        sizes = {name: _size(name) + _size(value) + 2 for name, value in members.items()}
        level = _level(sorted(sizes.values()), room - 2)
        if level < _WORTH_SHOWING:
            return self._first_members(members, sizes, room, path)
        return {
            name: value
            if sizes[name] <= level
            else self.fit(value, level - _size(name) - 2, f"{path}.{name}" if path else name)
            for name, value in members.items()
        }

    def _first_members(
        self, members: dict[str, Any], sizes: Mapping[str, int], room: int, path: str
    ) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        left = room - 2
        for name, value in members.items():
            left -= sizes[name]
            if left < 0:
                break
            kept[name] = value
        self._places.append(
            f"the first {len(kept):,} of {len(members):,} members of {_named(path, 'the object')}"
        )
        return kept

    def _text(self, text: str, room: int, path: str) -> str:
        kept = text[: max(0, room - 2)]
        while kept and _size(kept) > room:
            kept = kept[: len(kept) * 3 // 4]
        if len(kept) < len(text):
            self._places.append(
                f"the first {len(kept):,} of {len(text):,} characters of {_named(path, 'the text')}"
            )
        return kept


def _level(sizes: list[int], room: int) -> int:
    """The size up to which each may be kept whole, when the larger ones are brought down to it."""
    for place, size in enumerate(sizes):
        remaining = len(sizes) - place
        if size * remaining > room:
            return room // remaining
        room -= size
    return sizes[-1] if sizes else 0


def _named(path: str, otherwise: str) -> str:
    return f"`{path}`" if path else otherwise


def _size(value: Any) -> int:
    return len(orjson.dumps(value))


def _clipped(text: bytes, room: int) -> str:
    return text[:room].decode(errors="ignore")
