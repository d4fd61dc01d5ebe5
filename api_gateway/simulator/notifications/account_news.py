"""Notifications that IBKR sends about an account: fills, analyst ratings, expiries and holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.cash_transactions import SplitBooking
from api_gateway.simulator.accounts.dividend_accrual import DividendAccrual
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.holidays import full_holidays
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.instruments.contract_names import full_name
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.price_format import price_text, quantity_text
from api_gateway.simulator.notifications.inbox import Notification
from api_gateway.simulator.orders.order import Execution, ExecutionKind
from api_gateway.simulator.prices.seeded_noise import hash_keys

_NEW_YORK = ZoneInfo("America/New_York")
_RATINGS_AT, _EXPIRIES_AT, _HOLIDAYS_AT = time(8, 5), time(9), time(10)
_GRADES = ("Buy", "Outperform", "Hold", "Underperform", "Sell")
# For each kind of execution: the code and title of its notification, and what happened (empty: the side).
_EXECUTION_NEWS = {
    ExecutionKind.TRADE: ("TP", "Trade Notification", ""),
    ExecutionKind.CLOSE_OUT: ("TP", "Trade Notification", "Closed before delivery:"),
    ExecutionKind.EXERCISE: ("OE", "FYI: Option Expiration", "Exercised:"),
    ExecutionKind.ASSIGNMENT: ("OE", "FYI: Option Expiration", "Assigned:"),
    ExecutionKind.EXPIRATION: ("OE", "FYI: Option Expiration", "Expired:"),
    ExecutionKind.FINAL_SETTLEMENT: ("OE", "FYI: Contract Expiration", "Settled finally:"),
}
_DAYS_BEFORE_EXPIRY, _DAYS_BEFORE_HOLIDAY = 3, 2


def account_notifications(paper_account: PaperAccount, since: float, until: float) -> Iterator[Notification]:
    """Yield the account's notifications after `since` and up to `until` (seconds since 1970)."""
    for execution in paper_account.executions:
        if since < execution.at <= until:
            instrument = paper_account.instrument(execution.conid)
            code, title, action = _EXECUTION_NEWS[execution.kind]
            side = "Bought" if execution.quantity > 0 else "Sold"
            where = f" on {execution.exchange}" if execution.order_id else ""
            text = (
                f"{action or side} {quantity_text(abs(execution.quantity))} {full_name(instrument)} "
                f"at {price_text(instrument, execution.price)}{where}."
            )
            yield Notification(execution.at, code, title, _html(text, _held_in_text(paper_account)))
    yield from _corporate_action_notifications(paper_account, since, until)
    day = datetime.fromtimestamp(since, tz=_NEW_YORK).date()
    last = datetime.fromtimestamp(until, tz=_NEW_YORK).date()
    while day <= last:
        for notification in (
            *_rating_notifications(paper_account, day),
            *_expiry_notifications(paper_account, day),
        ):
            if since < notification.at <= until:
                yield notification
        day += timedelta(days=1)


def holiday_notifications(since: float, until: float) -> Iterator[Notification]:
    """Yield the New York exchange holidays that are announced after `since` and up to `until`."""
    day = datetime.fromtimestamp(since, tz=_NEW_YORK).date()
    last = datetime.fromtimestamp(until, tz=_NEW_YORK).date()
    while day <= last:
        at, closed = _timestamp(day, _HOLIDAYS_AT), day + timedelta(days=_DAYS_BEFORE_HOLIDAY)
        if since < at <= until and closed in full_holidays(closed.year):
            yield Notification(
                at, "EH", "FYI: Exchange Holiday", _html(f"US exchanges are closed on {closed:%B %d, %Y}.")
            )
        day += timedelta(days=1)


def _corporate_action_notifications(
    paper_account: PaperAccount, since: float, until: float
) -> Iterator[Notification]:
    """Yield the ex-dates and splits of positions."""
    dividends = (
        (each.ex_at, _dividend_text(paper_account, each)) for each in paper_account.dividend_accruals
    )
    splits = ((each.at, _split_text(paper_account, each)) for each in paper_account.splits)
    for at, text in (*dividends, *splits):
        if since < at <= until:
            yield Notification(at, "PF", "FYI: Corporate Action", _html(text, _held_in_text(paper_account)))


