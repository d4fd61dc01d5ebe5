"""Today's orders as a part of the answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

from api_gateway.errors import Failed, Refused
from mcp_server.answers.activity.contracts import Contracts, narrow, read_contracts
from mcp_server.answers.activity.sections import (
    TOOL,
    Section,
    Wanted,
    ignores_account,
    listed_accounts,
    missing_accounts_note,
)
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.formats import amount, quantity
from mcp_server.answers.orders.live_orders import LiveOrder, add_reasons, read_orders
from mcp_server.answers.orders.order_states import OrderState
from mcp_server.answers.orders.row_values import exact_price, row_time
from mcp_server.answers.outside_text import outside_message
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.table import Column
from mcp_server.answers.times import in_new_york

_MAX_NAMED: Final = 3
_MAX_SCHEDULES: Final = 3
_COLLECTING: Final = "IBKR is still loading the orders, so there may be some. Call again in a few seconds."


async def order_section(wanted: Wanted, context: AnswerContext) -> Section:
    """The orders that are open, and those that ended today. Raises GatewayError."""
    try:
        listed = await read_orders(context.gateway, wanted.account_id)
    except (Failed, Refused):
        if not wanted.is_unselected:
            raise
        return Section(["Orders: not available."], [missing_accounts_note(wanted, ())])
    found = {each.account for each in listed.orders}
    if ignores_account(wanted, found):
        return Section(["Orders: not available."], [missing_accounts_note(wanted, ())])
    context.clock.observe(max((each.moment for each in listed.orders if each.moment), default=None))
    contracts = await read_contracts(context, listed.orders)
    mine = [each for each in listed.orders if wanted.belongs(each.account)]
    symbol, note = await narrow(wanted.symbol, mine, contracts, context)
    chosen = [each for each in mine if contracts.matches(symbol, each)]
    orders = sorted(await add_reasons(context.gateway, chosen), key=lambda each: not each.state.is_open)
    covered = listed_accounts(wanted, found)
    title = f"Orders of {wanted.label(covered)}{wanted.about()}"
    count = partial(_count, today=context.clock.today())
    blocks = [f"{title}: {count(orders)}" if listed.is_complete else f"{title}: unknown. {_COLLECTING}"]
    if orders:
        columns = order_columns(orders, contracts, await _reasons(orders, contracts, context), context)
        blocks.append(
            show_listing(
                TOOL, Listing(columns, orders, wanted.rows, count, f"{title}, continued"), context.cursors
            )
        )
    days = wanted.period(context.clock.today()).days
    return Section(blocks, [*_notes(orders, wanted, days), missing_accounts_note(wanted, covered), note])


def order_columns(
    orders: Sequence[LiveOrder], contracts: Contracts, reasons: Mapping[str, str], context: AnswerContext
) -> list[Column[LiveOrder]]:
    """The columns of a list of orders; those without any value are left out."""
    now = context.clock.now()
    accounts = {each.account for each in orders if each.account}
    currencies = {each.currency for each in orders}
    return [
        Column("order", lambda each: each.order_id),
        Column("account", lambda each: each.account if len(accounts) > 1 else ""),
        Column("side", lambda each: each.side),
        Column("quantity", _quantity),
        Column("filled", lambda each: quantity(each.filled) if each.filled else ""),
        Column(
            "avg price", lambda each: exact_price(each.average) + contracts.unit(each) if each.filled else ""
        ),
        Column("what", contracts.text),
        Column("type", lambda each: each.terms + (contracts.unit(each) if each.terms[-1:].isdigit() else "")),
        Column("currency", lambda each: each.currency if len(currencies) > 1 else ""),
        Column("tif", lambda each: each.tif),
        Column("state", lambda each: each.state.value),
        Column("changed", lambda each: row_time(each.moment, now)),
        Column("why", lambda each: reasons.get(each.order_id, "")),
    ]


def _quantity(order: LiveOrder) -> str:
    if order.cash_quantity and not order.quantity:
        return f"{amount(order.cash_quantity)} {order.currency}".strip()
    return quantity(order.quantity)


def _count(orders: Sequence[LiveOrder], today: date) -> str:
    """`open 2 (1 working, 1 waiting for its trigger); ended today 6 filled`.

    IBKR also lists orders that ended on an earlier day: `ended today none; ended 2026-11-20 2 filled`.
    """
    ended: dict[date, list[LiveOrder]] = {today: []}
    for each in orders:
        if not each.state.is_open:
            day = in_new_york(each.moment).date() if each.moment else today
            ended.setdefault(day, []).append(each)
    days = "; ".join(
        f"ended {'today' if day == today else day} {_count_states(ended[day])}"
        for day in sorted(ended, reverse=True)
    )
    return f"open {_count_states([each for each in orders if each.state.is_open])}; {days}"


def _count_states(orders: Sequence[LiveOrder]) -> str:
    states = [f"{count} {state}" for state, count in Counter(each.state for each in orders).items()]
    if len(states) < 2:
        return "".join(states) or "none"
    return f"{len(orders)} ({', '.join(states)})"


async def _reasons(
    orders: Sequence[LiveOrder], contracts: Contracts, context: AnswerContext
) -> dict[str, str]:
    """Why orders wait or did not fill, by order ID: also that the market of a few accepted ones is closed."""
    reasons = {each.order_id: _reason(each, orders) for each in orders}
    accepted = [each for each in orders if each.state is OrderState.ACCEPTED and not reasons[each.order_id]]
    markets = {each.order_id: contracts.market(each) for each in accepted}
    conids = list(dict.fromkeys(markets.values()))[:_MAX_SCHEDULES]
    states = dict(zip(conids, await asyncio.gather(*map(context.market_hours.state, conids)), strict=True))
    for order_id, conid in markets.items():
        state = states.get(conid)
        if state is not None and not state.is_open:
            reasons[order_id] = state.words
    return reasons


def _reason(order: LiveOrder, orders: Sequence[LiveOrder]) -> str:
    """Why it waits or did not fill: IBKR's reason, or what the other orders of its group show."""
    if order.reason:
        return outside_message(order.reason)
    by_id = {each.order_id: each for each in orders}
    parent = by_id.get(order.parent_id)
    if order.state.is_open:
        waits = parent is not None and parent.state.is_open and order.state is not OrderState.WORKING
        return f"after order {order.parent_id} fills" if waits else ""
    if order.state is OrderState.CANCELLED and order.group:
        if parent is not None and parent.state is OrderState.CANCELLED:
            return f"its parent {parent.order_id} was cancelled"
        filled = next((each for each in orders if each.group == order.group and each.filled), None)
        if filled is not None and filled is not order:
            return f"{filled.order_id} of its group filled"
    return ""


def _notes(orders: Sequence[LiveOrder], wanted: Wanted, days: int) -> list[str]:
    unexplained = [each.order_id for each in orders if each.lacks_reason and not _reason(each, orders)]
    confirming = [each.order_id for each in orders if each.state is OrderState.CONFIRMATION]
    notes = []
    if unexplained:
        notes.append(f"IBKR gives no reason for {_list(unexplained)}.")
    if confirming:
        notes.append(
            f"IBKR requires confirmation of {_list(confirming)}. Only TWS, Client Portal and IBKR Mobile "
            "show what it asks."
        )
    if any(each.state is OrderState.CANCELLING for each in orders):
        notes.append("An order that is being cancelled can still fill.")
    if days > 1 and "trades" not in wanted.what:
        notes.append(
            "IBKR lists only orders that are open or ended today; for earlier fills, use what=trades."
        )
    return notes


def _list(order_ids: Sequence[str]) -> str:
    more = len(order_ids) - _MAX_NAMED
    """`order 1`, or `orders 1, 2 and 3 more`."""
    noun = "order" if len(order_ids) == 1 else "orders"
    return f"{noun} " + ", ".join(order_ids[:_MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
