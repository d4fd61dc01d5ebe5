"""JSON text as values, with nothing lost: an object that has a key twice keeps what both had."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class Joined(dict[str, Any]):
    """An object whose text had some keys more than once."""

    def __init__(self, values: dict[str, Any], twice: tuple[str, ...]) -> None:
        """`twice` are the keys."""
        super().__init__(values)
        self.twice = twice


def from_json(text: str) -> Any:
    """The value that the text is; raises ValueError for what is not JSON. NaN and Infinity are numbers."""
    return json.loads(text, object_pairs_hook=joined)


def joined(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these pairs. Two objects of one key become one, of other values the last counts."""
    values: dict[str, Any] = {}
    twice: dict[str, None] = {}
    for key, value in pairs:
        if key in values:
            twice[key] = None
            if isinstance(values[key], dict) and isinstance(value, dict):
                both = (values[key], value)
                inner = [each for one in both if isinstance(one, Joined) for each in one.twice]
                value = joined([pair for one in both for pair in one.items()])
                if inner:
                    told = value.twice if isinstance(value, Joined) else ()
                    value = Joined(value, tuple(dict.fromkeys((*told, *inner))))
        values[key] = value
    return Joined(values, tuple(twice)) if twice else values
