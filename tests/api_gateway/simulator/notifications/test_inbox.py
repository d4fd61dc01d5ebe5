from __future__ import annotations

from collections.abc import Iterator

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.notifications.inbox import Inbox, Notification
from api_gateway.simulator.notifications.settings import NotificationSettings

DAY = 86400.0


def daily(since: float, until: float) -> Iterator[Notification]:
    """One piece of news at each full day, of two kinds in turn."""
    for day in range(int(since // DAY) + 1, int(until // DAY) + 1):
        yield Notification(day * DAY, ("PF", "EH")[day % 2], "Title", f"<html>{day}</html>")


@pytest.fixture
def settings() -> NotificationSettings:
    return NotificationSettings()


@pytest.fixture
def inbox(clock: Clock, settings: NotificationSettings) -> Inbox:
    return Inbox(clock, settings, [daily])


def test_the_last_month_is_there_from_the_start_and_only_three_days_of_it_are_unread(inbox: Inbox) -> None:
    assert len(inbox.all()) == 30
    assert inbox.unread_count() == 3


def test_the_newest_comes_first(inbox: Inbox) -> None:
    moments = [each.notification.at for each in inbox.all()]
    assert moments == sorted(moments, reverse=True)


def test_every_id_is_its_own_and_begins_with_the_day(inbox: Inbox) -> None:
    ids = [each.notification_id for each in inbox.all()]
    assert len(set(ids)) == len(ids)
    assert ids[0].startswith("20260303")
    assert {len(each) for each in ids} == {16}


def test_two_pieces_of_news_that_say_the_same_have_two_ids(
    clock: Clock, settings: NotificationSettings
) -> None:
    inbox = Inbox(clock, settings, [daily, daily])
    assert len(inbox.all()) == 60


def test_news_arise_as_time_passes_and_are_found_late_or_at_once_alike(
    clock: Clock, settings: NotificationSettings, inbox: Inbox
) -> None:
    late = Inbox(clock, settings, [daily])
    for _ in range(5):
        inbox.all()
        clock.advance(DAY)
    assert [each.notification_id for each in inbox.all()] == [each.notification_id for each in late.all()]
    assert inbox.unread_count() == 8


def test_pages_follow_each_other_without_gap_or_repetition(inbox: Inbox) -> None:
    seen: list[str] = []
    while page := inbox.page(7, after=seen[-1] if seen else ""):
        seen += [each.notification_id for each in page]
    assert seen == [each.notification_id for each in inbox.all()]


def test_nothing_follows_an_unknown_id(inbox: Inbox) -> None:
    assert inbox.page(10, after="1") == []


def test_kinds_can_be_chosen_and_left_out(inbox: Inbox) -> None:
    assert {each.notification.code for each in inbox.page(10, include={"PF"})} == {"PF"}
    assert {each.notification.code for each in inbox.page(10, exclude={"PF"})} == {"EH"}
    assert inbox.page(10, include={"PF"}, exclude={"PF"}) == []
    assert len(inbox.page(10, include={"PF"})) == 10


def test_a_page_after_an_id_of_a_kind_that_is_left_out_still_goes_on_from_there(inbox: Inbox) -> None:
    first = inbox.all()[0]
    following = inbox.page(3, after=first.notification_id, exclude={first.notification.code})
    assert following[0].notification_id == inbox.all()[1].notification_id


def test_reading_one_makes_the_unread_one_fewer_once(inbox: Inbox) -> None:
    newest = inbox.all()[0].notification_id
    inbox.mark_read(newest)
    inbox.mark_read(newest)
    inbox.mark_read("1")
    assert inbox.unread_count() == 2


def test_news_of_a_kind_that_is_off_is_lost_even_if_it_is_switched_on_later(
    clock: Clock, settings: NotificationSettings, inbox: Inbox
) -> None:
    inbox.catch_up()
    settings.set_enabled("PF", enabled=False)
    clock.advance(4 * DAY)
    inbox.catch_up()
    settings.set_enabled("PF", enabled=True)
    assert len([each for each in inbox.all() if each.notification.code == "PF"]) == 15
    assert len([each for each in inbox.all() if each.notification.code == "EH"]) == 17
