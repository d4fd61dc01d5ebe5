"""Profit and loss as `/iserver/account/pnl/partitioned` writes it: one row for each part of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from api_gateway.simulator.advisors.model_portfolios import CORE, Stake

if TYPE_CHECKING:
    from api_gateway.simulator.accounts.paper_account import Broker


def profit_rows(broker: Broker, stakes: Sequence[Stake]) -> dict[str, dict[str, Any]]:
    """The rows `<account>.Core` and `<account>.<model>`, which add up to the account; in base currency.

    Margin is required of the account as a whole and all stands with Core: a model has all of its value as
    equity and as excess.
    """
    valuation, account = broker.valuation(), broker.account_id
    total, inside = valuation.total, sum(stake.net_liquidation for stake in stakes)
    rows = {
        f"{account}.{CORE}": _row(
            daily=valuation.daily - sum(stake.daily for stake in stakes),
            worth=valuation.net_liquidation - inside,
            unrealised=valuation.base_ledger.unrealised - sum(stake.unrealised for stake in stakes),
            equity=total.equity_with_loan - inside,
            excess=total.excess_liquidity - inside,
            invested=total.net_liquidation - total.total_cash - sum(stake.invested for stake in stakes),
        )
    }
    for stake in stakes:
        rows[f"{account}.{stake.model.name}"] = _row(
            daily=stake.daily,
            worth=stake.net_liquidation,
            unrealised=stake.unrealised,
            equity=stake.net_liquidation,
            excess=stake.net_liquidation,
            invested=stake.invested,
        )
    return rows


def _row(
    *, daily: float, worth: float, unrealised: float, equity: float, excess: float, invested: float
) -> dict[str, Any]:
    return {
        "rowType": 1,
        "dpl": round(float(daily), 2),
        "nl": round(worth, 2),
        "upl": round(float(unrealised), 2),
        "uel": round(equity, 2),
        "el": round(excess, 2),
        "mv": round(invested, 2),
    }
