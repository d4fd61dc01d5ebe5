"""Facts about instruments and accounts with their ages: in memory, and in a file that processes share."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.client.single_flight import SingleFlight
from api_gateway.data_dir.database import Database, Migration, NewerSchemaError
from api_gateway.data_dir.key import LENGTH, read_or_create_key
from mcp_server.facts.memory import ENTRY_BYTES, FactKey, MemoryCache, StoredFact

FILE_NAME = "facts.sqlite3"
KEY_NAME = "facts.key"

MIGRATIONS: tuple[Migration, ...] = (
    (
        # A replaced row gets the highest id, so ids order the facts by when they were stored, whatever the
        # clock says.
        "CREATE TABLE fact (id INTEGER PRIMARY KEY, scope TEXT NOT NULL, kind TEXT NOT NULL, "
        "key TEXT NOT NULL, fetched_at REAL NOT NULL, value BLOB NOT NULL, UNIQUE (scope, kind, key))",
    ),
    # Scopes and keys are hashes from here on.
    ("DELETE FROM fact",),
)

MAX_MEMORY_BYTES = 16_000_000
MAX_FILE_BYTES = 64_000_000
PRUNE_EVERY = 64
"""Writes of this process between two looks at the size of the file."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future a fact may be: a machine's clock that is wrong by less may be corrected any time."""

_READ = "SELECT value, fetched_at FROM fact WHERE scope = ? AND kind = ? AND key = ?"
_WRITE = "INSERT OR REPLACE INTO fact (scope, kind, key, fetched_at, value) VALUES (?, ?, ?, ?, ?)"
_PRUNE = (
    "DELETE FROM fact WHERE id IN (SELECT id FROM (SELECT id, SUM(LENGTH(value) + ?) OVER (ORDER BY id DESC) "
    "AS total FROM fact) WHERE total > ?)"
)
_FILE_ERRORS = (sqlite3.Error, OSError, NewerSchemaError)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fact:
    """A JSON value as IBKR reported it, and when."""

    value: Any
    fetched_at: datetime


