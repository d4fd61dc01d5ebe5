from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api_gateway.simulator.notifications.account_news import account_notifications, holiday_notifications
from api_gateway.simulator.notifications.inbox import Notification
from tests.api_gateway.simulator.paper_account import MONDAY, MSFT, find_future, make_paper_account, trade

DAY = 86400.0
NEW_YORK = ZoneInfo("America/New_York")


def local(news: Notification) -> str:
    return datetime.fromtimestamp(news.at, tz=NEW_YORK).strftime("%Y-%m-%d %H:%M")


def test_a_fill_is_news_at_its_moment() -> None:
    broker = make_paper_account()
    trade(broker, MSFT, 3, 500.25)
    (news,) = account_notifications(broker, MONDAY - 1, MONDAY)
    assert (news.at, news.code) == (MONDAY, "TP")
    assert "Bought 3 MSFT at 500.25" in news.html
    assert list(account_notifications(broker, MONDAY, MONDAY + 60)) == []


def test_nothing_is_told_twice_and_nothing_is_left_out() -> None:
    broker = make_paper_account()
    whole = list(account_notifications(broker, MONDAY - 30 * DAY, MONDAY))
    middle = MONDAY - 11.3 * DAY
    parts = [
        *account_notifications(broker, MONDAY - 30 * DAY, middle),
        *account_notifications(broker, middle, MONDAY),
    ]
    assert sorted(whole, key=lambda news: (news.at, news.html)) == sorted(
        parts, key=lambda news: (news.at, news.html)
    )


def test_analysts_speak_before_the_open_of_each_trading_day_about_a_stock_that_is_held() -> None:
    week = [
        n for n in account_notifications(make_paper_account(), MONDAY, MONDAY + 7 * DAY) if n.code == "PF"
    ]
    # Thursday is Thanksgiving.
    assert [local(news) for news in week] == [
        "2026-11-24 08:05",
        "2026-11-25 08:05",
        "2026-11-27 08:05",
        "2026-11-30 08:05",
    ]
    assert all("AAPL@NASDAQ" in news.html or "IBM@NYSE" in news.html for news in week)


def test_an_account_is_named_by_its_last_digits_only() -> None:
    for news in account_notifications(make_paper_account(), MONDAY - 30 * DAY, MONDAY):
        assert "DU1234567" not in news.html
        assert "D****567" in news.html


def test_an_expiry_is_announced_three_days_ahead() -> None:
    broker = make_paper_account()
    future = find_future(broker)
    assert future.expires_at is not None
    found = [
        n
        for n in account_notifications(broker, MONDAY, future.expires_at)
        if n.code == "OE" and future.symbol in n.html
    ]
    assert len(found) == 1
    assert 3 * DAY < future.expires_at - found[0].at < 4 * DAY


def test_a_holiday_is_announced_two_days_ahead() -> None:
    (thanksgiving,) = holiday_notifications(MONDAY, MONDAY + 7 * DAY)
    assert (thanksgiving.code, local(thanksgiving)) == ("EH", "2026-11-24 10:00")
    assert "November 26, 2026" in thanksgiving.html
