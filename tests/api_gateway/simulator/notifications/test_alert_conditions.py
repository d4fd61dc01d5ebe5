from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.notifications.alert_conditions import (
    AND,
    OR,
    Condition,
    ConditionType,
    first_trigger_time,
)
from tests.api_gateway.simulator.paper_account import AAPL, IBM, MONDAY, make_paper_account, trade

DAY, HOUR = 86400.0, 3600.0
NOON = MONDAY  # 13:00 in New York: the market is open


@pytest.fixture
def broker() -> PaperAccount:
    return make_paper_account()


def price(comparison: str, value: float, conid: int = AAPL) -> Condition:
    return Condition(ConditionType.PRICE, f"{conid}@SMART", comparison, str(value))


def pin(broker: PaperAccount, value: float, conid: int = AAPL) -> None:
    broker.prices.override_price(conid, value)


def met(
    broker: PaperAccount,
    *conditions: Condition,
    since: float = NOON,
    until: float | None = None,
    outside: bool = False,
) -> float | None:
    end = broker.clock.now() if until is None else until
    return first_trigger_time(conditions, broker, since, end, outside_rth=outside)


def test_a_price_is_found_at_the_half_second_at_which_it_was_reached(broker: PaperAccount) -> None:
    pin(broker, 200.0)
    broker.clock.advance(1234.0)
    pin(broker, 210.0)
    broker.clock.advance(HOUR)
    assert met(broker, price(">=", 210)) == NOON + 1234
    assert met(broker, price(">", 210)) is None
    assert met(broker, price("==", 210)) == NOON + 1234
    assert met(broker, price("<=", 200)) == NOON + 0.5
    assert met(broker, price("<", 200)) is None


def test_when_it_is_asked_changes_nothing(broker: PaperAccount) -> None:
    instrument, end = broker.instrument(AAPL), NOON + 3 * DAY
    before, later = (broker.prices.price_at(instrument, at) for at in (NOON, NOON + DAY))
    condition = price(">=" if later > before else "<=", later)
    broker.clock.advance(3 * DAY)
    whole = met(broker, condition)
    assert whole is not None
    assert NOON < whole <= NOON + DAY
    found, since = None, NOON
    while found is None and since < end:
        found = met(broker, condition, since=since, until=since + 1717.3)
        since += 1717.3
    assert found == whole
    assert condition.is_met_by(broker.prices.price_at(instrument, whole))
    assert not condition.is_met_by(broker.prices.price_at(instrument, whole - 0.5))


def test_outside_regular_hours_a_price_counts_only_if_that_is_wanted(broker: PaperAccount) -> None:
    pin(broker, 200.0)
    broker.clock.advance(4 * HOUR)  # 17:00: after the close
    pin(broker, 210.0)
    broker.clock.advance(10 * 60)
    pin(broker, 200.0)
    broker.clock.advance(DAY)
    assert met(broker, price(">=", 205)) is None
    assert met(broker, price(">=", 205), outside=True) == NOON + 4 * HOUR


def test_nothing_is_met_while_nothing_trades(broker: PaperAccount) -> None:
    broker.clock.advance(8 * HOUR)  # 21:00
    pin(broker, 210.0)
    broker.clock.advance(HOUR)
    assert met(broker, price(">=", 205), since=NOON + 8 * HOUR, outside=True) is None


@pytest.mark.parametrize(("zone", "seconds"), [(None, 600.0), ("US/Eastern", 600.0 + 5 * HOUR)])
def test_a_time_is_in_utc_or_in_its_own_zone(broker: PaperAccount, zone: str | None, seconds: float) -> None:
    condition = Condition(ConditionType.TIME, "*@*", ">=", "20261123-18:10:00", time_zone=zone)
    broker.clock.advance(DAY)
    assert met(broker, condition) == NOON + seconds
    assert met(broker, condition, until=NOON + 599) is None
    assert met(broker, condition, since=NOON + 10 * HOUR) == NOON + 10 * HOUR + 0.5


def test_a_trade_is_met_by_the_next_execution(broker: PaperAccount) -> None:
    anything = Condition(ConditionType.TRADE, "*@*", ">=", "*")
    broker.clock.advance(100)
    assert met(broker, anything) is None
    trade(broker, IBM, 1, 250.0)
    assert met(broker, anything) == NOON + 100
    assert met(broker, replace(anything, conidex=f"{IBM}@NYSE")) == NOON + 100
    assert met(broker, replace(anything, conidex=f"{AAPL}@NYSE")) is None


