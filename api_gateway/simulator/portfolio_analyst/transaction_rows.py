"""Portfolio Analyst's transactions: a day's purchases of a contract are one row, its sales another.

Expiries and cash transactions are rows of their own. Guesses: their types, and that interest, fees and
commissions, which concern no contract, are returned for conid 0. Known: a trade excludes its commission.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from api_gateway.simulator.accounts.cash_transactions import CashTransaction, CashTransactionKind
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.valued_position import SETTLED_IN_CASH
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Execution, ExecutionKind
from api_gateway.simulator.portfolio_analyst.account_history import NEW_YORK, end_of_day, new_york_date

NO_CONTRACT = 0
_DIGITS = 8
# The shares that an exercise delivers are bought or sold; the option itself is exercised.
_EXPIRY_TYPES = {
    ExecutionKind.EXERCISE: "Exercise",
    ExecutionKind.ASSIGNMENT: "Assignment",
    ExecutionKind.EXPIRATION: "Expiration",
    ExecutionKind.FINAL_SETTLEMENT: "Final Settlement",
}


@dataclass(frozen=True)
class DailyTrade:
    """An account's purchases, or sales, of an instrument on a day. `fx_rate` converts to another currency.

    All `executions` have the same kind and side.
    """

    day: date
    account_id: str
    instrument: Instrument
    executions: tuple[Execution, ...]
    fx_rate: float

    @property
    def realised(self) -> float:
        """The realised profit, in the instrument's currency."""
        return sum(execution.realised for execution in self.executions)

    def transaction_row(self, *, real_time: bool) -> dict[str, Any]:
        """Return the transaction with signed amounts: a purchase adds quantity and costs money.

        `amt` is the cash that moved, without the commission: for a future the profit since its last
        settlement, which is a guess.
        """
        quantity = sum(execution.quantity for execution in self.executions)
        value = sum(execution.quantity * execution.price for execution in self.executions)
        side, kind = "Buy" if quantity > 0 else "Sell", self.executions[0].kind
        return {
            "cur": self.instrument.currency,
            **_date_columns(self.day),
            "fxRate": self.fx_rate,
            "pr": round(value / quantity, _DIGITS),
            "qty": float(quantity),
            "acctid": self.account_id,
            "amt": self._amount(-value * self.instrument.multiplier),
            "conid": self.instrument.conid,
            "type": side if self.instrument.expires_at is None else _EXPIRY_TYPES.get(kind, side),
            "desc": self.instrument.name,
            "isRealTime": real_time,
        }

    def _amount(self, value: float) -> float:
        if self.instrument.sec_type in SETTLED_IN_CASH:
            value = sum(execution.cash_flow + execution.commission for execution in self.executions)
        return round(value, _DIGITS)

    def profit_row(self) -> dict[str, Any]:
        """Return the realised profit, as text, and the side of the position that was closed."""
        long = self.executions[0].quantity < 0
        return {
            "cur": self.instrument.currency,
            "date": f"{self.day:%Y%m%d}",
            "fxRate": self.fx_rate,
            "side": "L" if long else "S",
            "positionSide": "long" if long else "short",
            "acctid": self.account_id,
            "amt": str(round(self.realised, _DIGITS)),
            "conid": str(self.instrument.conid),
        }


@dataclass(frozen=True)
class CashRow:
    """A cash transaction, or a split, of an account; `instrument` is None if it concerns no contract."""

    day: date
    account_id: str
    instrument: Instrument | None
    transaction: CashTransaction
    fx_rate: float

    def transaction_row(self, *, real_time: bool) -> dict[str, Any]:
        """Return the transaction: `qty` is the position it was booked for, `pr` the price or rate."""
        return {
            "cur": self.transaction.currency,
            **_date_columns(self.day),
            "fxRate": self.fx_rate,
            "pr": round(self.transaction.price, _DIGITS),
            "qty": float(self.transaction.quantity),
            "acctid": self.account_id,
            "amt": self.transaction.amount,
            "conid": self.instrument.conid if self.instrument else NO_CONTRACT,
            "type": self.transaction.kind.value,
            "desc": self.instrument.name if self.instrument else self.transaction.kind.value,
            "isRealTime": real_time,
        }


