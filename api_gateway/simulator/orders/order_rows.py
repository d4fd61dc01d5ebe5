"""Rows of the three order endpoints: live orders, order status, and trades."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api_gateway.simulator.instruments.contract_names import (
    derivative_terms,
    full_name,
    listing_exchange_name,
)
from api_gateway.simulator.instruments.price_format import price_text, quantity_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Execution, Order, OrderStatus
from api_gateway.simulator.orders.order_types import ORDER_TYPES

_RECORD_SEPARATOR = "\u001e"
_VERBS = {"BUY": ("Buy", "Bought"), "SELL": ("Sell", "Sold")}
_DESCRIPTIONS = {
    OrderStatus.INACTIVE: "Order Inactive",
    OrderStatus.PENDING_SUBMIT: "Order Being Submitted",
    OrderStatus.PRE_SUBMITTED: "Order Queued",
    OrderStatus.SUBMITTED: "Order Submitted",
    OrderStatus.FILLED: "Order Filled",
    OrderStatus.PENDING_CANCEL: "Cancel Submitted",
    OrderStatus.CANCELLED: "Order Cancelled",
    OrderStatus.WARN_STATE: "Order Needs Attention",
}
_FILLED, _PART_FILLED, _CANCELLED, _NEW = "2", "1", "4", "0"


def live_order_row(account_id: str, order: Order, instrument: Instrument) -> dict[str, Any]:
    """A row of `/iserver/account/orders`: camelCase, sides as words, quantities floats, price a string."""
    row: dict[str, Any] = {
        "acct": account_id,
        "conidex": _conidex(order),
        "conid": order.conid,
        "account": account_id,
        "orderId": order.order_id,
        "cashCcy": instrument.currency,
        "sizeAndFills": _size_and_fills(order),
        "orderDesc": _order_description(order, instrument, contract=full_name(instrument)),
        "description1": full_name(instrument) if instrument.sec_type == "CASH" else instrument.symbol,
        "ticker": instrument.symbol,
        "secType": instrument.sec_type,
        "listingExchange": listing_exchange_name(instrument),
        "remainingQuantity": float(order.remaining),
        "filledQuantity": float(order.filled),
        "totalSize": float(order.quantity),
        "companyName": instrument.name,
        "status": order.status.value,
        "order_ccp_status": order.status.value,
        "origOrderType": ORDER_TYPES[order.order_type].capitals,
        "supportsTaxOpt": "1" if instrument.sec_type == "STK" else "0",
        "lastExecutionTime": _format_short_time(order.updated_at),
        "orderType": ORDER_TYPES[order.order_type].title,
        "bgColor": "#FFFFFF",
        "fgColor": "#000000",
        "isEventTrading": "0",
        "price": _main_price_text(order, instrument),
        "timeInForce": _time_in_force(order),
        "lastExecutionTime_r": int(order.updated_at) * 1000,
        "side": order.side,
        "exchange": order.exchange,
    }
    extra = derivative_terms(instrument)
    if extra is not None:
        row["description2"] = extra
    if order.stop_price is not None:
        row["auxPrice"] = price_text(instrument, order.stop_price)
    if order.ticket.get("cashQty"):
        row["totalCashSize"] = float(order.ticket["cashQty"])
    if order.oca_group:
        row["ocaGroupId"] = order.oca_group
    if (parent := _bracket_parent(order)) is not None:
        row["parentId"] = parent
    if order.status is OrderStatus.CANCELLED and order.updated_at >= order.expires_at:
        row["order_cancellation_by_system_reason"] = "Cancelled by System: order expired"
    if order.filled:
        row["avgPrice"] = price_text(instrument, order.average_price)
    if order.reference:
        row["order_ref"] = order.reference
    return row


def order_status_row(account_id: str, order: Order, instrument: Instrument) -> dict[str, Any]:
    """The body of `/iserver/account/order/status/…`: snake_case, side `B` or `S`, numbers as strings."""
    editable = order.status.is_working and order.status is not OrderStatus.PENDING_CANCEL
    row: dict[str, Any] = {
        "sub_type": None,
        "request_id": str(order.order_id % 1000),
        "server_id": "0",
        "order_id": order.order_id,
        "conidex": _conidex(order),
        "conid": order.conid,
        "symbol": instrument.symbol,
        "side": order.side[0],
        "contract_description_1": full_name(instrument),
        "listing_exchange": listing_exchange_name(instrument),
        "option_acct": "c",
        "company_name": instrument.name,
        "size": str(float(order.remaining)),
        "total_size": str(float(order.quantity)),
        "currency": instrument.currency,
        "account": account_id,
        "order_type": ORDER_TYPES[order.order_type].capitals,
        "limit_price": _limit_text(order, instrument),
        "cum_fill": str(float(order.filled)),
        "order_status": order.status.value,
        "order_ccp_status": _ccp_status(order),
        "order_status_description": _DESCRIPTIONS[order.status],
        "tif": order.tif,
        "fg_color": "#FFFFFF",
        "bg_color": "#000000",
        "order_not_editable": not editable,
        "editable_fields": _RECORD_SEPARATOR,
        "cannot_cancel_order": not editable,
        "deactivate_order": False,
        "sec_type": instrument.sec_type,
        "available_chart_periods": "#R|1",
        "order_description": _order_description(order, instrument),
        "order_description_with_contract": _order_description(
            order, instrument, contract=full_name(instrument)
        ),
        "alert_active": 0,
        "child_order_type": "0",
        "order_clearing_account": account_id,
        "clearing_id": "IB",
        "clearing_name": "IB",
        "size_and_fills": _size_and_fills(order),
        "exit_strategy_tool_availability": "1",
        "allowed_duplicate_opposite": True,
        "order_time": _format_short_time(order.placed_at),
    }
    if order.stop_price is not None:
        row["stop_price"] = price_text(instrument, order.stop_price)
    if (parent := _bracket_parent(order)) is not None:
        row |= {
            "parent_order_id": parent,
            "oca_group_id": order.oca_group,
            "oca_group_type": "ReduceOnFillNonBlock",
        }
    if order.filled:
        average = price_text(instrument, order.average_price)
        outcome = f"{_VERBS[order.side][1]} {quantity_text(order.filled)} @ {average}"
        row |= {
            "average_price": average,
            "exit_strategy_display_price": average,
            "exit_strategy_chart_description": outcome,
        }
    return row


def trade_row(account_id: str, execution: Execution, instrument: Instrument) -> dict[str, Any]:
    """A row of `/iserver/account/trades`: price, commission and position as strings, size as a float."""
    size = abs(execution.quantity)
    price = price_text(instrument, execution.price)
    verb = "Bot" if execution.quantity > 0 else "Sold"
    row: dict[str, Any] = {
        "execution_id": execution.execution_id,
        "symbol": instrument.symbol,
        "supports_tax_opt": "1" if instrument.sec_type == "STK" else "0",
        "side": "B" if execution.quantity > 0 else "S",
        "order_description": f"{verb} {quantity_text(size)} @ {price} on {execution.exchange}",
        "trade_time": _to_utc(execution.at).strftime("%Y%m%d-%H:%M:%S"),
        "trade_time_r": int(execution.at) * 1000,
        "size": float(size),
        "price": price,
        "exchange": execution.exchange,
        "commission": str(float(execution.commission)),
        "net_amount": round(size * execution.price * instrument.multiplier, 2),
        "account": account_id,
        "accountCode": account_id,
        "account_allocation_name": account_id,
        "company_name": instrument.name,
        "contract_description_1": full_name(instrument)
        if instrument.sec_type == "CASH"
        else instrument.symbol,
        "sec_type": instrument.sec_type,
        "listing_exchange": listing_exchange_name(instrument),
        "conid": execution.conid,
        "conidEx": execution.combination.conidex if execution.combination else str(execution.conid),
        "clearing_id": "IB",
        "clearing_name": "IB",
        "liquidation_trade": "0",
        "is_event_trading": "0",
        "order_id": execution.order_id,
        "position": quantity_text(execution.position),
    }
    extra = derivative_terms(instrument)
    if extra is not None:
        row["contract_description_2"] = extra
    if execution.reference:
        row["order_ref"] = execution.reference
    return row


def _conidex(order: Order) -> str:
    if order.combination is not None:
        return order.combination.conidex
    return str(order.conid) if order.exchange == "SMART" else f"{order.conid}@{order.exchange}"


def _limit_text(order: Order, instrument: Instrument) -> str:
    return "" if order.limit_price is None else price_text(instrument, order.limit_price)


def _size_and_fills(order: Order) -> str:
    total, filled = quantity_text(order.quantity), quantity_text(order.filled)
    return total if order.filled == order.quantity else f"{filled}/{total}"


def _bracket_parent(order: Order) -> int | None:
    """The parent of a bracket's child, even once the parent has filled; its ID is the name of the group."""
    return int(order.oca_group) if order.oca_group.isdecimal() else None


def _main_price_text(order: Order, instrument: Instrument) -> str:
    """The limit price or, for an order that has none, its stop price, as a ticket's `price`."""
    if order.limit_price is None and order.stop_price is not None:
        return price_text(instrument, order.stop_price)
    return _limit_text(order, instrument)


def _order_description(order: Order, instrument: Instrument, contract: str = "") -> str:
    """`Sold 40 Market, Day` once filled, `Buy 5 AAPL Limit 480.12, GTC` before; stops include their price."""
    done = order.status is OrderStatus.FILLED
    verb = _VERBS[order.side][1 if done else 0]
    limit = _limit_text(order, instrument)
    stop = "" if order.stop_price is None else price_text(instrument, order.stop_price)
    if limit and stop:
        stop = f"Stop {stop}"
    terms = " ".join(filter(None, (ORDER_TYPES[order.order_type].title, limit, stop)))
    tif = "Day" if order.tif == "DAY" else order.tif
    size = quantity_text(order.filled if done else order.quantity)
    return " ".join(filter(None, (verb, size, contract, f"{terms}, {tif}")))


def _time_in_force(order: Order) -> str:
    """Recorded: `CLOSE` for a filled day order. That a working one says `DAY` is an assumption."""
    return "CLOSE" if order.tif == "DAY" and order.status is OrderStatus.FILLED else order.tif


def _ccp_status(order: Order) -> str:
    """The FIX code of the status."""
    if order.status is OrderStatus.FILLED:
        return _FILLED
    if order.status is OrderStatus.CANCELLED:
        return _CANCELLED
    return _PART_FILLED if order.filled else _NEW


def _to_utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)


def _format_short_time(epoch: float) -> str:
    """`YYMMDDHHmmss`, in UTC."""
    return _to_utc(epoch).strftime("%y%m%d%H%M%S")