@pytest.mark.parametrize(
    ("kind", "conidex", "low", "high"),
    [
        (ConditionType.VOLUME, f"{AAPL}@SMART", 1000, 10**12),
        (ConditionType.MARGIN, "*@*", 1, 100),
        (ConditionType.MARKET, "*@*", -60, 60),
        (ConditionType.POSITION, "*@*", -60, 500),
        (ConditionType.DAILY_PROFIT, "*@*", -(10**7), 10**7),
    ],
)
def test_every_other_kind_is_looked_at_now(
    broker: PaperAccount, kind: ConditionType, conidex: str, low: float, high: float
) -> None:
    broker.clock.advance(10)
    assert met(broker, Condition(kind, conidex, ">=", str(low))) == NOON + 10
    assert met(broker, Condition(kind, conidex, ">=", str(high))) is None


def test_the_change_of_the_market_is_that_of_the_index_in_percent(broker: PaperAccount) -> None:
    spx = broker.instrument(416904)
    broker.prices.override_price(spx.conid, broker.prices.quote(spx).prior_close * 1.04)
    broker.clock.advance(10)
    condition = Condition(ConditionType.MARKET, "*@*", ">=", "3.9")
    assert met(broker, condition) == NOON + 10
    assert met(broker, replace(condition, value="4.1")) is None


def test_any_position_may_meet_a_condition_on_positions(broker: PaperAccount) -> None:
    pin(broker, broker.prices.quote(broker.instrument(IBM)).prior_close * 0.8, IBM)
    broker.clock.advance(10)
    assert met(broker, Condition(ConditionType.POSITION, "*@*", "<=", "-19.9")) == NOON + 10


@pytest.fixture
def staggered(broker: PaperAccount) -> PaperAccount:
    """AAPL jumps after 100 s and falls back after 300 s; IBM jumps after 200 s."""
    pin(broker, 200.0)
    pin(broker, 250.0, IBM)
    broker.clock.advance(100)
    pin(broker, 210.0)
    broker.clock.advance(100)
    pin(broker, 260.0, IBM)
    broker.clock.advance(100)
    pin(broker, 200.0)
    broker.clock.advance(300)
    return broker


UP_AAPL, UP_IBM = price(">=", 205), price(">=", 255, IBM)
NEVER = price(">=", 9999)


@pytest.mark.parametrize(
    ("conditions", "seconds"),
    [
        ([replace(UP_AAPL, bind=AND), UP_IBM], 200),
        ([replace(UP_AAPL, bind=OR), UP_IBM], 100),
        ([replace(UP_IBM, bind=AND), UP_AAPL], 200),
        ([replace(UP_AAPL, bind=AND), NEVER], None),
        ([replace(NEVER, bind=OR), UP_IBM], 200),
        ([replace(NEVER, bind=AND), replace(UP_AAPL, bind=OR), UP_IBM], 200),
        ([replace(UP_IBM, bind=OR), replace(UP_AAPL, bind=AND), NEVER], 200),
    ],
)
def test_and_binds_more_tightly_than_or(
    staggered: PaperAccount, conditions: Sequence[Condition], seconds: float | None
) -> None:
    assert met(staggered, *conditions) == (None if seconds is None else NOON + seconds)


def test_conditions_joined_by_and_must_hold_together(staggered: PaperAccount) -> None:
    late = Condition(
        ConditionType.TIME, "*@*", ">=", "20261123-18:06:40"
    )  # 400 s: AAPL has fallen back by then
    assert met(staggered, replace(UP_AAPL, bind=AND), late) is None
    assert met(staggered, replace(UP_IBM, bind=AND), late) == NOON + 400


def test_an_account_without_money_has_no_margin_to_watch(broker: PaperAccount) -> None:
    broker.positions.clear()
    broker.cash = {"USD": 0.0}
    broker.clock.advance(10)
    assert met(broker, Condition(ConditionType.MARGIN, "*@*", "<=", "10")) is None


def test_an_alert_without_conditions_is_never_met(broker: PaperAccount) -> None:
    assert met(broker, until=NOON + DAY) is None
