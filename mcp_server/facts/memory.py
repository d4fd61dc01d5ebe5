"""A least-recently-used cache in memory, limited by the size of its values."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

FactKey = tuple[str, str, str]
"""Scope, kind and key."""

ENTRY_BYTES = 200
"""Approximate size of an entry besides its value."""


@dataclass(frozen=True)
class StoredFact:
    """A value as JSON text, and when it was fetched."""

    text: bytes
    fetched_at: datetime


class MemoryCache:
    """Facts by key; the least recently used are dropped beyond `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._facts: OrderedDict[FactKey, StoredFact] = OrderedDict()

    def get(self, key: FactKey) -> StoredFact | None:
        """The fact, which counts as used now."""
        if key in self._facts:
            self._facts.move_to_end(key)
        return self._facts.get(key)

    def put(self, key: FactKey, fact: StoredFact) -> None:
        """Store or replace a fact, unless it alone is larger than the cache."""
        self._remove(key)
        if len(fact.text) + ENTRY_BYTES > self._max_bytes:
            return
        self._facts[key] = fact
        self._bytes += len(fact.text) + ENTRY_BYTES
        while self._bytes > self._max_bytes:
            self._remove(next(iter(self._facts)))

    def _remove(self, key: FactKey) -> None:
        fact = self._facts.pop(key, None)
        if fact is not None:
            self._bytes -= len(fact.text) + ENTRY_BYTES
