"""The notifications of the username: they arise as time passes, and are found when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.notifications.settings import NotificationSettings

_REMEMBERED = 30 * 86400.0
_READ_BEFORE = 3 * 86400.0  # what is older than this when the simulation begins has been read


@dataclass(frozen=True)
class News:
    """Something to tell: `at` in seconds since 1970, `code` as in `notification_settings`, `html` in full."""

    at: float
    code: str
    title: str
    html: str


@dataclass
class Notification:
    """One piece of news in the inbox, by its id."""

    notification_id: str
    news: News
    read: bool = False


# What has happened after the first moment and until the second, both in seconds since 1970.
Source = Callable[[float, float], Iterable[News]]


class Inbox:
    """Every notification, filled from its sources up to the clock's time; the last month is there at first.

    News of a kind that is switched off at the time is lost.
    """

    def __init__(self, clock: Clock, settings: NotificationSettings, sources: Iterable[Source]) -> None:
        self._clock = clock
        self._settings = settings
        self._sources = tuple(sources)
        self._known_until = clock.now() - _REMEMBERED
        self._read_until = clock.now() - _READ_BEFORE
        self._by_id: dict[str, Notification] = {}

    def catch_up(self) -> None:
        """Take in what has happened since the last look; to be called before a switch is turned."""
        since, self._known_until = self._known_until, self._clock.now()
        for source in self._sources:
            for news in source(since, self._known_until):
                if self._settings.wants(news.code):
                    new_id = self._new_id(news)
                    self._by_id[new_id] = Notification(new_id, news, read=news.at <= self._read_until)

    def all(self) -> list[Notification]:
        """Everything, the newest first."""
        self.catch_up()
        return sorted(
            self._by_id.values(), key=lambda each: (each.news.at, each.notification_id), reverse=True
        )

    def page(
        self,
        most: int,
        *,
        after: str = "",
        include: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> list[Notification]:
        """At most that many, the newest first, or those that follow the id `after`; none for an unknown id.

        `include` and `exclude` are codes; an empty `include` means all.
        """
        listed = self.all()
        if after:
            ids = [each.notification_id for each in listed]
            listed = listed[ids.index(after) + 1 :] if after in ids else []
        wanted = (
            each
            for each in listed
            if (not include or each.news.code in include) and each.news.code not in exclude
        )
        return [each for _, each in zip(range(most), wanted, strict=False)]

    def unread(self) -> int:
        """How many have not been read."""
        return sum(not each.read for each in self.all())

    def mark_read(self, notification_id: str) -> None:
        """Note that one was read; an unknown id changes nothing."""
        self.catch_up()
        if notification_id in self._by_id:
            self._by_id[notification_id].read = True

    def _new_id(self, news: News) -> str:
        day = datetime.fromtimestamp(news.at, tz=UTC).strftime("%Y%m%d")
        number = crc32(f"{news.at}|{news.code}|{news.html}".encode()) % 10**8
        while f"{day}{number:08d}" in self._by_id:
            number = (number + 1) % 10**8
        return f"{day}{number:08d}"
