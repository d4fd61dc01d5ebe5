"""Order Monitoring: the status of orders, and executions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from mcp_server.models.moments import as_days
from mcp_server.rest.parameters import AccountFilter, Gateway, OrderId
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Order Monitoring"])

OrderFilter = Literal[
    "inactive",
    "pending_submit",
    "pre_submitted",
    "submitted",
    "filled",
    "pending_cancel",
    "cancelled",
    "warn_state",
    "sort_by_time",
]


@router.get("/iserver/account/orders")
async def list_live_orders(
    gateway: Gateway,
    filters: Annotated[
        list[OrderFilter] | None, Query(description="Only these statuses; sort_by_time sorts by time.")
    ] = None,
    force: Annotated[bool | None, Query(description="Refresh IBKR's order cache first.")] = None,
    account_id: AccountFilter = None,
) -> Json:
    """List today's orders of the selected account: open, filled and cancelled.

    `side` is BUY or SELL, quantities are numbers, `price` is "" if there is none, `lastExecutionTime_r` is
    epoch ms. To see another account's orders, select that account first.
    \f
    Source: IBKR Web API reference, "Live Orders".
    Found by: open orders, pending orders, working orders, my orders, active orders, what orders do I
    have, is anything open, unfilled, outstanding, order book, orders placed, still waiting, cancelled
    orders, current orders.
    For less: Name statuses in `filters`.
    """
    return await gateway.get("/iserver/account/orders", filters=filters, force=force, accountId=account_id)


@router.get("/iserver/account/order/status/{order_id}")
async def get_order_status(gateway: Gateway, order_id: OrderId) -> Json:
    """Get the status of one order: filled quantity, average price, remaining quantity.

    `side` is B or S; sizes and prices are text; `limit_price` is "" for a market order. Orders of an earlier
    session are refused (503).
    \f
    Source: IBKR Web API reference, "Order Status".
    Found by: did my order fill, was it executed, order details, is it filled, partially filled, check an
    order, track an order, why was it rejected, order state.
    """
    return await gateway.get("/iserver/account/order/status/{order}", order_id)


@router.get("/iserver/account/trades")
async def list_trades(
    gateway: Gateway,
    days: Annotated[
        int | None, Query(ge=1, le=7, description="Days back, 1-7; default: today only."), as_days
    ] = None,
    account_id: AccountFilter = None,
) -> Json:
    """List the executions of the selected account, up to seven days back.

    `side` is B or S, `size` a number, `price` and `commission` text, `trade_time_r` epoch ms.
    \f
    Source: IBKR Web API reference, "Trades".
    Found by: trade history, fills, filled orders, what did I buy, sell or trade yesterday, executed orders,
    recent transactions, commissions paid, fees, trades this week, past trades, deals, activity.
    For less: Request fewer `days`.
    """
    return await gateway.get("/iserver/account/trades", days=days, accountId=account_id)