def transactions(
    paper_accounts: list[PaperAccount], conids: Collection[int], currency: str, days: int
) -> dict[str, Any]:
    """Return the response of `/pa/transactions` for today and the previous `days` days.

    Raises LookupError for a currency without an exchange rate to the account's base currency.
    """
    paper_accounts[0].exchange_rates.rate(currency)
    today = new_york_date(paper_accounts[0].clock.now())
    first = today - timedelta(days=days)
    daily_trades = [
        trade
        for paper_account in paper_accounts
        for trade in _daily_trades(paper_account, conids, currency, first)
    ]
    daily_trades.sort(key=lambda trade: trade.day)
    cash_rows = [
        row for paper_account in paper_accounts for row in _cash_rows(paper_account, conids, currency, first)
    ]
    all_rows: list[DailyTrade | CashRow] = [*daily_trades, *cash_rows]
    rows = sorted(all_rows, key=lambda row: row.day)
    profits = [trade for trade in reversed(daily_trades) if trade.realised]
    return {
        "nd": days + 1,
        "rpnl": {
            "data": [trade.profit_row() for trade in profits],
            "amt": str(round(float(sum(trade.realised * trade.fx_rate for trade in profits)), _DIGITS)),
        },
        "currency": currency,
        "from": _epoch_milliseconds(first),
        "id": "getTransactions",
        "to": _epoch_milliseconds(today),
        "transactions": [row.transaction_row(real_time=row.day == today) for row in rows],
    }


def _daily_trades(
    paper_account: PaperAccount, conids: Collection[int], currency: str, first: date
) -> Iterator[DailyTrade]:
    grouped: dict[tuple[date, int, ExecutionKind, bool], list[Execution]] = defaultdict(list)
    for execution in paper_account.executions:
        day = new_york_date(execution.at)
        if execution.conid in conids and day >= first:
            grouped[day, execution.conid, execution.kind, execution.quantity > 0].append(execution)
    for (day, conid, *_), executions in grouped.items():
        instrument = paper_account.instrument(conid)
        rate = _fx_rate(paper_account, instrument.currency, currency, day)
        yield DailyTrade(day, paper_account.account_id, instrument, tuple(executions), rate)


def _cash_rows(
    paper_account: PaperAccount, conids: Collection[int], currency: str, first: date
) -> Iterator[CashRow]:
    for transaction in (
        *paper_account.cash_transactions,
        *_split_rows(paper_account),
        *_daily_commissions(paper_account),
    ):
        day = new_york_date(transaction.at)
        if (transaction.conid or NO_CONTRACT) in conids and day >= first:
            instrument = paper_account.instrument(transaction.conid) if transaction.conid else None
            rate = _fx_rate(paper_account, transaction.currency, currency, day)
            yield CashRow(day, paper_account.account_id, instrument, transaction, rate)


def _fx_rate(paper_account: PaperAccount, source: str, target: str, day: date) -> float:
    """Return the exchange rate between two currencies at the end of a day, or now for today."""
    at = end_of_day(day, paper_account.clock.now())
    rates = paper_account.exchange_rates
    return round(rates.rate(source, at) / rates.rate(target, at), 7)


def _daily_commissions(paper_account: PaperAccount) -> Iterator[CashTransaction]:
    """Yield the sum of each day's commissions in each currency."""
    charged: dict[tuple[date, str], list[Execution]] = defaultdict(list)
    for execution in paper_account.executions:
        if execution.commission:
            instrument = paper_account.instrument(execution.conid)
            exchanged = instrument.sec_type == "CASH"
            currency = paper_account.base_currency if exchanged else instrument.currency
            charged[new_york_date(execution.at), currency].append(execution)
    for (_, currency), executions in charged.items():
        amount = -round(sum(execution.commission for execution in executions), 2)
        yield CashTransaction(executions[-1].at, CashTransactionKind.COMMISSION, currency, amount)


def _split_rows(paper_account: PaperAccount) -> Iterator[CashTransaction]:
    """Yield the splits as transactions without money: the quantity is the number of added shares."""
    for split in paper_account.splits:
        yield CashTransaction(
            split.at,
            CashTransactionKind.SPLIT,
            paper_account.instrument(split.conid).currency,
            0.0,
            split.conid,
            split.quantity * (split.ratio - 1),
        )


def _date_columns(day: date) -> dict[str, str]:
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=NEW_YORK)
    return {"date": f"{midnight:%a %b %d %H:%M:%S %Z %Y}", "rawDate": f"{day:%Y%m%d}"}


def _epoch_milliseconds(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), tzinfo=UTC).timestamp()) * 1000
