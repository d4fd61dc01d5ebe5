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
def paper_account() -> PaperAccount:
    return make_paper_account()


def price(comparison: str, value: float, conid: int = AAPL) -> Condition:
    return Condition(ConditionType.PRICE, f"{conid}@SMART", comparison, str(value))


def override_price(paper_account: PaperAccount, value: float, conid: int = AAPL) -> None:
    paper_account.prices.override_price(conid, value)


def first_met_after(
    paper_account: PaperAccount,
    *conditions: Condition,
    since: float = NOON,
    until: float | None = None,
    outside: bool = False,
) -> float | None:
    end = paper_account.clock.now() if until is None else until
    return first_trigger_time(conditions, paper_account, since, end, outside_rth=outside)


def test_a_price_condition_is_dated_at_the_half_second_that_met_it(paper_account: PaperAccount) -> None:
    override_price(paper_account, 200.0)
    paper_account.clock.advance(1234.0)
    override_price(paper_account, 210.0)
    paper_account.clock.advance(HOUR)
    assert first_met_after(paper_account, price(">=", 210)) == NOON + 1234
    assert first_met_after(paper_account, price(">", 210)) is None
    assert first_met_after(paper_account, price("==", 210)) == NOON + 1234
    assert first_met_after(paper_account, price("<=", 200)) == NOON + 0.5
    assert first_met_after(paper_account, price("<", 200)) is None


def test_first_trigger_time_does_not_depend_on_when_it_is_called(paper_account: PaperAccount) -> None:
    instrument, end = paper_account.instrument(AAPL), NOON + 3 * DAY
    before, later = (paper_account.prices.price_at(instrument, at) for at in (NOON, NOON + DAY))
    condition = price(">=" if later > before else "<=", later)
    paper_account.clock.advance(3 * DAY)
    expected = first_met_after(paper_account, condition)
    assert expected is not None
    assert NOON < expected <= NOON + DAY
    met_at, since = None, NOON
    while met_at is None and since < end:
        met_at = first_met_after(paper_account, condition, since=since, until=since + 1717.3)
        since += 1717.3
    assert met_at == expected
    assert condition.is_met_by(paper_account.prices.price_at(instrument, expected))
    assert not condition.is_met_by(paper_account.prices.price_at(instrument, expected - 0.5))


def test_a_price_outside_regular_hours_counts_only_with_outside_rth(paper_account: PaperAccount) -> None:
    override_price(paper_account, 200.0)
    paper_account.clock.advance(4 * HOUR)  # 17:00: after the close
    override_price(paper_account, 210.0)
    paper_account.clock.advance(10 * 60)
    override_price(paper_account, 200.0)
    paper_account.clock.advance(DAY)
    assert first_met_after(paper_account, price(">=", 205)) is None
    assert first_met_after(paper_account, price(">=", 205), outside=True) == NOON + 4 * HOUR


def test_no_price_condition_is_met_while_the_market_is_closed(paper_account: PaperAccount) -> None:
    paper_account.clock.advance(8 * HOUR)  # 21:00
    override_price(paper_account, 210.0)
    paper_account.clock.advance(HOUR)
    assert first_met_after(paper_account, price(">=", 205), since=NOON + 8 * HOUR, outside=True) is None


@pytest.mark.parametrize(("zone", "seconds"), [(None, 600.0), ("US/Eastern", 600.0 + 5 * HOUR)])
def test_a_time_condition_is_in_utc_or_in_the_given_time_zone(
    paper_account: PaperAccount, zone: str | None, seconds: float
) -> None:
    condition = Condition(ConditionType.TIME, "*@*", ">=", "20261123-18:10:00", time_zone=zone)
    paper_account.clock.advance(DAY)
    assert first_met_after(paper_account, condition) == NOON + seconds
    assert first_met_after(paper_account, condition, until=NOON + 599) is None
    assert first_met_after(paper_account, condition, since=NOON + 10 * HOUR) == NOON + 10 * HOUR + 0.5


def test_a_trade_condition_is_met_by_the_next_execution(paper_account: PaperAccount) -> None:
    anything = Condition(ConditionType.TRADE, "*@*", ">=", "*")
    paper_account.clock.advance(100)
    assert first_met_after(paper_account, anything) is None
    trade(paper_account, IBM, 1, 250.0)
    assert first_met_after(paper_account, anything) == NOON + 100
    assert first_met_after(paper_account, replace(anything, conidex=f"{IBM}@NYSE")) == NOON + 100
    assert first_met_after(paper_account, replace(anything, conidex=f"{AAPL}@NYSE")) is None


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
def test_every_other_condition_type_compares_the_current_value(
    paper_account: PaperAccount, kind: ConditionType, conidex: str, low: float, high: float
) -> None:
    paper_account.clock.advance(10)
    assert first_met_after(paper_account, Condition(kind, conidex, ">=", str(low))) == NOON + 10
    assert first_met_after(paper_account, Condition(kind, conidex, ">=", str(high))) is None


def test_a_market_condition_compares_the_index_change_in_percent(paper_account: PaperAccount) -> None:
    spx = paper_account.instrument(416904)
    paper_account.prices.override_price(spx.conid, paper_account.prices.quote(spx).prior_close * 1.04)
    paper_account.clock.advance(10)
    condition = Condition(ConditionType.MARKET, "*@*", ">=", "3.9")
    assert first_met_after(paper_account, condition) == NOON + 10
    assert first_met_after(paper_account, replace(condition, value="4.1")) is None


def test_a_position_condition_is_met_by_any_position(paper_account: PaperAccount) -> None:
    override_price(
        paper_account, paper_account.prices.quote(paper_account.instrument(IBM)).prior_close * 0.8, IBM
    )
    paper_account.clock.advance(10)
    assert (
        first_met_after(paper_account, Condition(ConditionType.POSITION, "*@*", "<=", "-19.9")) == NOON + 10
    )


@pytest.fixture
def staggered(paper_account: PaperAccount) -> PaperAccount:
    """AAPL jumps after 100 s and falls back after 300 s; IBM jumps after 200 s."""
    override_price(paper_account, 200.0)
    override_price(paper_account, 250.0, IBM)
    paper_account.clock.advance(100)
    override_price(paper_account, 210.0)
    paper_account.clock.advance(100)
    override_price(paper_account, 260.0, IBM)
    paper_account.clock.advance(100)
    override_price(paper_account, 200.0)
    paper_account.clock.advance(300)
    return paper_account


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
    assert first_met_after(staggered, *conditions) == (None if seconds is None else NOON + seconds)


def test_conditions_joined_by_and_must_hold_together(staggered: PaperAccount) -> None:
    late = Condition(
        ConditionType.TIME, "*@*", ">=", "20261123-18:06:40"
    )  # 400 s: AAPL has fallen back by then
    assert first_met_after(staggered, replace(UP_AAPL, bind=AND), late) is None
    assert first_met_after(staggered, replace(UP_IBM, bind=AND), late) == NOON + 400


def test_a_margin_condition_is_never_met_in_an_empty_account(paper_account: PaperAccount) -> None:
    paper_account.positions.clear()
    paper_account.cash = {"USD": 0.0}
    paper_account.open_since(paper_account.clock.now())
    paper_account.clock.advance(10)
    assert first_met_after(paper_account, Condition(ConditionType.MARGIN, "*@*", "<=", "10")) is None


def test_an_alert_without_conditions_is_never_met(paper_account: PaperAccount) -> None:
    assert first_met_after(paper_account, until=NOON + DAY) is None
