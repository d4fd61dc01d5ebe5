"""Portfolio Analyst's transactions: a day's purchases of a contract are one row, its sales another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Execution
from api_gateway.simulator.portfolio_analyst.account_history import NEW_YORK, new_york_date

_DIGITS = 8


@dataclass(frozen=True)
class DailyTrade:
    """An account's purchases, or sales, of an instrument on a day. `fx_rate` converts to another currency."""

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
        """Return the transaction with signed amounts: a purchase adds quantity and costs money."""
        quantity = sum(execution.quantity for execution in self.executions)
        value = sum(execution.quantity * execution.price for execution in self.executions)
        midnight = datetime.combine(self.day, datetime.min.time(), tzinfo=NEW_YORK)
        return {
            "cur": self.instrument.currency,
            "date": f"{midnight:%a %b %d %H:%M:%S %Z %Y}",
            "rawDate": f"{self.day:%Y%m%d}",
            "fxRate": self.fx_rate,
            "pr": round(value / quantity, _DIGITS),
            "qty": float(quantity),
            "acctid": self.account_id,
            "amt": round(-value * self.instrument.multiplier, _DIGITS),
            "conid": self.instrument.conid,
            "type": "Buy" if quantity > 0 else "Sell",
            "desc": self.instrument.name,
            "isRealTime": real_time,
        }

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


def transactions(
    paper_accounts: list[PaperAccount], conids: Collection[int], currency: str, days: int
) -> dict[str, Any]:
    """Return the response of `/pa/transactions` for today and the previous `days` days.

    Raises LookupError for a currency without an exchange rate to the account's base currency.
    """
    today = new_york_date(paper_accounts[0].clock.now())
    first = today - timedelta(days=days)
    daily_trades = [
        trade
        for paper_account in paper_accounts
        for trade in _daily_trades(paper_account, conids, currency, first)
    ]
    daily_trades.sort(key=lambda trade: trade.day)
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
        "transactions": [trade.transaction_row(real_time=trade.day == today) for trade in daily_trades],
    }


def _daily_trades(
    paper_account: PaperAccount, conids: Collection[int], currency: str, first: date
) -> Iterator[DailyTrade]:
    currency_rate = paper_account.exchange_rates.rate(currency)
    grouped: dict[tuple[date, int, bool], list[Execution]] = defaultdict(list)
    for execution in paper_account.executions:
        day = new_york_date(execution.at)
        if execution.conid in conids and day >= first:
            grouped[day, execution.conid, execution.quantity > 0].append(execution)
    for (day, conid, _), executions in grouped.items():
        instrument = paper_account.instrument(conid)
        rate = round(paper_account.exchange_rates.rate(instrument.currency) / currency_rate, 7)
        yield DailyTrade(day, paper_account.account_id, instrument, tuple(executions), rate)


def _epoch_milliseconds(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), tzinfo=UTC).timestamp()) * 1000
