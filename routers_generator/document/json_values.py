"""Lossless JSON parsing: the values of duplicate keys are merged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class MergedObject(dict[str, Any]):
    """An object that had duplicate keys in the text."""

    def __init__(self, values: dict[str, Any], duplicate_keys: tuple[str, ...]) -> None:
        """`duplicate_keys` are the keys that occurred more than once."""
        super().__init__(values)
        self.duplicate_keys = duplicate_keys


def from_json(text: str) -> Any:
    """Parse JSON, including NaN and Infinity. Raises ValueError if the text is not JSON."""
    return json.loads(text, object_pairs_hook=merge_pairs)


def merge_pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object from pairs; objects under a duplicate key are merged, else the last value wins."""
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
