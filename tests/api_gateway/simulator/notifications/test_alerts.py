from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.notifications.alert_conditions import Condition, ConditionType
from api_gateway.simulator.notifications.alerts import Alerts, AlertTerms
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, MONDAY, make_paper_account

DAY = 86400.0
OPEN_FOR = 3 * 3600.0  # MONDAY is 13:00 in New York
DEAR = Condition(ConditionType.PRICE, f"{IBM}@SMART", ">=", "300")


@pytest.fixture
def broker() -> PaperAccount:
    broker = make_paper_account()
    broker.prices.override_price(IBM, 250.0)
    return broker


@pytest.fixture
def alerts(broker: PaperAccount) -> Alerts:
    return Alerts({ACCOUNT: broker}, ACCOUNT, broker.clock)


def news(alerts: Alerts) -> list[float]:
    return [each.at for each in alerts.notifications(0.0, 1e12)]


def test_two_alerts_were_made_in_tws_before(alerts: Alerts) -> None:
    waiting, idle = alerts.for_account(ACCOUNT)
    assert (waiting.active, waiting.triggered, idle.active, idle.terms.repeatable) == (
        True,
        False,
        False,
        True,
    )
    assert idle.placed_at < waiting.placed_at < MONDAY
    assert alerts.for_account("U7654321") == []


def test_an_alert_fires_once_at_its_moment_and_is_inactive_then(alerts: Alerts, broker: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is dear", (DEAR,)))
    broker.clock.advance(600)
    assert news(alerts) == []
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(600)
    (told,) = alerts.notifications(MONDAY, MONDAY + 1200)
    assert (told.at, told.code, told.title) == (MONDAY + 600.5, "UA", "Alert: IBM")
    assert "IBM is dear" in told.html
    assert ACCOUNT not in told.html
    assert (alert.active, alert.triggered) == (False, True)
    broker.clock.advance(DAY)
    assert len(news(alerts)) == 1


def test_what_the_user_wrote_is_no_html(alerts: Alerts, broker: PaperAccount) -> None:
    alerts.add(ACCOUNT, AlertTerms("IBM", "<b>dear</b>", (DEAR,)))
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(60)
    (told,) = alerts.notifications(MONDAY, MONDAY + 60)
    assert "<b>" not in told.html
    assert "price &gt;= 300" in told.html


def test_looking_often_or_once_finds_the_same(broker: PaperAccount) -> None:
    found = []
    for looks in (True, False):
        broker = make_paper_account()
        broker.prices.override_price(IBM, 250.0)
        alerts = Alerts({ACCOUNT: broker}, ACCOUNT, broker.clock)
        alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is dear", (DEAR,), repeatable=True))
        for second in range(60):
            broker.clock.advance(0.5)
            if second == 31:
                broker.prices.override_price(IBM, 301.0)
            broker.clock.advance(0.5)
            if looks:
                alerts.check()
        found.append(news(alerts))
    assert found == [[MONDAY + 31.5]] * 2


def test_a_repeatable_alert_fires_once_a_day_while_it_holds(alerts: Alerts, broker: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is dear", (DEAR,), repeatable=True))
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(2 * DAY)
    opens = MONDAY - 3.5 * 3600
    assert news(alerts) == [MONDAY + 0.5, opens + DAY, opens + 2 * DAY]
    assert (alert.active, alert.triggered) == (True, True)


def test_an_alert_that_has_expired_no_longer_fires(alerts: Alerts, broker: PaperAccount) -> None:
    terms = AlertTerms("IBM", "IBM is dear", (DEAR,), tif="GTD", expires=MONDAY + 60)
    alert = alerts.add(ACCOUNT, terms)
    broker.clock.advance(120)
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(120)
    assert news(alerts) == []
    assert (alert.active, alert.triggered) == (False, False)


def test_what_happened_while_it_was_off_does_not_count(alerts: Alerts, broker: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is dear", (DEAR,)))
    alerts.set_active(alert, active=False)
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(60)
    broker.prices.override_price(IBM, 250.0)
    broker.clock.advance(60)
    alerts.set_active(alert, active=True)
    broker.clock.advance(60)
    assert news(alerts) == []
    assert alert.active


def test_what_happened_before_it_was_switched_off_still_counts(alerts: Alerts, broker: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is dear", (DEAR,)))
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(60)
    alerts.set_active(alert, active=False)
    assert news(alerts) == [MONDAY + 0.5]


def test_an_alert_waits_anew_for_what_it_is_changed_to(alerts: Alerts, broker: PaperAccount) -> None:
    alert = alerts.add(ACCOUNT, AlertTerms("IBM", "IBM is dear", (DEAR,)))
    broker.prices.override_price(IBM, 300.0)
    broker.clock.advance(60)
    number = alert.order_id
    alerts.change(
        alert,
        AlertTerms("IBM", "IBM is cheap", (Condition(ConditionType.PRICE, f"{IBM}@SMART", "<=", "300"),)),
    )
    assert (alert.active, alert.triggered, alert.order_id) == (True, False, number)
    broker.clock.advance(60)
    assert news(alerts) == [MONDAY + 0.5, MONDAY + 60.5]


def test_a_removed_alert_is_not_found(alerts: Alerts) -> None:
    alert = alerts.for_account(ACCOUNT)[0]
    assert alerts.find(alert.order_id) is alert
    alerts.remove(alert)
    assert alerts.find(alert.order_id) is None
    assert len(alerts.for_account(ACCOUNT)) == 1


def test_the_mobile_alert_has_another_number_on_each_read_and_one_tool_id(alerts: Alerts) -> None:
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


def test_the_mobile_alert_fires_too(alerts: Alerts, broker: PaperAccount) -> None:
    condition = Condition(ConditionType.POSITION, "*@*", ">=", "9")
    alerts.change(
        alerts.fetch_mobile(), AlertTerms(None, None, (condition,), repeatable=True, mobile_only=True)
    )
    apple = broker.instrument(AAPL)
    broker.prices.override_price(AAPL, broker.prices.quote(apple).prior_close * 1.1)
    broker.clock.advance(60)
    titles = [told.title for told in alerts.notifications(MONDAY, MONDAY + 60)]
    assert titles.count("Alert: Mobile Trading Assistant") == 1
