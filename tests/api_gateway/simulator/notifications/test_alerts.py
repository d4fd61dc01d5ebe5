from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.notifications.alert_conditions import Condition, ConditionType
from api_gateway.simulator.notifications.alerts import Alerts, AlertTerms
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, MONDAY, make_paper_account

DAY = 86400.0
UNTIL_CLOSE = 3 * 3600.0  # MONDAY is 13:00 in New York
ABOVE_300 = Condition(ConditionType.PRICE, f"{IBM}@SMART", ">=", "300")


@pytest.fixture
def paper_account() -> PaperAccount:
    paper_account = make_paper_account()
    paper_account.prices.override_price(IBM, 250.0)
    return paper_account


@pytest.fixture
def alerts(paper_account: PaperAccount) -> Alerts:
    return Alerts({ACCOUNT: paper_account}, ACCOUNT, paper_account.clock)


def notifications(alerts: Alerts) -> list[float]:
    return [each.at for each in alerts.notifications(0.0, 1e12)]


def test_the_account_starts_with_two_alerts_from_tws(alerts: Alerts) -> None:
    waiting, idle = alerts.for_account(ACCOUNT)
    assert (waiting.active, waiting.triggered, idle.active, idle.terms.repeatable) == (
        True,
        False,
        False,
        True,
    )
    assert idle.placed_at < waiting.placed_at < MONDAY
    assert alerts.for_account("U7654321") == []


def test_an_alert_fires_once_when_it_is_met_and_then_becomes_inactive(
    alerts: Alerts, paper_account: PaperAccount
) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is expensive", (ABOVE_300,)))
    paper_account.clock.advance(600)
    assert notifications(alerts) == []
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(600)
    (notification,) = alerts.notifications(MONDAY, MONDAY + 1200)
    assert (notification.at, notification.code, notification.title) == (MONDAY + 600.5, "UA", "Alert: IBM")
    assert "IBM is expensive" in notification.html
    assert ACCOUNT not in notification.html
    assert (alert.active, alert.triggered) == (False, True)
    paper_account.clock.advance(DAY)
    assert len(notifications(alerts)) == 1


def test_user_text_is_escaped_in_the_notification_html(alerts: Alerts, paper_account: PaperAccount) -> None:
    alerts.add(ACCOUNT, AlertTerms("IBM", "<b>dear</b>", (ABOVE_300,)))
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(60)
    (notification,) = alerts.notifications(MONDAY, MONDAY + 60)
    assert "<b>" not in notification.html
    assert "price &gt;= 300" in notification.html


def test_alerts_fire_the_same_whether_checked_once_or_often(paper_account: PaperAccount) -> None:
    fired_at = []
    for check_often in (True, False):
        paper_account = make_paper_account()
        paper_account.prices.override_price(IBM, 250.0)
        alerts = Alerts({ACCOUNT: paper_account}, ACCOUNT, paper_account.clock)
        alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is expensive", (ABOVE_300,), repeatable=True))
        for second in range(60):
            paper_account.clock.advance(0.5)
            if second == 31:
                paper_account.prices.override_price(IBM, 301.0)
            paper_account.clock.advance(0.5)
            if check_often:
                alerts.check()
        fired_at.append(notifications(alerts))
    assert fired_at == [[MONDAY + 31.5]] * 2


def test_a_repeatable_alert_fires_once_per_day_while_it_is_met(
    alerts: Alerts, paper_account: PaperAccount
) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is expensive", (ABOVE_300,), repeatable=True))
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(2 * DAY)
    opens = MONDAY - 3.5 * 3600
    assert notifications(alerts) == [MONDAY + 0.5, opens + DAY, opens + 2 * DAY]
    assert (alert.active, alert.triggered) == (True, True)


def test_an_expired_alert_does_not_fire(alerts: Alerts, paper_account: PaperAccount) -> None:
    terms = AlertTerms("IBM", "IBM is expensive", (ABOVE_300,), tif="GTD", expires=MONDAY + 60)
    alert = alerts.add(ACCOUNT, terms)
    paper_account.clock.advance(120)
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(120)
    assert notifications(alerts) == []
    assert (alert.active, alert.triggered) == (False, False)


def test_an_alert_ignores_events_while_it_is_inactive(alerts: Alerts, paper_account: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is expensive", (ABOVE_300,)))
    alerts.set_active(alert, active=False)
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(60)
    paper_account.prices.override_price(IBM, 250.0)
    paper_account.clock.advance(60)
    alerts.set_active(alert, active=True)
    paper_account.clock.advance(60)
    assert notifications(alerts) == []
    assert alert.active


def test_an_alert_met_before_its_deactivation_has_fired(alerts: Alerts, paper_account: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is expensive", (ABOVE_300,)))
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(60)
    alerts.set_active(alert, active=False)
    assert notifications(alerts) == [MONDAY + 0.5]


def test_a_changed_alert_waits_for_its_new_terms(alerts: Alerts, paper_account: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is expensive", (ABOVE_300,)))
    paper_account.prices.override_price(IBM, 300.0)
    paper_account.clock.advance(60)
    number = alert.order_id
    alerts.change(
        alert,
        AlertTerms("IBM", "IBM is cheap", (Condition(ConditionType.PRICE, f"{IBM}@SMART", "<=", "300"),)),
    )
    assert (alert.active, alert.triggered, alert.order_id) == (True, False, number)
    paper_account.clock.advance(60)
    assert notifications(alerts) == [MONDAY + 0.5, MONDAY + 60.5]


def test_a_removed_alert_cannot_be_found(alerts: Alerts) -> None:
    alert = alerts.for_account(ACCOUNT)[0]
    assert alerts.find(alert.order_id) is alert
    alerts.remove(alert)
    assert alerts.find(alert.order_id) is None
    assert len(alerts.for_account(ACCOUNT)) == 1


def test_the_mobile_alert_changes_its_order_id_and_keeps_its_tool_id(alerts: Alerts) -> None:
    first = alerts.fetch_mobile()
    number, tool_id = first.order_id, first.tool_id
    second = alerts.fetch_mobile()
    assert second.order_id != number
    assert second.tool_id == tool_id
    assert tool_id is not None
    assert alerts.find(second.order_id) is alerts.find(tool_id) is second
    assert alerts.find(number) is None


def test_removing_the_mobile_alert_resets_it(alerts: Alerts) -> None:
    mobile = alerts.fetch_mobile()
    number = mobile.order_id
    terms = AlertTerms(
        None, None, (Condition(ConditionType.TRADE, "*@*", ">=", "*"),), repeatable=True, mobile_only=True
    )
    alerts.change(mobile, terms)
    assert mobile.order_id != number
    alerts.remove(mobile)
    again = alerts.fetch_mobile()
    assert (again.terms.conditions, again.active, again.tool_id) == ((), True, mobile.tool_id)


def test_the_mobile_alert_fires_like_any_other(alerts: Alerts, paper_account: PaperAccount) -> None:
    condition = Condition(ConditionType.POSITION, "*@*", ">=", "9")
    alerts.change(
        alerts.fetch_mobile(), AlertTerms(None, None, (condition,), repeatable=True, mobile_only=True)
    )
    apple = paper_account.instrument(AAPL)
    paper_account.prices.override_price(AAPL, paper_account.prices.quote(apple).prior_close * 1.1)
    paper_account.clock.advance(60)
    titles = [notification.title for notification in alerts.notifications(MONDAY, MONDAY + 60)]
    assert titles.count("Alert: Mobile Trading Assistant") == 1
