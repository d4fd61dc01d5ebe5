"""The cache in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from mcp_server.facts.memory import ENTRY_BYTES, MemoryCache, StoredFact

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)


def test_replacing_a_fact_frees_the_room_of_the_old_one() -> None:
    cache = MemoryCache(2 * (ENTRY_BYTES + 10))
    for text in (b"0123456789", b"9876543210"):
        for key in ("a", "b"):
            cache.put(("login", "kind", key), StoredFact(text, NOW))
    for key in ("a", "b"):
        assert cache.get(("login", "kind", key)) == StoredFact(b"9876543210", NOW)


def test_a_fact_that_is_too_large_replaces_what_it_makes_out_of_date() -> None:
    cache = MemoryCache(ENTRY_BYTES + 10)
    cache.put(("login", "kind", "a"), StoredFact(b"old", NOW))
    cache.put(("login", "kind", "a"), StoredFact(b"x" * 11, NOW))
    assert cache.get(("login", "kind", "a")) is None
