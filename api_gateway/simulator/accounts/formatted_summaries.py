"""The four reports of `/iserver/account/{accountId}/summary/…`; every value is text such as `994,831 USD`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.segments import Segment
from api_gateway.simulator.accounts.valuation import Ledger, Valuation
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_from
from api_gateway.simulator.instruments.price_format import money_text, whole_amount_text

_NEW_YORK = ZoneInfo("America/New_York")
_SEC_TYPES = {
    "stock": "STK",
    "options": "OPT",
    "futures": "FUT",
    "future_options": "FOP",
    "funds": "FUND",
    "bonds": "BOND",
    "cfd": "CFD",
    "Cryptocurrency": "CRYPTO",
}
_ALWAYS_ZERO = (
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
    """Funds that are available now and after the next margin change."""

    def row(segment: Segment) -> dict[str, str]:
        available = money_text(segment.available_funds, valuation.base_currency)
        excess = money_text(segment.excess_liquidity, valuation.base_currency)
        return {
            "current_available": available,
            "current_excess": excess,
            "Prdctd Pst-xpry Excss": money_text(0, valuation.base_currency),
            "look_ahead_available": available,
            "look_ahead_excess": excess,
            "overnight_available": available,
            "overnight_excess": excess,
            "buying_power": money_text(segment.buying_power, valuation.base_currency),
            "leverage": f"{segment.leverage:.2f}" if segment.gross_position_value else "n/a",
        }

    rows = _by_segment(valuation, row)
    close = datetime.fromtimestamp(sessions_from(HOURS["us_stock"], valuation.at, 1)[0].closes, tz=_NEW_YORK)
    rows["total"] |= {"Lk Ahd Nxt Chng": f"@ {close:%H:%M:%S}", "day_trades_left": "Unlimited"}
    rows["securities"]["SMA"] = money_text(valuation.securities.special_memorandum, valuation.base_currency)
    return rows


def balances(valuation: Valuation) -> dict[str, Any]:
    """Net liquidation value, equity and cash."""

    def row(segment: Segment) -> dict[str, str]:
        return {
            "net_liquidation": money_text(segment.net_liquidation, valuation.base_currency),
            "equity_with_loan": money_text(segment.equity_with_loan, valuation.base_currency),
            "previous_day_equity_with_loan": money_text(
                segment.previous_equity_with_loan, valuation.base_currency
            ),
            "sec_gross_pos_val": money_text(segment.gross_position_value, valuation.base_currency),
            "cash": money_text(segment.total_cash, valuation.base_currency),
            "MTD Interest": money_text(segment.accrued_interest, valuation.base_currency),
            "Pndng Dbt Crd Chrgs": money_text(0, valuation.base_currency),
        }

    return _by_segment(valuation, row)


def margins(valuation: Valuation) -> dict[str, Any]:
    """Margin requirements now, after the next margin change and overnight."""

    def row(segment: Segment) -> dict[str, str]:
        initial = money_text(segment.initial_margin, valuation.base_currency)
        maintenance = money_text(segment.maintenance_margin, valuation.base_currency)
        return {
            "RegT Margin": money_text(segment.reg_t_margin, valuation.base_currency),
            "current_initial": initial,
            "Prdctd Pst-xpry Mrgn @ Opn": money_text(0, valuation.base_currency),
            "current_maint": maintenance,
            "look_ahead_initial": initial,
            "look_ahead_maint": maintenance,
            "projected_overnight_initial_margin": initial,
            "Prjctd Ovrnght Mntnnc Mrgn": maintenance,
        }

    return _by_segment(valuation, row)


def market_value(valuation: Valuation) -> dict[str, Any]:
    """Cash and positions per currency, as amounts in that currency without its code."""
    total = f"Total (in {valuation.base_currency})"
    rows = {each.currency: _market_value_row(each) for each in valuation.ledgers}
    return rows | {total: _market_value_row(valuation.base_ledger)}


def _market_value_row(ledger: Ledger) -> dict[str, str]:
    return {
        "total_cash": whole_amount_text(ledger.cash),
        "settled_cash": whole_amount_text(ledger.settled_cash),
        "MTD Interest": whole_amount_text(ledger.interest),
        **{name: whole_amount_text(ledger.value_of(kind)) for name, kind in _SEC_TYPES.items()},
        "dividends_receivable": whole_amount_text(ledger.dividends),
        **dict.fromkeys(_ALWAYS_ZERO, "0"),
        "net_liquidation": whole_amount_text(ledger.net_liquidation),
        "unrealized_pnl": whole_amount_text(ledger.unrealised),
        "realized_pnl": whole_amount_text(ledger.realised),
        "Exchange Rate": "1.00" if ledger.rate == 1.0 else f"{ledger.rate:.7g}",
    }


def _by_segment(valuation: Valuation, row: Callable[[Segment], dict[str, str]]) -> dict[str, Any]:
    return {
        "total": row(valuation.total),
        "Crypto at Paxos": row(Segment()),
        "commodities": row(valuation.commodities),
        "securities": row(valuation.securities),
    }
