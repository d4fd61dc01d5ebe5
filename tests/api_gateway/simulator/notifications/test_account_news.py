from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api_gateway.simulator.lifecycle.timeline import process_events
from api_gateway.simulator.notifications.account_news import account_notifications, holiday_notifications
from api_gateway.simulator.notifications.inbox import Notification
from tests.api_gateway.simulator.paper_account import MONDAY, MSFT, find_future, make_paper_account, trade

DAY = 86400.0
NEW_YORK = ZoneInfo("America/New_York")


def local(notification: Notification) -> str:
    return datetime.fromtimestamp(notification.at, tz=NEW_YORK).strftime("%Y-%m-%d %H:%M")


def test_a_fill_becomes_a_notification_with_the_time_of_the_fill() -> None:
    paper_account = make_paper_account()
    trade(paper_account, MSFT, 3, 500.25)
    (notification,) = account_notifications(paper_account, MONDAY - 1, MONDAY)
    assert (notification.at, notification.code) == (MONDAY, "TP")
    assert "Bought 3 MSFT at 500.25" in notification.html
    assert list(account_notifications(paper_account, MONDAY, MONDAY + 60)) == []


def test_account_notifications_of_adjacent_intervals_neither_repeat_nor_miss_one() -> None:
    paper_account = make_paper_account()
    all_notifications = list(account_notifications(paper_account, MONDAY - 30 * DAY, MONDAY))
    middle = MONDAY - 11.3 * DAY
    parts = [
        *account_notifications(paper_account, MONDAY - 30 * DAY, middle),
        *account_notifications(paper_account, middle, MONDAY),
    ]
    assert sorted(all_notifications, key=lambda notification: (notification.at, notification.html)) == sorted(
        parts, key=lambda notification: (notification.at, notification.html)
    )


def test_rating_notifications_are_sent_before_each_open_for_a_held_stock() -> None:
    week = [
        n for n in account_notifications(make_paper_account(), MONDAY, MONDAY + 7 * DAY) if n.code == "PF"
    ]
    # Thursday is Thanksgiving.
    assert [local(notification) for notification in week] == [
        "2026-11-24 08:05",
        "2026-11-25 08:05",
        "2026-11-27 08:05",
        "2026-11-30 08:05",
    ]
    assert all("AAPL@NASDAQ" in notification.html or "IBM@NYSE" in notification.html for notification in week)


def test_notifications_show_only_the_last_digits_of_the_account() -> None:
    for notification in account_notifications(make_paper_account(), MONDAY - 30 * DAY, MONDAY):
        assert "DU1234567" not in notification.html
        assert "D****567" in notification.html


def test_expiry_notifications_are_sent_three_days_ahead() -> None:
    paper_account = make_paper_account()
    future = find_future(paper_account)
    assert future.expires_at is not None
    expiries = [
        n
        for n in account_notifications(paper_account, MONDAY, future.expires_at)
        if n.code == "OE" and future.symbol in n.html
    ]
    assert len(expiries) == 1
    assert 3 * DAY < future.expires_at - expiries[0].at < 4 * DAY


def test_holiday_notifications_are_sent_two_days_ahead() -> None:
    (thanksgiving,) = holiday_notifications(MONDAY, MONDAY + 7 * DAY)
    assert (thanksgiving.code, local(thanksgiving)) == ("EH", "2026-11-24 10:00")
    assert "November 26, 2026" in thanksgiving.html


def test_the_expiry_of_a_contract_is_announced_and_then_reported() -> None:
    account = make_paper_account()
    future = find_future(account)
    start = account.clock.now()
    account.clock.advance((future.expires_at or 0.0) + 3600 - start)
    process_events(account, account.clock.now())
    expiries = [
        each for each in account_notifications(account, start, account.clock.now()) if each.code == "OE"
    ]
    reported = [each for each in expiries if each.at == future.expires_at]
    assert len(reported) == 1
    assert any(each.at < reported[0].at for each in expiries)
    assert all(each.code != "TP" for each in account_notifications(account, start, account.clock.now()))
