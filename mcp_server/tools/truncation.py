"""Truncates a result that is too large for a model, by whole list items, and says what was left out.

What is shown and the rest are both valid JSON. A body that is not JSON is truncated as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mcp_server.tools.time_series import is_oldest_first, newest_dates

READ_MORE: Final = "read_more"

# With less room than this for each member of an object, a few are shown whole rather than a bit of each.
_MIN_MEMBER_BYTES: Final = 500
_MAX_PARTS_LISTED: Final = 3
_NOTE_BYTES: Final = 1_000
_NARROWING_WORDS: Final = frozenset(
    {"bar", "class", "count", "date", "days", "exchange", "fields", "filters", "from", "limit", "max"}
    | {"model", "month", "offset", "only", "page", "period", "since", "size", "start", "to", "type", "until"}
)


@dataclass(frozen=True)
class TruncatedBody:
    """The part of a body that is shown, its description, and the rest, which can be truncated likewise."""

    body: str
    description: str
    rest: bytes


def truncate(
    body: bytes, limit: int, hint: str, store: Callable[[bytes], str | None] | None = None
) -> tuple[str, str]:
    """A note and the truncated body, together at most `limit` bytes; the note ends with `hint`.

    `store` stores the rest and returns the cursor by which `read_more` continues, or None.
    """
    truncated = truncate_body(body, limit - _NOTE_BYTES)
    cursor = store(truncated.rest) if store else None
    read_on = f' Continue with `{READ_MORE}`, cursor "{cursor}".' if cursor else ""
    note = (
        f"TRUNCATED: {truncated.description}; {len(truncated.body.encode()):,} of {len(body):,} bytes. "
        f"The rest was left out here, not by IBKR.{read_on} {hint}"
    )
    return _clip(note.encode(), _NOTE_BYTES).rstrip(), truncated.body


def truncate_body(body: bytes, max_bytes: int) -> TruncatedBody:
    """As much of the body as fits in `max_bytes`."""
    truncator = _Truncator()
    try:
        value = orjson.loads(body)
        windows = newest_dates(value, max_bytes)
        if windows is not None:
            return TruncatedBody(
                orjson.dumps(windows.shown).decode(),
                f"this shows {_join_parts(windows.descriptions)}",
                orjson.dumps(windows.rest),
            )
        encoded = orjson.dumps(truncator.fit(value, max_bytes, ""))
    except (orjson.JSONDecodeError, RecursionError):
        encoded = b""
    if not encoded or len(encoded) > max_bytes:
        shown = _clip(body, max_bytes)
        return TruncatedBody(
            shown,
            "this is only the beginning, and it may end in the middle of a value",
            body[len(shown.encode()) :],
        )
    return TruncatedBody(encoded.decode(), "this shows " + truncator.describe(), truncator.rest())


def narrowing_hint(arguments: Mapping[str, Any]) -> str:
    """How to get a smaller result, from the schema of a tool's arguments."""
    options = [
        f"`{name}` ({described})" if (described := field.get("description", "").rstrip(".")) else f"`{name}`"
        for name, field in _narrowing_arguments(arguments)
    ]
    if not options:
        return "No argument of this tool makes its result smaller."
    return f"For a smaller result, call again with other values of {', '.join(options)}."


