from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.cash_transactions import CashTransactionKind
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.dividends import Dividend, dividends_from
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.lifecycle.dividend_payments import WITHHOLDING
from api_gateway.simulator.lifecycle.timeline import process_events
from tests.api_gateway.simulator.paper_account import IBM, make_empty_account, trade

DAY = 86400.0
DIVIDEND_KINDS = (
    CashTransactionKind.DIVIDEND,
    CashTransactionKind.PAYMENT_IN_LIEU,
    CashTransactionKind.WITHHOLDING_TAX,
)


@pytest.fixture
def account() -> PaperAccount:
    return make_empty_account()


def next_dividend(account: PaperAccount, share: Instrument) -> tuple[Dividend, float]:
    """The share's next dividend, and when its ex-date begins."""
    hours = HOURS[share.hours]
    dividend = next(dividends_from(share, hours.local(account.clock.now() + DAY).date()))
    session = session_on(hours, dividend.ex_date)
    assert session is not None
    return dividend, session.start


def move_to(account: PaperAccount, at: float) -> None:
    account.clock.advance(at - account.clock.now())
    process_events(account, at)


def paid(account: PaperAccount) -> list[tuple[CashTransactionKind, float]]:
    return [(row.kind, row.amount) for row in account.cash_transactions if row.kind in DIVIDEND_KINDS]


def test_a_dividend_accrues_on_the_ex_date_and_is_paid_with_tax_withheld(account: PaperAccount) -> None:
    share = account.instrument(IBM)
    trade(account, IBM, 150, 250.0)
    dividend, ex_at = next_dividend(account, share)
    gross = round(150 * dividend.per_share, 2)
    tax = round(gross * WITHHOLDING["USD"], 2)
    move_to(account, ex_at - 1)
    assert account.valuation().base_ledger.dividends == 0
    move_to(account, ex_at)
    assert account.valuation().base_ledger.dividends == pytest.approx(gross - tax)
    assert paid(account) == []
    trade(account, IBM, -150, 250.0)  # a seller on the ex-date keeps the dividend
    move_to(account, ex_at + 35 * DAY)
    assert paid(account) == [
        (CashTransactionKind.DIVIDEND, gross),
        (CashTransactionKind.WITHHOLDING_TAX, -tax),
    ]
    assert account.valuation().base_ledger.dividends == 0


def test_shares_bought_on_the_ex_date_receive_no_dividend(account: PaperAccount) -> None:
    _, ex_at = next_dividend(account, account.instrument(IBM))
    move_to(account, ex_at)
    trade(account, IBM, 100, 250.0)
    move_to(account, ex_at + 35 * DAY)
    assert paid(account) == []


def test_a_short_position_pays_the_whole_dividend(account: PaperAccount) -> None:
    trade(account, IBM, -80, 250.0)
    dividend, ex_at = next_dividend(account, account.instrument(IBM))
    move_to(account, ex_at)
    assert account.valuation().base_ledger.dividends == pytest.approx(-80 * dividend.per_share)
    move_to(account, ex_at + 35 * DAY)
    ((kind, amount),) = paid(account)
    assert kind is CashTransactionKind.PAYMENT_IN_LIEU
    assert amount == pytest.approx(-80 * dividend.per_share)


def test_the_dividend_of_a_foreign_share_is_paid_in_its_currency_with_that_countrys_tax(
    account: PaperAccount,
) -> None:
    (toyota,) = (each for each in account.universe.all() if each.symbol == "7203")
    trade(account, toyota.conid, 100, 3000.0)
    dividend, ex_at = next_dividend(account, toyota)
    yen = account.cash["JPY"]
    move_to(account, ex_at + 35 * DAY)
    gross = 100 * dividend.per_share
    (_, received), (_, withheld) = paid(account)
    assert received == gross
    assert withheld == pytest.approx(-0.15315 * gross, abs=0.01)
    interest = sum(row.amount for row in account.cash_transactions if row.currency == "JPY" and not row.conid)
    assert account.cash["JPY"] == pytest.approx(yen + received + withheld + interest)


def test_a_cfd_pays_the_dividend_of_its_share(account: PaperAccount) -> None:
    (cfd,) = account.universe.derivatives_of(IBM, "CFD")
    trade(account, cfd.conid, 10, 250.0)
    dividend, ex_at = next_dividend(account, account.instrument(IBM))
    move_to(account, ex_at + 35 * DAY)
    kind, amount = paid(account)[0]
    assert kind is CashTransactionKind.DIVIDEND
    assert amount == pytest.approx(10 * dividend.per_share)


def test_a_dividend_is_part_of_the_profit_of_its_day(account: PaperAccount) -> None:
    trade(account, IBM, 100, 250.0)
    _, ex_at = next_dividend(account, account.instrument(IBM))
    move_to(account, ex_at - 60)
    account.prices.override_price(IBM, 251.0)
    move_to(account, ex_at)
    line = account.valuation().open_position(IBM)
    assert line is not None
    quote = account.prices.quote(line.instrument)
    (accrual,) = account.dividend_accruals
    assert line.daily_pnl == pytest.approx(100 * (251.0 - quote.prior_close) + accrual.net)
