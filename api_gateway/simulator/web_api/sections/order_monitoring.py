"""Order Monitoring: live orders, the status of one order, and executions."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order_rows import live_order_row, order_status_row, trade_row
from api_gateway.simulator.replies import ApiError, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import (
    is_true,
    parse_whole_number,
    require_accounts_call,
    unavailable,
)
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Order Monitoring")

_MAX_ORDERS = 1000
_MAX_DAYS = 7
_SORT_BY_TIME = "sortbytime"


def _account(simulation: Simulation, request: ApiRequest) -> PaperAccount:
    """The account that `accountId` names, by default the selected one.

    That it may be an account that is not selected is a guess: IBKR documents only the parameter.
    """
    named = request.query.get("accountId", simulation.selected_account.account_id)
    if named not in simulation.accounts:
        raise unavailable()
    return simulation.accounts[named]


@SECTION.route("GET", "/iserver/account/orders", requires=RequiredSession.BROKERAGE)
def live_orders(simulation: Simulation, request: ApiRequest) -> Any:
    """Return open orders and orders that ended today. The first call, or one with `force`, returns none."""
    require_accounts_call(simulation)
    paper_account = _account(simulation, request)
    preflights = simulation.preflights
    # A filter mutes the WebSocket's orders until a call with `force`.
    preflights.orders_filtered = not is_true(request, "force") and (
        preflights.orders_filtered or bool(request.query.get("filters"))
    )
    if is_true(request, "force") or not simulation.preflights.orders_warm:
        simulation.preflights.orders_warm = True
        return {"orders": [], "snapshot": False}
    orders = paper_account.live_orders()
    filters = [text.strip().replace("_", "").lower() for text in request.query.get("filters", "").split(",")]
    states = {text for text in filters if text and text != _SORT_BY_TIME}
    if states and simulation.order_behaviour.filtered_list_empty:
        return {"orders": [], "snapshot": False}
    if states:
        orders = [order for order in orders if order.status.value.lower() in states]
    if _SORT_BY_TIME in filters:
        orders = sorted(orders, key=lambda order: order.updated_at, reverse=True)
    rows = [
        live_order_row(paper_account.account_id, order, paper_account.instrument_of(order))
        for order in orders
    ]
    return {"orders": rows[:_MAX_ORDERS], "snapshot": True}


@SECTION.route("GET", "/iserver/account/order/status/{orderId}", requires=RequiredSession.BROKERAGE)
def order_status(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the status of one of today's orders; older orders are unknown."""
    order_id = parse_whole_number(request.path_params["orderId"], "orderId", minimum=1)
    require_accounts_call(simulation)
    paper_account = simulation.selected_account
    for order in paper_account.live_orders():
        if order.order_id == order_id:
            row = order_status_row(paper_account.account_id, order, paper_account.instrument_of(order))
            children = [
                each.order_id for each in paper_account.orders.values() if each.oca_group == str(order_id)
            ]
            if children:
                row["children_order_ids"] = ",".join(map(str, children))
            return row
    raise ApiError(503, {"error": f"Order {order_id} is not found", "statusCode": 503})


@SECTION.route("GET", "/iserver/account/trades", requires=RequiredSession.BROKERAGE, returns_list=True)
def trades(simulation: Simulation, request: ApiRequest) -> Any:
    """Return executions of today, or of up to seven days. The first call only loads them."""
    days = parse_whole_number(request.query.get("days", "1"), "days", minimum=1)
    if days > _MAX_DAYS:
        raise bad_request("days must be from 1 to 7")
    require_accounts_call(simulation)
    paper_account = _account(simulation, request)
    if not simulation.preflights.trades_warm:
        simulation.preflights.trades_warm = True
        return []
    executions = paper_account.recent_executions(days)
    return [
        trade_row(paper_account.account_id, execution, paper_account.instrument_of(execution))
        for execution in executions
    ]
