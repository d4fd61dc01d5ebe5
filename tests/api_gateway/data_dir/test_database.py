"""Databases in the data folder: schema versions, sharing, deletion and corruption."""

from __future__ import annotations

import logging
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE

import pytest

from api_gateway.data_dir.database import Database, Migration, NewerSchemaError

FIRST: Migration = ("CREATE TABLE colour (name TEXT PRIMARY KEY)",)
SECOND: Migration = (
    "ALTER TABLE colour ADD COLUMN bright INTEGER NOT NULL DEFAULT 0",
    "UPDATE colour SET bright = 1 WHERE name = 'yellow'",
)
INSERT = "INSERT OR REPLACE INTO colour (name) VALUES (?)"
NAMES = "SELECT name FROM colour ORDER BY name"

OpenDatabase = Callable[..., Database]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "colours.sqlite3"


@pytest.fixture
def open_database(path: Path) -> Iterator[OpenDatabase]:
    """Opens the database with the migrations given; closed after the test."""
    opened: list[Database] = []

    def open_it(*migrations: Migration) -> Database:
        opened.append(Database(path, migrations or (FIRST,)))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


def test_a_write_is_read_in_another_process(open_database: OpenDatabase) -> None:
    first, second = open_database(), open_database()
    assert second.query(NAMES) == []
    first.write((INSERT, ("red",)), (INSERT, ("blue",))).result()
    assert second.query(NAMES) == [("blue",), ("red",)]


def test_a_write_is_whole_or_not_at_all(open_database: OpenDatabase) -> None:
    database = open_database()
    failed = database.write((INSERT, ("red",)), ("INSERT INTO no_such_table VALUES (1)", ()))
    assert isinstance(failed.exception(), sqlite3.OperationalError)
    assert database.query(NAMES) == []
    database.write((INSERT, ("blue",))).result()
    assert database.query(NAMES) == [("blue",)]


def test_closing_waits_for_the_writes(open_database: OpenDatabase) -> None:
    database = open_database()
    for number in range(50):
        database.write((INSERT, (f"{number:02}",)))
    database.close()
    database.close()
    assert len(open_database().query(NAMES)) == 50


def test_every_file_is_private_from_the_start_to_the_end(path: Path, open_database: OpenDatabase) -> None:
    database = open_database()
    database.write((INSERT, ("red",))).result()
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert files == {f"{path.name}{suffix}": 0o600 for suffix in ("", "-wal", "-shm")}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_older_schema_is_migrated_with_its_rows(open_database: OpenDatabase) -> None:
    old = open_database(FIRST)
    old.write((INSERT, ("red",)), (INSERT, ("yellow",))).result()
    old.close()
    new = open_database(FIRST, SECOND)
    assert new.query("SELECT name, bright FROM colour ORDER BY name") == [("red", 0), ("yellow", 1)]
    assert new.query("PRAGMA user_version") == [(2,)]


def test_a_migration_that_fails_changes_nothing(open_database: OpenDatabase) -> None:
    open_database(FIRST).write((INSERT, ("red",))).result()
    with pytest.raises(sqlite3.OperationalError):
        open_database(FIRST, (*SECOND, "INSERT INTO no_such_table VALUES (1)")).open()
    unchanged = open_database(FIRST)
    assert unchanged.query("SELECT * FROM colour") == [("red",)]
    assert unchanged.query("PRAGMA user_version") == [(1,)]


def test_processes_that_start_together_migrate_once(path: Path) -> None:
    def open_and_count(_: int) -> int:
        database = Database(path, (FIRST, SECOND))
        try:
            return len(database.query("SELECT * FROM colour"))
        finally:
            database.close()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(open_and_count, range(16))) == [0] * 16


def test_a_newer_schema_is_refused_and_left_as_it_is(path: Path, open_database: OpenDatabase) -> None:
    open_database(FIRST, SECOND).write((INSERT, ("red",))).result()
    with pytest.raises(NewerSchemaError) as refused:
        open_database(FIRST).open()
    assert str(path) in str(refused.value)
    assert open_database(FIRST, SECOND).query(NAMES) == [("red",)]


@pytest.mark.parametrize("suffixes", [[""], ["", "-wal", "-shm"], ["", "-shm"]])
def test_files_may_be_deleted_while_they_are_in_use(
    path: Path, open_database: OpenDatabase, suffixes: list[str]
) -> None:
    running, other = open_database(), open_database()
    running.write((INSERT, ("red",))).result()
    other.query(NAMES)
    for suffix in suffixes:
        Path(f"{path}{suffix}").unlink()
    running.write((INSERT, ("blue",))).result()
    assert running.query(NAMES) == [("blue",)]
    assert other.query(NAMES) == [("blue",)]
    running.close()
    other.close()
    assert open_database().query(NAMES) == [("blue",)]


USER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("CREATE TABLE colour (name TEXT PRIMARY KEY)")
for number in range(200):
    connection.execute("INSERT INTO colour (name) VALUES (?)", (number,))
print(connection.total_changes, flush=True)
sys.stdin.read()
"""


def test_a_new_file_shares_nothing_with_a_deleted_one_that_another_process_uses(
    path: Path, open_database: OpenDatabase
) -> None:
    path.parent.mkdir()
    user = subprocess.Popen([sys.executable, "-c", USER, str(path)], stdin=PIPE, stdout=PIPE, text=True)
    try:
        assert user.stdout is not None
        assert user.stdout.readline() == "200\n"
        path.unlink()
        new = open_database()
        assert new.query(NAMES) == []
        new.write((INSERT, ("blue",))).result()
        assert new.query(NAMES) == [("blue",)]
    finally:
        user.communicate()


@pytest.mark.parametrize("content", [b"no database at all, but longer than its header" * 10, b"\x00" * 8192])
def test_a_corrupt_file_is_moved_aside_and_replaced(
    path: Path, open_database: OpenDatabase, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        database = open_database()
        assert database.query(NAMES) == []
    database.write((INSERT, ("red",))).result()
    assert database.query(NAMES) == [("red",)]
    assert Path(f"{path}.corrupt").read_bytes() == content
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_page_that_becomes_corrupt_is_noticed_by_reading_and_by_writing(
    path: Path, open_database: OpenDatabase
) -> None:
    database = open_database()
    for number in range(300):
        database.write((INSERT, (f"{number:0100}",)))
    database.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    reopened = open_database()
    assert reopened.query("SELECT COUNT(name) FROM colour NOT INDEXED") == [(0,)]
    reopened.write((INSERT, ("red",))).result()
    assert reopened.query(NAMES) == [("red",)]


def test_reading_does_not_wait_for_another_process_that_writes(
    path: Path, open_database: OpenDatabase
) -> None:
    database = open_database()
    database.write((INSERT, ("red",))).result()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert database.query(NAMES) == [("red",)]
    finally:
        writer.close()
