"""The four summaries of `/iserver/account/{accountId}/summary/…`, which hold text only: `994,831 USD`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.segments import Segment
from api_gateway.simulator.accounts.valuation import Ledger, Valuation
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_from
from api_gateway.simulator.instruments.price_format import money, whole

_NEW_YORK = ZoneInfo("America/New_York")
_KINDS = {
    "stock": "STK",
    "options": "OPT",
    "futures": "FUT",
    "future_options": "FOP",
    "funds": "FUND",
    "bonds": "BOND",
    "cfd": "CFD",
    "Cryptocurrency": "CRYPTO",
}
_NEVER_HELD = (
    "dividends_receivable",
    "mutual_funds",
    "money_market",
    "Govt Bonds",
    "t_bills",
    "warrants",
    "issuer_option",
    "commodity",
    "Notional CFD",
)


def available_funds(valuation: Valuation) -> dict[str, Any]:
    """Funds that can be used now and after the next change of margins."""

    def row(segment: Segment) -> dict[str, str]:
        available = money(segment.available_funds, valuation.base)
        excess = money(segment.excess_liquidity, valuation.base)
        return {
            "current_available": available,
            "current_excess": excess,
            "Prdctd Pst-xpry Excss": money(0, valuation.base),
            "look_ahead_available": available,
            "look_ahead_excess": excess,
            "overnight_available": available,
            "overnight_excess": excess,
            "buying_power": money(segment.buying_power, valuation.base),
            "leverage": f"{segment.leverage:.2f}" if segment.gross_position_value else "n/a",
        }

    rows = _by_segment(valuation, row)
    close = datetime.fromtimestamp(sessions_from(HOURS["us_stock"], valuation.at, 1)[0].closes, tz=_NEW_YORK)
    rows["total"] |= {"Lk Ahd Nxt Chng": f"@ {close:%H:%M:%S}", "day_trades_left": "Unlimited"}
    rows["securities"]["SMA"] = money(valuation.securities.special_memorandum, valuation.base)
    return rows


def balances(valuation: Valuation) -> dict[str, Any]:
    """Net liquidation value, equity and cash."""

    def row(segment: Segment) -> dict[str, str]:
        return {
            "net_liquidation": money(segment.net_liquidation, valuation.base),
            "equity_with_loan": money(segment.equity_with_loan, valuation.base),
            "previous_day_equity_with_loan": money(segment.previous_equity_with_loan, valuation.base),
            "sec_gross_pos_val": money(segment.gross_position_value, valuation.base),
            "cash": money(segment.total_cash, valuation.base),
            "MTD Interest": money(0, valuation.base),
            "Pndng Dbt Crd Chrgs": money(0, valuation.base),
        }

    return _by_segment(valuation, row)


def margins(valuation: Valuation) -> dict[str, Any]:
    """What the positions require now, at the next change and overnight."""

    def row(segment: Segment) -> dict[str, str]:
        initial = money(segment.initial_margin, valuation.base)
        maintenance = money(segment.maintenance_margin, valuation.base)
        return {
            "RegT Margin": money(segment.reg_t_margin, valuation.base),
            "current_initial": initial,
            "Prdctd Pst-xpry Mrgn @ Opn": money(0, valuation.base),
            "current_maint": maintenance,
            "look_ahead_initial": initial,
            "look_ahead_maint": maintenance,
            "projected_overnight_initial_margin": initial,
            "Prjctd Ovrnght Mntnnc Mrgn": maintenance,
        }

    return _by_segment(valuation, row)


def market_value(valuation: Valuation) -> dict[str, Any]:
    """Cash and positions of each currency, in that currency and without its name."""
    total = f"Total (in {valuation.base})"
    rows = {each.currency: _market_value_row(each) for each in valuation.ledgers}
    return rows | {total: _market_value_row(valuation.base_ledger)}


def _market_value_row(ledger: Ledger) -> dict[str, str]:
    return {
        "total_cash": whole(ledger.cash),
        "settled_cash": whole(ledger.settled_cash),
        "MTD Interest": "0",
        **{name: whole(ledger.value_of(kind)) for name, kind in _KINDS.items()},
        **dict.fromkeys(_NEVER_HELD, "0"),
        "net_liquidation": whole(ledger.net_liquidation),
        "unrealized_pnl": whole(ledger.unrealised),
        "realized_pnl": whole(ledger.realised),
        "Exchange Rate": "1.00" if ledger.rate == 1.0 else f"{ledger.rate:.7g}",
    }


def _by_segment(valuation: Valuation, row: Callable[[Segment], dict[str, str]]) -> dict[str, Any]:
    return {
        "total": row(valuation.total),
        "Crypto at Paxos": row(Segment()),
        "commodities": row(valuation.commodities),
        "securities": row(valuation.securities),
    }
