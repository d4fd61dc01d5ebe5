"""The username's notification inbox, filled lazily from its sources whenever it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.notifications.settings import NotificationSettings

_RETENTION_SECONDS = 30 * 86400.0
_INITIALLY_READ_AFTER = 3 * 86400.0  # at startup, older notifications are marked as read


@dataclass(frozen=True)
class Notification:
    """One notification: `at` in seconds since 1970, a `code` of `settings`, and the full text as HTML."""

    at: float
    code: str
    title: str
    html: str


@dataclass
class InboxEntry:
    """One notification in the inbox, with its ID and whether it has been read."""

    notification_id: str
    notification: Notification
    read: bool = False


# Yields what happened after the first moment and up to the second, both in seconds since 1970.
NotificationSource = Callable[[float, float], Iterable[Notification]]


class Inbox:
    """All notifications, filled from the sources up to the clock's time; starts with the last month's.

    A notification whose type is switched off when it occurs is dropped.
    """

    def __init__(
        self, clock: Clock, settings: NotificationSettings, sources: Iterable[NotificationSource]
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._sources = tuple(sources)
        self._filled_until = clock.now() - _RETENTION_SECONDS
        self._read_until = clock.now() - _INITIALLY_READ_AFTER
        self._by_id: dict[str, InboxEntry] = {}

    def catch_up(self) -> None:
        """Add what has happened since the last call. Call it before changing a notification setting."""
        since, self._filled_until = self._filled_until, self._clock.now()
        for source in self._sources:
            for notification in source(since, self._filled_until):
                if self._settings.is_enabled(notification.code):
                    new_id = self._new_id(notification)
                    self._by_id[new_id] = InboxEntry(
                        new_id, notification, read=notification.at <= self._read_until
                    )

    def all(self) -> list[InboxEntry]:
        """Return every notification, newest first."""
        self.catch_up()
        return sorted(
            self._by_id.values(),
            key=lambda entry: (entry.notification.at, entry.notification_id),
            reverse=True,
        )

    def page(
        self,
        limit: int,
        *,
        after: str = "",
        include: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[InboxEntry]:
        """Return at most `limit` entries, newest first; with `after`, those that follow this ID.

        An unknown `after` returns none. `include` and `exclude` are codes; an empty `include` means all.
        """
        entries = self.all()
        if after:
            ids = [entry.notification_id for entry in entries]
            entries = entries[ids.index(after) + 1 :] if after in ids else []
        selected = (
            entry
            for entry in entries
            if (not include or entry.notification.code in include) and entry.notification.code not in exclude
        )
        return [entry for _, entry in zip(range(limit), selected, strict=False)]

    def unread_count(self) -> int:
        """Return how many notifications are unread."""
        return sum(not entry.read for entry in self.all())

    def mark_read(self, notification_id: str) -> None:
        """Mark a notification as read; an unknown ID changes nothing."""
        self.catch_up()
        if notification_id in self._by_id:
            self._by_id[notification_id].read = True

    def _new_id(self, notification: Notification) -> str:
        day = datetime.fromtimestamp(notification.at, tz=UTC).strftime("%Y%m%d")
        number = crc32(f"{notification.at}|{notification.code}|{notification.html}".encode()) % 10**8
        while f"{day}{number:08d}" in self._by_id:
            number = (number + 1) % 10**8
        return f"{day}{number:08d}"