def _dividend_text(paper_account: PaperAccount, accrual: DividendAccrual) -> str:
    name = full_name(paper_account.instrument(accrual.conid))
    pay_day = datetime.fromtimestamp(accrual.pay_at, tz=_NEW_YORK)
    amount = f"{accrual.per_share:g} {accrual.currency} per share"
    return f"{name} trades ex-dividend: {amount}, paid on {pay_day:%B %d, %Y}."


def _split_text(paper_account: PaperAccount, split: SplitBooking) -> str:
    return f"{full_name(paper_account.instrument(split.conid))} was split {split.ratio} for 1."


def _rating_notifications(paper_account: PaperAccount, day: date) -> Iterator[Notification]:
    """Yield one rating change per trading day, for a company that the account holds."""
    if session_on(HOURS["us_stock"], day) is None:
        return
    at = _timestamp(day, _RATINGS_AT)
    companies = [i for i in _held_instruments(paper_account, at) if i.sec_type == "STK" and not i.is_etf]
    if not companies:
        return
    company = companies[hash_keys(crc32(paper_account.account_id.encode()), day.toordinal()) % len(companies)]
    before = day - timedelta(days=1)
    grades = ", ".join(
        _format_rating(name, _analyst_count(company, grade, day), _analyst_count(company, grade, before))
        for grade, name in enumerate(_GRADES)
    )
    text = f"Analysts changed their ratings of {company.symbol}@{company.exchange}. {grades}."
    yield Notification(at, "PF", "FYI: Changes in Analyst Ratings", _html(text, _held_in_text(paper_account)))


def _analyst_count(company: Instrument, grade: int, day: date) -> int:
    """Return how many analysts give the company that grade on that day."""
    key = hash_keys(company.conid, grade)
    return 1 + key % 14 + hash_keys(key, day.toordinal()) % 2


def _format_rating(name: str, count: int, before: int) -> str:
    return f"{name}: {count}({count - before:+d})" if count != before else f"{name}: {count}(0)"


def _expiry_notifications(paper_account: PaperAccount, day: date) -> Iterator[Notification]:
    expiry = f"{day + timedelta(days=_DAYS_BEFORE_EXPIRY):%Y%m%d}"
    at = _timestamp(day, _EXPIRIES_AT)
    for instrument in _held_instruments(paper_account, at):
        if instrument.expiry == expiry and instrument.sec_type in ("OPT", "FOP", "FUT"):
            text = f"{full_name(instrument)} expires in {_DAYS_BEFORE_EXPIRY} days, on {expiry}."
            yield Notification(
                at, "OE", "FYI: Upcoming Expiration", _html(text, _held_in_text(paper_account))
            )


def _held_instruments(paper_account: PaperAccount, at: float) -> list[Instrument]:
    """Return the instruments that the account held at that moment."""
    quantities: dict[int, float] = {}
    bookings: list[SplitBooking | Execution] = [*paper_account.splits, *paper_account.executions]
    for booking in sorted(bookings, key=lambda each: each.at):
        if booking.at > at:
            break
        held = quantities.get(booking.conid, 0.0)
        if isinstance(booking, SplitBooking):
            quantities[booking.conid] = held * booking.ratio
        else:
            quantities[booking.conid] = held + booking.quantity
    return [paper_account.instrument(conid) for conid, quantity in sorted(quantities.items()) if quantity]


def _timestamp(day: date, at: time) -> float:
    return datetime.combine(day, at, tzinfo=_NEW_YORK).timestamp()


def _held_in_text(paper_account: PaperAccount) -> str:
    return f"Held in: {paper_account.account_id[0]}****{paper_account.account_id[-3:]}"


def _html(*lines: str) -> str:
    return f"<html>{' <br /> '.join(lines)}</html>"
