from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.notifications.inbox import Inbox, Notification
from api_gateway.simulator.notifications.settings import NotificationSettings

DAY = 86400.0


def daily(since: float, until: float) -> Iterator[Notification]:
    """Yield one notification at each full day, alternating between two codes."""
    for day in range(int(since // DAY) + 1, int(until // DAY) + 1):
        yield Notification(day * DAY, ("PF", "EH")[day % 2], "Title", f"<html>{day}</html>")


@pytest.fixture
def settings() -> NotificationSettings:
    return NotificationSettings()


@pytest.fixture
def inbox(clock: Clock, settings: NotificationSettings) -> Inbox:
    return Inbox(clock, settings, [daily])


def test_the_inbox_starts_with_a_month_of_entries_and_the_last_three_days_unread(inbox: Inbox) -> None:
    assert len(inbox.all()) == 30
    assert inbox.unread_count() == 3


def test_the_inbox_lists_the_newest_first(inbox: Inbox) -> None:
    moments = [each.notification.at for each in inbox.all()]
    assert moments == sorted(moments, reverse=True)


def test_notification_ids_are_unique_and_begin_with_the_day(inbox: Inbox) -> None:
    ids = [each.notification_id for each in inbox.all()]
    assert len(set(ids)) == len(ids)
    assert ids[0].startswith("20260303")
    assert {len(each) for each in ids} == {16}


def test_identical_notifications_have_different_ids(clock: Clock, settings: NotificationSettings) -> None:
    inbox = Inbox(clock, settings, [daily, daily])
    assert len(inbox.all()) == 60


def test_the_inbox_is_the_same_whether_read_often_or_once(
    clock: Clock, settings: NotificationSettings, inbox: Inbox
) -> None:
    late = Inbox(clock, settings, [daily])
    for _ in range(5):
        inbox.all()
        clock.advance(DAY)
    assert [each.notification_id for each in inbox.all()] == [each.notification_id for each in late.all()]
    assert inbox.unread_count() == 8


def test_pages_of_the_inbox_neither_overlap_nor_skip_an_entry(inbox: Inbox) -> None:
    seen: list[str] = []
    while page := inbox.page(7, after=seen[-1] if seen else ""):
        seen += [each.notification_id for each in page]
    assert seen == [each.notification_id for each in inbox.all()]


def test_a_page_after_an_unknown_id_is_empty(inbox: Inbox) -> None:
    assert inbox.page(10, after="1") == []


def test_a_page_can_include_and_exclude_codes(inbox: Inbox) -> None:
    assert {each.notification.code for each in inbox.page(10, include={"PF"})} == {"PF"}
    assert {each.notification.code for each in inbox.page(10, exclude={"PF"})} == {"EH"}
    assert inbox.page(10, include={"PF"}, exclude={"PF"}) == []
    assert len(inbox.page(10, include={"PF"})) == 10


def test_a_page_can_continue_after_an_entry_of_an_excluded_code(inbox: Inbox) -> None:
    first = inbox.all()[0]
    following = inbox.page(3, after=first.notification_id, exclude={first.notification.code})
    assert following[0].notification_id == inbox.all()[1].notification_id


def test_marking_an_entry_read_lowers_the_unread_count_once(inbox: Inbox) -> None:
    newest = inbox.all()[0].notification_id
    inbox.mark_read(newest)
    inbox.mark_read(newest)
    inbox.mark_read("1")
    assert inbox.unread_count() == 2


def test_notifications_of_a_disabled_type_are_dropped_for_good(
    clock: Clock, settings: NotificationSettings, inbox: Inbox
) -> None:
    inbox.catch_up()
    settings.set_enabled("PF", enabled=False)
    clock.advance(4 * DAY)
    inbox.catch_up()
    settings.set_enabled("PF", enabled=True)
    assert len([each for each in inbox.all() if each.notification.code == "PF"]) == 15
    assert len([each for each in inbox.all() if each.notification.code == "EH"]) == 17
