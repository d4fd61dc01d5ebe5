"""SQLite databases in the data folder: shared by processes, migrated when opened, replaced when corrupt."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.data_dir.folder import create_private_file, create_private_folder

Migration = Sequence[str]
"""The statements that bring a database from one schema version to the next."""

Parameters = Sequence[Any]

_READ_BUSY_SECONDS = 0.05  # reads run on the event loop; in WAL mode they do not wait for writers
_WRITE_BUSY_SECONDS = 5.0
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_log = logging.getLogger(__name__)


class NewerSchemaError(Exception):
    """A newer version of IB MCP wrote the database; `str()` says so, and what to do, on one line."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(f"{explanation.sentence} {explanation.next_step}")
        self.explanation = explanation


class Database:
    """One SQLite file that several processes share and that a user may delete at any time.

    Its schema version is the number of migrations applied. A corrupt file is renamed to `NAME.corrupt`, and
    an empty database takes its place. Reading takes well under a millisecond and happens in the caller's
    thread; writing can wait for other processes and for the disk, so a thread does it, in order.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        """Nothing is opened yet: a folder that cannot be used now may be usable later."""
        self.path = path
        self._reader = _Connection(path, migrations, _READ_BUSY_SECONDS)
        self._writer = _Connection(path, migrations, _WRITE_BUSY_SECONDS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=path.stem)

    def open(self) -> None:
        """Open, create or migrate the file. Raises NewerSchemaError, OSError or sqlite3.Error."""
        self.query("PRAGMA user_version")

    def require_known_schema(self) -> None:
        """Raise NewerSchemaError if a newer version wrote the file; creates and changes nothing."""
        with (
            suppress(sqlite3.Error),
            closing(
                sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, isolation_level=None)
            ) as connection,
        ):
            self._reader.require_known_schema(connection)

    def query(self, statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Return the rows. Raises NewerSchemaError, OSError or sqlite3.Error."""
        return self._reader.execute([(statement, parameters)])

    def write(self, *statements: tuple[str, Parameters]) -> Future[None]:
        """Run the statements in one transaction, in the writing thread; the future reports its failure."""
        return self._thread.submit(self._write, statements)

    def _write(self, statements: Sequence[tuple[str, Parameters]]) -> None:
        self._writer.execute([("BEGIN IMMEDIATE", ()), *statements, ("COMMIT", ())])

    def close(self) -> None:
        """Wait for the writes that were submitted, and close the file."""
        self._thread.shutdown()
        self._writer.close()
        self._reader.close()


class _TableMissingError(sqlite3.DatabaseError):
    """A table is missing although the schema version says that it exists."""


class _Connection:
    """A connection that is opened again when the file was deleted, replaced or found to be corrupt."""

    def __init__(self, path: Path, migrations: Sequence[Migration], busy_seconds: float) -> None:
        self._path = path
        self._migrations = migrations
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def execute(self, statements: Sequence[tuple[str, Parameters]]) -> list[tuple[Any, ...]]:
        """Run the statements and return the rows of the last one."""
        try:
            return self._execute(statements)
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
            self._move_aside(error)
            return self._execute(statements)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _execute(self, statements: Sequence[tuple[str, Parameters]]) -> list[tuple[Any, ...]]:
        connection = self._opened()
        rows: list[tuple[Any, ...]] = []
        try:
            for statement, parameters in statements:
                rows = connection.execute(statement, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if self._has_lost_a_table(error):
                raise _TableMissingError(str(error)) from error
            raise
        finally:
            if connection.in_transaction:
                connection.rollback()
        return rows

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._file == _identify(self._path):
            return self._connection
        self.close()
        create_private_folder(self._path.parent)
        with _locked(self._path.parent):
            if not self._path.exists():
                self._remove_leftovers()
            create_private_file(self._path)
            self._file = _identify(self._path)
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        # Each connection is used by one thread at a time; the check would forbid opening before serving.
        connection = sqlite3.connect(
            self._path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            # Without WAL, as on some network file systems, readers and writers wait for each other.
            connection.execute("PRAGMA journal_mode = WAL")
            # No commit waits for the disk; a power failure may lose the last ones, not more.
            connection.execute("PRAGMA synchronous = NORMAL")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _has_lost_a_table(self, error: sqlite3.OperationalError) -> bool:
        """Whether a table is missing that the migrations create: the file is damaged, not the statement."""
        kind, _, table = str(error).partition(": ")
        created = (each for migration in self._migrations for each in migration)
        return kind == "no such table" and any(each.startswith(f"CREATE TABLE {table} ") for each in created)

    def _remove_leftovers(self) -> None:
        """Remove the log of a deleted database and its index, which another process may still use."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def require_known_schema(self, connection: sqlite3.Connection) -> int:
        """Return the schema version. Raises NewerSchemaError."""
        version, known = int(connection.execute("PRAGMA user_version").fetchone()[0]), len(self._migrations)
        if version > known:
            raise NewerSchemaError(
                explain(Cause.NEWER_DATA_FILE, path=self._path, version=version, known=known)
            )
        return version

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version, newest = self.require_known_schema(connection), len(self._migrations)
        if version == newest:
            return
        connection.execute("BEGIN IMMEDIATE")
        for migration in self._migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")  # if anything fails before it, closing the connection rolls all back

    def _move_aside(self, error: sqlite3.DatabaseError) -> None:
        opened = self._file
        self.close()
        with _locked(self._path.parent):
            if opened is None or opened != _identify(self._path):
                return  # another connection has replaced it
            aside = Path(f"{self._path}.corrupt")
            _log.warning("%s is corrupt (%s): it is now %s, and a new one is used.", self._path, error, aside)
            os.replace(self._path, aside)
            self._remove_leftovers()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: one process at a time creates, migrates or replaces a database."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:  # some network file systems have no locks
            _log.debug("%s cannot be locked: %s", folder, error)
        yield
    finally:
        os.close(descriptor)


def _identify(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    # The low byte is the primary code of an extended one.
    return isinstance(error, _TableMissingError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT
