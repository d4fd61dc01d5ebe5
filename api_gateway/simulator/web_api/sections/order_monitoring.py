"""Order Monitoring: live orders, the status of one, and the executions."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.orders.order_rows import live_order_row, order_status_row, trade_row
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import need_accounts, unavailable, whole_number, yes
from api_gateway.simulator.web_api.routing import Call, Needs, Section, bad_request

SECTION = Section("Order Monitoring")

_MOST_ORDERS = 1000
_MOST_DAYS = 7
_BY_TIME = "sortbytime"


def _selected(simulation: Simulation, call: Call) -> None:
    """Refuse another account than the selected one, which a call may name."""
    if call.query.get("accountId", simulation.broker.account_id) != simulation.broker.account_id:
        raise unavailable()


@SECTION.answers("GET", "/iserver/account/orders", needs=Needs.BROKERAGE)
def live_orders(simulation: Simulation, call: Call) -> Any:
    """Open orders and those that ended today. The first call, and one with `force`, only fetches them."""
    need_accounts(simulation)
    _selected(simulation, call)
    preflights = simulation.preflights
    # A filter silences the orders on the WebSocket until a list is forced.
    preflights.orders_filtered = not yes(call, "force") and (
        preflights.orders_filtered or bool(call.query.get("filters"))
    )
    if yes(call, "force") or not simulation.preflights.orders_warm:
        simulation.preflights.orders_warm = True
        return {"orders": [], "snapshot": False}
    broker = simulation.broker
    orders = broker.live_orders()
    wanted = [each.strip().replace("_", "").lower() for each in call.query.get("filters", "").split(",")]
    states = {each for each in wanted if each and each != _BY_TIME}
    if states:
        orders = [order for order in orders if order.status.value.lower() in states]
    if _BY_TIME in wanted:
        orders = sorted(orders, key=lambda order: order.updated_at, reverse=True)
    rows = [live_order_row(broker.account_id, order, broker.instrument(order.conid)) for order in orders]
    return {"orders": rows[:_MOST_ORDERS], "snapshot": True}


@SECTION.answers("GET", "/iserver/account/order/status/{orderId}", needs=Needs.BROKERAGE)
def order_status(simulation: Simulation, call: Call) -> Any:
    """One order of this day; older ones are no longer remembered."""
    order_id = whole_number(call.values["orderId"], "orderId", lowest=1)
    need_accounts(simulation)
    broker = simulation.broker
    for order in broker.live_orders():
        if order.order_id == order_id:
            return order_status_row(broker.account_id, order, broker.instrument(order.conid))
    raise unavailable()


@SECTION.answers("GET", "/iserver/account/trades", needs=Needs.BROKERAGE, lists=True)
def trades(simulation: Simulation, call: Call) -> Any:
    """Executions of today, or of up to seven days. The first call only fetches them."""
    days = whole_number(call.query.get("days", "1"), "days", lowest=1)
    if days > _MOST_DAYS:
        raise bad_request("days must be from 1 to 7")
    need_accounts(simulation)
    _selected(simulation, call)
    if not simulation.preflights.trades_warm:
        simulation.preflights.trades_warm = True
        return []
    broker = simulation.broker
    done = broker.executions_of(days)
    return [trade_row(broker.account_id, each, broker.instrument(each.conid)) for each in done]
