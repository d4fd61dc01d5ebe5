"""Dividends of positions: accrued when the share trades without them, paid some weeks later.

Known: short positions pay the dividend in lieu of the company; IBKR withholds the tax of the company's
country. Assumed: the account's owner lives outside the US, in a country whose tax treaty lowers the US tax to
15 %; the listing's currency determines a company's country; CFDs pay the net dividend of their share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.cash_transactions import CashTransaction, CashTransactionKind
from api_gateway.simulator.accounts.dividend_accrual import DividendAccrual
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.dividends import Dividend, dividends_from
from api_gateway.simulator.corporate_actions.splits import shares_per_share
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.lifecycle.account_event import AccountEvent

WITHHOLDING: Mapping[str, float] = MappingProxyType(
    {
        "USD": 0.15,
        "EUR": 0.26375,
        "CHF": 0.35,
        "CAD": 0.25,
        "JPY": 0.15315,
        "MXN": 0.1,
        "AUD": 0.15,
        "GBP": 0.0,
        "HKD": 0.0,
        "SGD": 0.0,
    }
)
"""The tax that is withheld, by listing currency: statutory rates, but for USD the treaty rate."""

_DEFAULT_WITHHOLDING = 0.15
_NEW_YORK = ZoneInfo("America/New_York")
_PAID_AT = time(9)


def upcoming_events(paper_account: PaperAccount, after: float) -> Iterator[AccountEvent]:
    """Yield the next ex-date of every position, and the payment of every accrued dividend."""
    for conid, position in paper_account.positions.items():
        if position.quantity:
            instrument = paper_account.instrument(conid)
            share = _paying_share(paper_account, instrument)
            found = None if share is None else _next_dividend(share, after)
            if found is not None:
                at, dividend = found
                yield AccountEvent(at, partial(_accrue, paper_account, instrument, dividend, at))
    for accrual in paper_account.dividend_accruals:
        if accrual.pay_at > after:
            yield AccountEvent(accrual.pay_at, partial(_pay, paper_account, accrual))


def _paying_share(paper_account: PaperAccount, instrument: Instrument) -> Instrument | None:
    """The share whose dividends a position receives (for a CFD, its underlying); None if it pays none."""
    share: Instrument | None = instrument
    if instrument.sec_type == "CFD":
        share = paper_account.universe.by_conid(instrument.underlying_conid or 0)
    return share if share is not None and share.dividend and share.dividend_months else None


def _next_dividend(share: Instrument, after: float) -> tuple[float, Dividend] | None:
    """The next dividend whose ex-date begins after a time (seconds since 1970), and when that is."""
    hours = HOURS[share.hours]
    for dividend in dividends_from(share, hours.local(after).date()):
        session = session_on(hours, dividend.ex_date)
        if session is not None and session.start > after:
            return session.start, dividend
    return None


def _accrue(paper_account: PaperAccount, instrument: Instrument, dividend: Dividend, at: float) -> None:
    quantity = paper_account.positions[instrument.conid].quantity
    first_day = paper_account.universe.build_date
    shares = shares_per_share(instrument, first_day, dividend.ex_date)
    per_share = round(dividend.per_share / shares, 6)
    gross = round(quantity * instrument.multiplier * per_share, 2)
    rate = WITHHOLDING.get(instrument.currency, _DEFAULT_WITHHOLDING)
    paper_account.dividend_accruals.append(
        DividendAccrual(
            conid=instrument.conid,
            currency=instrument.currency,
            quantity=quantity,
            per_share=per_share,
            gross=gross,
            tax=round(gross * rate, 2) if quantity > 0 else 0.0,
            ex_at=at,
            pay_at=_payment_time(dividend.pay_date),
        )
    )


def _payment_time(day: date) -> float:
    return datetime.combine(day, _PAID_AT, tzinfo=_NEW_YORK).timestamp()


def _pay(paper_account: PaperAccount, accrual: DividendAccrual) -> None:
    long = accrual.quantity > 0
    kind = CashTransactionKind.DIVIDEND if long else CashTransactionKind.PAYMENT_IN_LIEU
    for booked, amount in ((kind, accrual.gross), (CashTransactionKind.WITHHOLDING_TAX, -accrual.tax)):
        paper_account.book_cash(
            CashTransaction(
                accrual.pay_at,
                booked,
                accrual.currency,
                amount,
                accrual.conid,
                accrual.quantity,
                accrual.per_share,
            )
        )
