"""JSON text as values, with nothing lost: an object that has a key twice keeps what both had."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class MergedObject(dict[str, Any]):
    """An object whose text had some keys more than once."""

    def __init__(self, values: dict[str, Any], duplicate_keys: tuple[str, ...]) -> None:
        """`twice` are the keys."""
        super().__init__(values)
        self.duplicate_keys = duplicate_keys


def from_json(text: str) -> Any:
    """The value that the text is; raises ValueError for what is not JSON. NaN and Infinity are numbers."""
    return json.loads(text, object_pairs_hook=merge_pairs)


def merge_pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these pairs. Two objects of one key become one, of other values the last counts."""
    values: dict[str, Any] = {}
    duplicates: dict[str, None] = {}
    for key, value in pairs:
        if key in values:
            duplicates[key] = None
            if isinstance(values[key], dict) and isinstance(value, dict):
                both = (values[key], value)
                inner = [each for one in both if isinstance(one, MergedObject) for each in one.duplicate_keys]
                value = merge_pairs([pair for one in both for pair in one.items()])
                if inner:
                    own_duplicates = value.duplicate_keys if isinstance(value, MergedObject) else ()
                    value = MergedObject(value, tuple(dict.fromkeys((*own_duplicates, *inner))))
        values[key] = value
    return MergedObject(values, tuple(duplicates)) if duplicates else values
