"""Trades as a part of the answer."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from api_gateway.errors import Failed, Refused
from mcp_server.answers.activity.commissions import sum_commissions
from mcp_server.answers.activity.contracts import Contracts, narrow, read_contracts
from mcp_server.answers.activity.sections import (
    TOOL,
    Section,
    Wanted,
    ignores_account,
    listed_accounts,
    missing_accounts_note,
)
from mcp_server.answers.base_currency import read_base_currency
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.formats import exact_amount, quantity
from mcp_server.answers.orders.row_values import exact_price, row_time
from mcp_server.answers.orders.trades import (
    MAX_DAYS,
    Execution,
    Trade,
    average_price,
    group_by_order,
    read_executions,
)
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.table import Column


async def trade_section(wanted: Wanted, context: AnswerContext) -> Section:
    """The trades of the period, as far as IBKR lists executions. Raises GatewayError."""
    try:
        executions = await read_executions(context.gateway, wanted.account_id)
    except (Failed, Refused):
        if not wanted.is_unselected:
            raise
        return Section(["Trades: not available."], [missing_accounts_note(wanted, ())])
    found = {each.account for each in executions}
    if ignores_account(wanted, found):
        return Section(["Trades: not available."], [missing_accounts_note(wanted, ())])
    context.clock.observe(max((each.moment for each in executions if each.moment), default=None))
    today = context.clock.today()
    period = wanted.period(today)
    start, end = trading_start(period.start, today), period.end
    covered = listed_accounts(wanted, found)
    mine = [each for each in executions if wanted.belongs(each.account)]
    contracts, base = await asyncio.gather(read_contracts(context, mine), _base_of(mine, wanted, context))
    symbol, note = await narrow(wanted.symbol, mine, contracts, context)
    trades = [
        trade
        for trade in group_by_order(each for each in mine if each.day is None or start <= each.day <= end)
        if any(contracts.matches(symbol, each) for each in trade.all)
    ]
    view = TradeView(contracts, base, context)
    days = f"{start}" if start == end else f"{start} to {end}"
    title = f"Trades of {wanted.label(covered)}{wanted.about()}, {days}{view.currency_of(trades)}"
    blocks = [f"{title}: {await view.summarize(trades)}"]
    if trades:
        columns = view.columns(trades)
        blocks.append(
            show_listing(
                TOOL, Listing(columns, trades, wanted.rows, _count, f"{title}, continued"), context.cursors
            )
        )
    notes = [missing_accounts_note(wanted, covered), note]
    if (today - period.start).days > MAX_DAYS:
        notes.append(
            f"IBKR lists executions of the last {MAX_DAYS} days; for earlier trades, use what=transactions."
        )
    return Section(blocks, notes)


async def _base_of(executions: Sequence[Execution], wanted: Wanted, context: AnswerContext) -> str:
    """The base currency, which only trades need."""
    account = wanted.named or wanted.chosen[0]
    scope = wanted.accounts.scope
    return await read_base_currency(context.gateway, context.facts, scope, account.id) if executions else ""


def trading_start(start: date, today: date) -> date:
    """The first day that IBKR can list executions of. A week, like IBKR's, includes today."""
    return max(start, today - timedelta(days=MAX_DAYS - 1))


class TradeView:
    """How trades are shown, and what they cost."""

    def __init__(self, contracts: Contracts, base: str, context: AnswerContext) -> None:
        self._contracts = contracts
        self._base = base
        self._context = context

    async def summarize(self, trades: Sequence[Trade]) -> str:
        """`9 orders, 14 executions; commissions USD 12.35`."""
        if not trades:
            return "none"
        charged = [each for trade in trades for each in trade.charged]
        commissions = await sum_commissions(
            [(self._charged_in(each), each.commission) for each in charged],
            self._base,
            self._context.exchange_rates,
        )
        return f"{_count(trades)}; commissions {commissions.text()}"

    def currency_of(self, trades: Sequence[Trade]) -> str:
        """`, in USD`, if all have the same currency."""
        currencies = {self._contracts.currency(each.first) for each in trades}
        return f", in {currencies.pop()}" if len(currencies) == 1 and "" not in currencies else ""

    def columns(self, trades: Sequence[Trade]) -> list[Column[Trade]]:
        """The columns of a list of trades; those without any value are left out."""
        now = self._context.clock.now()
        accounts = {each.first.account for each in trades if each.first.account}
        currencies = {self._contracts.currency(each.first) for each in trades}
        split = any(len(each.executions) > 1 for each in trades)
        return [
            Column("time", lambda each: row_time(each.moment, now)),
            Column("order", lambda each: each.first.order_id.strip("0") and each.first.order_id),
            Column("account", lambda each: each.first.account if len(accounts) > 1 else ""),
            Column("side", lambda each: each.first.side),
            Column("quantity", lambda each: quantity(each.quantity)),
            Column("what", self._what),
            Column("avg price", lambda each: exact_price(each.average) + self._contracts.unit(each.first)),
            Column(
                "currency", lambda each: self._contracts.currency(each.first) if len(currencies) > 1 else ""
            ),
            Column("executions", lambda each: str(len(each.executions)) if split else ""),
            Column("commission", self._commission),
        ]

    def _what(self, trade: Trade) -> str:
        """The contract; of a combination, its legs with their average prices."""
        legs: dict[tuple[int | None, str], list[Execution]] = defaultdict(list)
        for each in trade.legs:
            legs[each.conid, each.side].append(each)
        if not legs:
            return self._contracts.text(trade.first)
        return ", ".join(
            f"{side} {quantity(sum(each.size for each in rows))} {self._contracts.text(rows[0])} "
            f"@ {exact_price(average_price(rows))}{self._contracts.unit(rows[0])}"
            for (_, side), rows in legs.items()
        )

    def _commission(self, trade: Trade) -> str:
        known = [each.commission for each in trade.charged if each.commission is not None]
        if not known:
            return ""
        currencies = {self._charged_in(each) for each in trade.charged}
        currency = currencies.pop() if len(currencies) == 1 else ""
        other = f" {currency}" if currency and currency != self._contracts.currency(trade.first) else ""
        return exact_amount(sum(known)) + other

    def _charged_in(self, execution: Execution) -> str:
        """The currency of the commission. A guess: for currency pairs the base currency, as in statements."""
        return self._base if execution.kind == "CASH" else self._contracts.currency(execution)


def _count(trades: Sequence[Trade]) -> str:
    orders = {(each.first.account, each.first.order_id) for each in trades if each.first.order_id.strip("0")}
    bookings = sum(not each.first.order_id.strip("0") for each in trades)
    executions = sum(len(each.executions) for each in trades)
    parts = [
        f"{len(orders)} order{'s' * (len(orders) != 1)}" if orders or not bookings else "",
        f"{bookings} booked without an order" if bookings else "",
        f"{executions} execution{'s' * (executions != 1)}",
    ]
    return ", ".join(filter(None, parts))
