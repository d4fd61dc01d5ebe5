from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.accounts.cash_transactions import CashTransactionKind
from api_gateway.simulator.lifecycle.monthly_charges import MARKET_DATA_FEE, booking_time
from api_gateway.simulator.lifecycle.timeline import process_events
from tests.api_gateway.simulator.paper_account import MSFT, make_empty_account, trade

NEW_YORK = ZoneInfo("America/New_York")
DAY = 86400.0
NOVEMBER_1, DECEMBER_1 = (datetime(2026, month, 1, tzinfo=NEW_YORK).timestamp() for month in (11, 12))


@pytest.mark.parametrize(
    ("month", "day"), [(date(2026, 12, 1), 3), (date(2027, 1, 1), 6), (date(2026, 8, 1), 5)]
)
def test_bookings_happen_on_the_third_business_day(month: date, day: int) -> None:
    booked = datetime.fromtimestamp(booking_time(month), tz=NEW_YORK)
    assert (booked.month, booked.day, booked.hour) == (month.month, day, 17)


def test_a_month_of_interest_is_paid_at_its_rate_on_cash_above_the_first_ten_thousand() -> None:
    account = make_empty_account(NOVEMBER_1)
    account.clock.advance(booking_time(date(2026, 12, 1)) + 1 - NOVEMBER_1)
    before = account.valuation().net_liquidation
    process_events(account, account.clock.now())
    (interest,) = [r for r in account.cash_transactions if r.kind is CashTransactionKind.INTEREST_RECEIVED]
    assert interest.amount == pytest.approx(30 * 990_000 * 0.0314 / 360, abs=0.01)
    assert account.valuation().net_liquidation == pytest.approx(before - MARKET_DATA_FEE, abs=0.01)
    # The first two nights of December, which also include the new cash from the fourth day on.
    assert account.accrued_interest()["USD"] == pytest.approx(2 * 990_000 * 0.0314 / 360, abs=0.02)


def test_a_margin_loan_costs_interest() -> None:
    account = make_empty_account(NOVEMBER_1)
    account.deposit("USD", -1_200_000.0)
    account.clock.advance(33 * DAY)
    assert account.accrued_interest()["USD"] < 0
    process_events(account, account.clock.now())
    paid = [r.amount for r in account.cash_transactions if r.kind is CashTransactionKind.INTEREST_PAID]
    assert paid == [pytest.approx(-30 * 200_000 * 0.0514 / 360, abs=0.01)]


def test_market_data_costs_a_fee_unless_commissions_pay_for_it() -> None:
    quiet, active = make_empty_account(NOVEMBER_1), make_empty_account(NOVEMBER_1)
    trade(active, MSFT, 6000, 100.0)
    for account in (quiet, active):
        account.clock.advance(70 * DAY)
        process_events(account, account.clock.now())
    fees = [
        [r.amount for r in account.cash_transactions if r.kind is CashTransactionKind.MARKET_DATA_FEE]
        for account in (quiet, active)
    ]
    assert fees == [[-10.0, -10.0], [-10.0]]
