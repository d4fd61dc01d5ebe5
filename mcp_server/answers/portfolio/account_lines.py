"""The lines about one account: its worth, cash and margin, the day, and the totals of all positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.portfolio.balances import Balances, CurrencyBalance
from mcp_server.answers.portfolio.holdings import Holding, sum_known
from mcp_server.answers.portfolio.reading import AccountPortfolio

UNKNOWN: Final = "unknown"
_MAX_CURRENCIES: Final = 8
_TOP: Final = 5
_NOTICEABLE: Final = 1.0
"""Differences of less than this are rounding."""
_PRICE_MOVE: Final = 5e-4
"""By which part a future's price can have changed between two figures that are read at the same time."""


def account_line(portfolio: AccountPortfolio) -> str:
    """`DU1234567 paper, base USD. Net liquidation 990053; cash 715265 (…); buying power 3556715`."""
    balances = portfolio.balances
    base = f", base {balances.base_currency}" if balances.base_currency else ""
    return (
        f"{portfolio.account.label}{base}. Net liquidation {money(balances.net_liquidation)}; "
        f"cash {money(balances.cash)}{cash_by_currency(balances)}; "
        f"buying power {money(balances.number('buyingpower'))}"
    )


def cash_by_currency(balances: Balances) -> str:
    """` (EUR 16473, GBP -4639 borrowed, USD 702260)`; empty if there is only base currency without a loan."""
    rows = [each for each in balances.currencies if each.cash and abs(each.cash) >= 0.005]
    if all(each.currency == balances.base_currency and (each.cash or 0) > 0 for each in rows):
        return ""
    rows.sort(key=lambda each: -abs(each.base_cash or 0.0))
    shown = sorted(rows[:_MAX_CURRENCIES], key=lambda each: each.currency)
    more = [f"{len(rows) - len(shown)} more"] if len(rows) > len(shown) else []
    return f" ({', '.join([*map(_cash, shown), *more])})"


def _cash(row: CurrencyBalance) -> str:
    return f"{row.currency} {formats.amount(row.cash)}{' borrowed' if (row.cash or 0) < 0 else ''}"


def margin_line(portfolio: AccountPortfolio, market: MarketState) -> str:
    """`excess liquidity 897966, cushion 90.7 %; day P&L -530 (-0.05 %)`."""
    balances = portfolio.balances
    cushion = formats.fraction_as_percent(balances.cushion, 1, signed=False)
    return (
        f"excess liquidity {money(balances.number('excessliquidity'))}"
        f"{f', cushion {cushion} %' if cushion else ''}; {day_text(portfolio, market)}"
    )


def day_text(portfolio: AccountPortfolio, market: MarketState) -> str:
    """The day's profit, with its percentage of the account's value at the prior close."""
    day = portfolio.day
    label = "day P&L" if market.is_trading_day else "day P&L of the last trading day"
    if day is None:
        return f"day P&L {UNKNOWN}"
    percent = formats.percent(day.percent_of(portfolio.balances.net_liquidation))
    return f"{label} {money(day.amount, signed=True)}{f' ({percent} %)' if percent else ''}"


def totals_text(holdings: Sequence[Holding], noun: str = "positions") -> str:
    """`open P&L -8299; positions 8, losing 5; best …, worst …; top 5 are 33 %`: always of all."""
    if not holdings:
        return "no positions"
    losing = sum(1 for each in holdings if (each.open_pnl or 0) < 0)
    parts = [
        f"open P&L {money(sum_known(each.open_pnl for each in holdings), signed=True)}",
        f"{noun} {len(holdings)}, losing {losing}",
    ]
    known = sorted(
        (each for each in holdings if each.open_pnl is not None), key=lambda each: each.open_pnl or 0
    )
    if len(known) > 1:
        parts.append(f"best {_named_pnl(known[-1])}, worst {_named_pnl(known[0])}")
    weights = sorted((abs(each.weight) for each in holdings if each.weight is not None), reverse=True)
    if len(weights) > _TOP:
        parts.append(
            f"largest {_TOP}: {formats.percent(sum(weights[:_TOP]), 1, signed=False)} % of net liquidation"
        )
    return "; ".join(parts)


def _named_pnl(holding: Holding) -> str:
    return f"{holding.name} {money(holding.open_pnl, signed=True)}"


def realized_pnl(portfolio: AccountPortfolio) -> float | None:
    """The profit realized today: the ledger's, else that of the positions, including closed ones."""
    realized = portfolio.balances.realized_pnl
    if realized is not None or portfolio.positions is None:
        return realized
    rates = ((each, portfolio.balances.rate(each.currency)) for each in portfolio.positions)
    return sum_known(each.realized_pnl * rate for each, rate in rates if each.realized_pnl and rate)


def realized_text(portfolio: AccountPortfolio, market: MarketState) -> str:
    """`realized today +459`, or nothing if nothing was realized."""
    realized = realized_pnl(portfolio)
    when = "today" if market.is_trading_day else "that day"
    return (
        f"realized {when} {money(realized, signed=True)}" if realized and abs(realized) >= _NOTICEABLE else ""
    )


def cash_note(balances: Balances, notional: float = 0.0) -> str:
    """Why IBKR's total cash value differs from the cash, if it does; otherwise empty.

    `notional`: of the futures, whose profit can have changed between the two figures.
    """
    total, cash = balances.number("totalcashvalue"), balances.cash
    if total is None or cash is None or abs(total - cash) < _NOTICEABLE:
        return ""
    futures = balances.total.futures_pnl if balances.total is not None else None
    close = max(_NOTICEABLE, abs(total) * 1e-5, notional * _PRICE_MOVE)
    explained = futures is not None and abs(total - cash - futures) < close
    why = (
        f"includes unsettled futures P&L ({money(futures, signed=True)})"
        if explained
        else f"differs by {money(total - cash, signed=True)}, for which it gives no reason"
    )
    return f"Cash is the ledger's total; IBKR's total cash value {money(total)} {why}."


def money(value: float | None, *, signed: bool = False) -> str:
    """An amount of an account: whole from a thousand on, and `unknown` if IBKR did not send it."""
    return formats.amount(value, signed=signed) or UNKNOWN
