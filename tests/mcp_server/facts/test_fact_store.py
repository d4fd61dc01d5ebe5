"""The fact store: ages, logins, shared fetches, and the file that processes share."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from api_gateway.causes import Cause
from api_gateway.data_dir.database import Database
from mcp_server.facts.fact_store import FILE_NAME, KEY_NAME, MIGRATIONS, PRUNE_EVERY, Fact, FactStore

HOUR = timedelta(hours=1)
START = datetime(2026, 11, 30, 15, tzinfo=UTC)


class SettableClock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "data" / FILE_NAME, MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, database: Database, clock: SettableClock) -> FactStore:
    return FactStore(database if request.param == "file" else None, now=clock)


class CountingFetch:
    """Returns how often it was called, once `answer` is set."""

    def __init__(self, *, ready: bool = True) -> None:
        self.calls = 0
        self.cancelled = False
        self.ready = asyncio.Event()
        if ready:
            self.ready.set()

    async def __call__(self) -> Any:
        self.calls += 1
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return {"call": self.calls}


async def test_a_fact_is_read_until_it_is_older_than_the_reader_accepts(
    store: FactStore, clock: SettableClock
) -> None:
    await store.write("login", "contract", "265598", {"symbol": "AAPL"})
    clock.time += HOUR
    assert await store.read("login", "contract", "265598", HOUR) == Fact({"symbol": "AAPL"}, START)
    clock.time += timedelta(seconds=1)
    assert await store.read("login", "contract", "265598", HOUR) is None
    assert await store.read("login", "contract", "265598", 2 * HOUR) is not None


async def test_a_fact_from_the_future_is_not_used(store: FactStore, clock: SettableClock) -> None:
    await store.write("login", "contract", "1", "from the future")
    clock.time -= timedelta(minutes=1)
    assert await store.read("login", "contract", "1", HOUR) is not None, "clocks step back a little"
    clock.time -= timedelta(minutes=5)
    assert await store.read("login", "contract", "1", HOUR) is None


async def test_each_login_kind_and_key_has_facts_of_its_own(store: FactStore) -> None:
    await store.write("login", "contract", "1", "value")
    for place in (("other", "contract", "1"), ("login", "chain", "1"), ("login", "contract", "2")):
        assert await store.read(*place, HOUR) is None
    with pytest.raises(ValueError, match="login"):
        await store.write("", "contract", "1", "value")


async def test_a_caller_that_changes_a_value_changes_its_own_copy(store: FactStore) -> None:
    fetched = await store.get_or_fetch("login", "chain", "1", HOUR, CountingFetch())
    fetched.value["call"] = "changed"
    read = await store.read("login", "chain", "1", HOUR)
    assert read is not None
    assert read.value == {"call": 1}


async def test_concurrent_callers_share_one_fetch_and_later_ones_its_result(store: FactStore) -> None:
    fetch = CountingFetch(ready=False)
    callers = [asyncio.create_task(store.get_or_fetch("login", "chain", "1", HOUR, fetch)) for _ in range(5)]
    await asyncio.sleep(0)
    fetch.ready.set()
    facts = [*await asyncio.gather(*callers), await store.get_or_fetch("login", "chain", "1", HOUR, fetch)]
    assert facts == [Fact({"call": 1}, START)] * 6


async def test_a_cancelled_caller_does_not_cancel_the_fetch_of_the_others(store: FactStore) -> None:
    fetch = CountingFetch(ready=False)
    first, second = (
        asyncio.create_task(store.get_or_fetch("login", "chain", "1", HOUR, fetch)) for _ in range(2)
    )
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    fetch.ready.set()
    assert (await second).value == {"call": 1}
    assert not fetch.cancelled


async def test_a_failed_fetch_is_raised_and_not_stored(store: FactStore) -> None:
    async def fail() -> Any:
        raise RuntimeError("IBKR is silent")

    with pytest.raises(RuntimeError, match="silent"):
        await store.get_or_fetch("login", "chain", "1", HOUR, fail)
    assert (await store.get_or_fetch("login", "chain", "1", HOUR, CountingFetch())).value == {"call": 1}


async def test_processes_share_the_file(tmp_path: Path, clock: SettableClock) -> None:
    path = tmp_path / FILE_NAME
    first, second = Database(path, MIGRATIONS), Database(path, MIGRATIONS)
    try:
        reader = FactStore(second, now=clock)
        assert await reader.read("login", "contract", "1", HOUR) is None
        await FactStore(first, now=clock).write("login", "contract", "1", "value")
        first.close()  # waits for the write
        assert await reader.read("login", "contract", "1", HOUR) == Fact("value", START)
    finally:
        second.close()


async def test_the_oldest_facts_are_pruned_from_the_file_whatever_their_times(
    database: Database, clock: SettableClock
) -> None:
    store = FactStore(database, now=clock, max_memory_bytes=0, max_file_bytes=20_000)
    value = "x" * 800
    for number in range(2 * PRUNE_EVERY + 1):
        await store.write("login", "contract", str(number), [number, value])
        clock.time -= HOUR
    database.write().result()
    keys = [int(orjson.loads(row[0])[0]) for row in database.query("SELECT value FROM fact ORDER BY id")]
    assert keys == list(range(keys[0], 2 * PRUNE_EVERY + 1))
    assert 10 <= len(keys) <= 20


async def test_memory_drops_the_least_recently_used(clock: SettableClock) -> None:
    store = FactStore(None, now=clock, max_memory_bytes=3_500)
    for key in ("a", "b", "c"):
        await store.write("login", "contract", key, "x" * 800)
    await store.read("login", "contract", "a", HOUR)
    await store.write("login", "contract", "d", "x" * 800)
    await store.write("login", "contract", "too large", "x" * 4_000)
    found = [
        key for key in ("a", "b", "c", "d", "too large") if await store.read("login", "contract", key, HOUR)
    ]
    assert found == ["a", "c", "d"]


async def test_without_a_usable_folder_facts_are_in_memory_and_that_is_logged_once(
    tmp_path: Path, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    database = Database(tmp_path / "data" / FILE_NAME, MIGRATIONS)
    store = FactStore(database, now=clock)
    with caplog.at_level(logging.INFO):
        store.open_file()
        for key in ("1", "2"):
            await store.write("login", "contract", key, "value")
            assert await store.read("login", "contract", key, HOUR) is not None
        database.close()
    assert store.file_problem is not None
    assert store.file_problem.cause is Cause.DATA_FOLDER_UNUSABLE
    assert len(caplog.records) == 1


async def test_deleting_the_folder_while_running_only_loses_what_it_held(
    database: Database, clock: SettableClock
) -> None:
    store = FactStore(database, now=clock, max_memory_bytes=0)
    await store.write("login", "contract", "1", "value")
    database.write().result()
    for path in database.path.parent.iterdir():
        path.unlink()
    database.path.parent.rmdir()
    assert await store.read("login", "contract", "1", HOUR) is None
    await store.write("login", "contract", "2", "value")
    database.write().result()
    assert await store.read("login", "contract", "2", HOUR) is not None
    assert store.file_problem is None


async def test_deleting_only_the_log_of_the_file_while_running_is_survived(
    database: Database, clock: SettableClock
) -> None:
    store = FactStore(database, now=clock)
    await store.write("login", "contract", "1", "value")
    database.write().result()
    for suffix in ("-wal", "-shm"):
        database.path.with_name(f"{FILE_NAME}{suffix}").unlink()
    await store.read("login", "contract", "2", HOUR)
    await store.write("login", "contract", "2", "value")
    assert await store.read("login", "contract", "2", HOUR) is not None
    database.close()
    reopened = Database(database.path, MIGRATIONS)
    after = FactStore(reopened, now=clock)
    await after.write("login", "contract", "3", "value")
    reopened.close()
    assert after.file_problem is None


async def test_what_is_stored_is_what_was_written(database: Database, clock: SettableClock) -> None:
    await FactStore(database, now=clock).write(
        "DU1234567", "contract", "DU7654321", {"strikes": [1.5, None], "name": "Ü"}
    )
    database.close()
    connection = sqlite3.connect(database.path)
    rows = connection.execute("SELECT scope, kind, key, fetched_at, value FROM fact").fetchall()
    connection.close()
    [(scope, kind, key, *stored)] = rows
    assert (kind, stored) == (
        "contract",
        [START.timestamp(), '{"strikes":[1.5,null],"name":"Ü"}'.encode()],
    )
    # A hash without a secret key would be found by trying all account IDs.
    for text, hashed in (("DU1234567", scope), ("DU7654321", key)):
        assert len(hashed) == 32
        assert text not in hashed
        assert not hashlib.sha256(text.encode()).hexdigest().startswith(hashed)


async def test_a_file_without_its_key_is_not_read(database: Database, clock: SettableClock) -> None:
    await FactStore(database, now=clock).write("login", "contract", "1", "value")
    database.write().result()
    assert await FactStore(database, now=clock).read("login", "contract", "1", HOUR) is not None
    database.path.with_name(KEY_NAME).unlink()
    assert await FactStore(database, now=clock).read("login", "contract", "1", HOUR) is None


@pytest.mark.parametrize(
    ("fetched_at", "value"),
    [
        (START.timestamp(), b"{not JSON"),
        (START.timestamp(), 7),
        (START.timestamp(), ""),
        ("yesterday", b"1"),
        (1e300, b"1"),
        (float("inf"), b"1"),
    ],
)
async def test_a_damaged_row_counts_as_missing(
    database: Database, clock: SettableClock, fetched_at: Any, value: Any
) -> None:
    await FactStore(database, now=clock).write("login", "contract", "1", "value")
    database.write(("UPDATE fact SET fetched_at = ?, value = ?", (fetched_at, value))).result()
    store = FactStore(database, now=clock)
    assert await store.read("login", "contract", "1", HOUR) is None
    assert (await store.get_or_fetch("login", "contract", "1", HOUR, CountingFetch())).value == {"call": 1}


async def test_a_file_without_its_table_is_replaced(database: Database, clock: SettableClock) -> None:
    database.write(("DROP TABLE fact", ())).result()
    store = FactStore(database, now=clock, max_memory_bytes=0)
    assert await store.read("login", "contract", "1", HOUR) is None
    await store.write("login", "contract", "1", "value")
    database.write().result()
    assert await store.read("login", "contract", "1", HOUR) is not None
    assert store.file_problem is None
    assert database.path.with_name(f"{FILE_NAME}.corrupt").exists()