def _narrowing_arguments(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    required = arguments.get("required", ())
    for name, field in arguments.get("properties", {}).items():
        is_list = field.get("type") == "array"
        by_name = name not in required and not _NARROWING_WORDS.isdisjoint(name.split("_"))
        if field.get("type") != "boolean" and (is_list or by_name):
            yield name, field


class _Truncator:
    """Truncates one value and records where."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._rests: dict[str, Any] = {}

    def describe(self) -> str:
        """What is shown of each part that was truncated."""
        return _join_parts(self._parts)

    def rest(self) -> bytes:
        """What was left out, by the path where it was; a list or object that is the whole body as it is."""
        whole = self._rests.get("")
        return orjson.dumps(self._rests if whole is None or len(self._rests) > 1 else whole)

    def _leave_out(self, path: str, rest: Any, description: str) -> None:
        self._parts.append(description)
        if rest:
            self._rests[path] = rest

    def fit(self, value: Any, max_bytes: int, path: str) -> Any:
        """The value in at most `max_bytes`, unless it is a bare number."""
        if isinstance(value, list):
            return self._fit_list(value, max_bytes, path)
        if isinstance(value, dict):
            return self._fit_object(value, max_bytes, path)
        if isinstance(value, str):
            return self._fit_text(value, max_bytes, path)
        return value

    def _fit_list(self, items: list[Any], max_bytes: int, path: str) -> list[Any]:
        """As many items as fit: the first ones, but the newest ones if they are in order of time."""
        newest = is_oldest_first(items)
        count, left = 0, max_bytes - 2
        for item in reversed(items) if newest else items:
            left -= _json_size(item) + 1
            if left < 0:
                break
            count += 1
        if count == len(items):
            return items
        cut = max(1, count)
        rest = items[:-cut] if newest else items[cut:]
        if rest:
            self._leave_out(
                path,
                rest,
                f"the {'newest' if newest else 'first'} {cut:,} of {len(items):,} items of "
                f"{_describe_path(path, 'the list')}",
            )
        if count:
            return items[-count:] if newest else items[:count]
        index = len(items) - 1 if newest else 0
        return [self.fit(items[index], max_bytes - 3, f"{path}[{index}]")]

    def _fit_object(self, members: dict[str, Any], max_bytes: int, path: str) -> dict[str, Any]:
        sizes = {name: _json_size(name) + _json_size(value) + 2 for name, value in members.items()}
        size_limit = _fair_size_limit(sorted(sizes.values()), max_bytes - 2)
        if size_limit < _MIN_MEMBER_BYTES:
            return self._fit_members(members, sizes, max_bytes, path)
        return {
            name: value
            if sizes[name] <= size_limit
            else self.fit(value, size_limit - _json_size(name) - 2, _join_path(path, name))
            for name, value in members.items()
        }

    def _fit_members(
        self, members: dict[str, Any], sizes: Mapping[str, int], max_bytes: int, path: str
    ) -> dict[str, Any]:
        included: dict[str, Any] = {}
        left = max_bytes - 2
        for name, value in members.items():
            left -= sizes[name]
            if left < 0:
                break
            included[name] = value
        cut = max(1, len(included))
        rest = dict(list(members.items())[cut:])
        if rest:
            self._leave_out(
                path,
                rest,
                f"the first {cut:,} of {len(members):,} members of {_describe_path(path, 'the object')}",
            )
        if not included and members:
            name, value = next(iter(members.items()))
            included[name] = self.fit(value, max_bytes - _json_size(name) - 3, _join_path(path, name))
        return included

    def _fit_text(self, text: str, max_bytes: int, path: str) -> str:
        included = text[: max(0, max_bytes - 2)]
        while included and _json_size(included) > max_bytes:
            included = included[: len(included) * 3 // 4]
        if len(included) < len(text):
            self._leave_out(
                path,
                text[len(included) :],
                f"the first {len(included):,} of {len(text):,} characters of "
                f"{_describe_path(path, 'the text')}",
            )
        return included


def _fair_size_limit(sizes: list[int], max_bytes: int) -> int:
    """The largest size that fits if every larger member is cut to it."""
    for index, size in enumerate(sizes):
        remaining = len(sizes) - index
        if size * remaining > max_bytes:
            return max_bytes // remaining
        max_bytes -= size
    return sizes[-1] if sizes else 0


def _join_parts(parts: Sequence[str]) -> str:
    more = len(parts) - _MAX_PARTS_LISTED
    listed = "; ".join(parts[:_MAX_PARTS_LISTED])
    return f"{listed}; and only part of {more} more" if more > 0 else listed


def _join_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _describe_path(path: str, otherwise: str) -> str:
    return f"`{path}`" if path else otherwise


def _json_size(value: Any) -> int:
    return len(orjson.dumps(value))


def _clip(text: bytes, max_bytes: int) -> str:
    return text[:max_bytes].decode(errors="ignore")