class FactStore:
    """Slow-moving facts by login, kind and key. Quotes, orders and positions do not belong here.

    `scope` is the login that the fact was fetched with, so that no login sees what belongs to another, and
    conids of a simulator are not used at IBKR. A fact with a time in the future is not used: the clock was
    set back, or another simulated time was in use.

    Scopes and keys can name accounts, so the file has only hashes of them, made with a random key that is
    stored beside it. Values are stored as they are; those of Portfolio Analyst name accounts. Only their
    owner can read both files.
    """

    def __init__(
        self,
        database: Database | None,
        *,
        now: Callable[[], datetime],
        max_memory_bytes: int = MAX_MEMORY_BYTES,
        max_file_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        """Without a database, facts are stored in memory only. `now` returns an aware time."""
        self._database = database
        self._now = now
        self._max_file_bytes = max_file_bytes
        self._memory = MemoryCache(max_memory_bytes)
        self._fetches: SingleFlight[Fact] = SingleFlight()
        self._hash_key = b""
        self._writes = 0
        self._file_problem: Explanation | None = None

    def open_file(self) -> None:
        """Open the file. Raises NewerSchemaError; logs any other failure, with which memory is used."""
        if self._database is None:
            return
        try:
            self._database.open()
        except NewerSchemaError:
            raise
        except _FILE_ERRORS as error:
            self._report(error)

    @property
    def file_problem(self) -> Explanation | None:
        """Why facts are in memory only, for now; None if they are on disk, or no file is in use."""
        return self._file_problem

    async def read(self, scope: str, kind: str, key: str, max_age: timedelta) -> Fact | None:
        """Return the fact if it is stored and at most `max_age` old."""
        place = self._place(scope, kind, key)
        stored = self._memory.get(place)
        if stored is None or not self._is_fresh(stored, max_age):
            stored = self._read_file(place)
            if stored is None or not self._is_fresh(stored, max_age):
                return None
            self._memory.put(place, stored)
        return Fact(orjson.loads(stored.text), stored.fetched_at)

    async def write(self, scope: str, kind: str, key: str, value: Any) -> None:
        """Store a JSON value as fetched now. Raises TypeError if it is not JSON."""
        self._store(self._place(scope, kind, key), value)

    async def get_or_fetch(
        self, scope: str, kind: str, key: str, max_age: timedelta, fetch: Callable[[], Awaitable[Any]]
    ) -> Fact:
        """Return the stored fact, or call `fetch` and store its result.

        Single-flight: concurrent calls for the same fact share one fetch, which is cancelled only if every
        caller is. They also share its exception; nothing is stored then.
        """
        place = self._place(scope, kind, key)
        known = await self.read(scope, kind, key, max_age)
        if known is not None:
            return known

        async def fetch_and_store() -> Fact:
            return self._store(place, await fetch())

        return await self._fetches.run(place, fetch_and_store)

    def _store(self, place: FactKey, value: Any) -> Fact:
        text = orjson.dumps(value)
        fetched_at = self._now()
        self._memory.put(place, StoredFact(text, fetched_at))
        self._write_file(place, text, fetched_at)
        # Parsed again, so that a first caller gets what a later one gets, and a copy of its own.
        return Fact(orjson.loads(text), fetched_at)

    def _place(self, scope: str, kind: str, key: str) -> FactKey:
        if not scope:
            raise ValueError("a fact needs the login it was fetched with")
        return self._hash(scope), kind, self._hash(key)

    def _hash(self, text: str) -> str:
        if not self._hash_key:
            self._hash_key = self._read_hash_key()
        return hmac.new(self._hash_key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def _read_hash_key(self) -> bytes:
        if self._database is not None:
            try:
                return read_or_create_key(self._database.path.with_name(KEY_NAME))
            except OSError as error:
                _log.debug("Facts are not shared with later processes: %s", error)
        return secrets.token_bytes(LENGTH)

    def _is_fresh(self, stored: StoredFact, max_age: timedelta) -> bool:
        return -CLOCK_TOLERANCE <= self._now() - stored.fetched_at <= max_age

    def _read_file(self, place: FactKey) -> StoredFact | None:
        if self._database is None:
            return None
        try:
            rows = self._database.query(_READ, place)
        except _FILE_ERRORS as error:
            self._report(error)
            return None
        return _parse_row(*rows[0]) if rows else None

    def _write_file(self, place: FactKey, text: bytes, fetched_at: datetime) -> None:
        if self._database is None:
            return
        writing = self._database.write((_WRITE, (*place, fetched_at.timestamp(), text)))
        writing.add_done_callback(self._finish_write)
        # The first write prunes too: a process may end before its next one is due.
        if self._writes % PRUNE_EVERY == 0:
            pruning = self._database.write((_PRUNE, (ENTRY_BYTES, self._max_file_bytes)))
            pruning.add_done_callback(self._finish_write)
        self._writes += 1

    def _finish_write(self, writing: Future[None]) -> None:
        error = writing.exception()
        if error is None:
            self._file_problem = None
        else:
            self._report(error)

    def _report(self, error: BaseException) -> None:
        """Log the first of consecutive failures."""
        assert self._database is not None  # noqa: S101 - its failures are what is reported
        problem = explain(Cause.DATA_FOLDER_UNUSABLE, folder=self._database.path.parent, reason=error)
        if self._file_problem is None:
            _log.warning("%s %s", problem.sentence, problem.next_step)
        self._file_problem = problem


def _parse_row(value: Any, fetched_at: Any) -> StoredFact | None:
    """The fact in a row of the file; None if the row is damaged, so that it counts as missing."""
    try:
        orjson.loads(value)
        return StoredFact(value, datetime.fromtimestamp(fetched_at, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        return None
