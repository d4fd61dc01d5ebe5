"""Rows of `/iserver/account/pnl/partitioned`: profit and loss of Core and of each model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.advisors.model_portfolios import CORE, ValuedModelHolding


def partitioned_pnl_rows(
    paper_account: PaperAccount, holdings: Sequence[ValuedModelHolding]
) -> dict[str, dict[str, Any]]:
    """The rows `<account>.Core` and `<account>.<model>`, which add up to the account; in base currency.

    Margin applies to the account as a whole and is attributed to Core: for a model, equity and excess
    liquidity equal its value.
    """
    valuation, account = paper_account.valuation(), paper_account.account_id
    total, inside = valuation.total, sum(holding.net_liquidation for holding in holdings)
    rows = {
        f"{account}.{CORE}": _pnl_row(
            daily_pnl=valuation.daily_pnl - sum(holding.daily_pnl for holding in holdings),
            net_liquidation=valuation.net_liquidation - inside,
            unrealised=valuation.base_ledger.unrealised - sum(holding.unrealised for holding in holdings),
            equity=total.equity_with_loan - inside,
            excess=total.excess_liquidity - inside,
            positions_value=total.net_liquidation
            - total.total_cash
            - sum(holding.positions_value for holding in holdings),
        )
    }
    for holding in holdings:
        rows[f"{account}.{holding.model.name}"] = _pnl_row(
            daily_pnl=holding.daily_pnl,
            net_liquidation=holding.net_liquidation,
            unrealised=holding.unrealised,
            equity=holding.net_liquidation,
            excess=holding.net_liquidation,
            positions_value=holding.positions_value,
        )
    return rows


def _pnl_row(
    *,
    daily_pnl: float,
    net_liquidation: float,
    unrealised: float,
    equity: float,
    excess: float,
    positions_value: float,
) -> dict[str, Any]:
    return {
        "rowType": 1,
        "dpl": round(float(daily_pnl), 2),
        "nl": round(net_liquidation, 2),
        "upl": round(float(unrealised), 2),
        "uel": round(equity, 2),
        "el": round(excess, 2),
        "mv": round(positions_value, 2),
    }
