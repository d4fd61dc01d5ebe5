"""WebSocket streams of account data: orders, trades, profit and balances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.advisors.pnl_rows import partitioned_pnl_rows
from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.orders.order import Execution
from api_gateway.simulator.orders.order_rows import live_order_row, trade_row
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_rows import ledger
from api_gateway.simulator.web_api.account_views import AccountView
from api_gateway.simulator.websocket.frames import Frame
from api_gateway.simulator.websocket.spelling import LEDGER_COLUMNS, summary_key
from api_gateway.simulator.websocket.stream import (
    BALANCE_INTERVAL,
    IntervalTimer,
    OpenEndedStream,
    changed_entries,
)

_PROFIT_AMOUNTS = ("dpl", "nl", "upl", "uel", "el", "mv")
_ORDER_IDENTITY = ("acct", "conidex", "conid", "orderId", "isEventTrading")
# Recorded rows have no order ID, no commission and no position, unlike the rows of `/iserver/account/trades`.
_TRADE_COLUMNS = (
    "execution_id", "symbol", "supports_tax_opt", "side", "order_description", "trade_time", "trade_time_r",
    "size", "price", "order_ref", "exchange", "net_amount", "account", "accountCode", "company_name",
    "contract_description_1", "contract_description_2", "sec_type", "conid", "conidEx", "liquidation_trade",
    "is_event_trading",
)  # fmt: skip


class OrderStream(OpenEndedStream):
    """`sor`: first every order of the day in full, then only each order's changed fields with its `orderId`.

    `states` are statuses in lower case; if empty, all orders are sent. `start` is what comes first, as
    `Variants.order_stream` describes it. Nothing is sent until there is an order.
    """

    def __init__(self, simulation: Simulation, states: Iterable[str], start: str = "full") -> None:
        self._simulation = simulation
        self._states = frozenset(states)
        self._start = start
        self._timer = IntervalTimer(PRICE_STEP)
        self._sent: dict[int, dict[str, Any]] = {}

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with the last 500 ms of changes, unless a filtered order list muted the stream."""
        if not self._timer.is_due(now) or self._simulation.preflights.orders_filtered:
            return []
        start, self._start = self._start, "full"
        paper_account, args = self._simulation.selected_account, []
        for order in paper_account.live_orders():
            before = self._sent.get(order.order_id)
            if before is None and self._states and order.status.value.lower() not in self._states:
                continue
            row = live_order_row(paper_account.account_id, order, paper_account.instrument_of(order))
            changes = row if before is None else changed_entries(before, row)
            if changes:
                args.append({"orderId": order.order_id, **changes})
                self._sent[order.order_id] = row
        if start == "quiet" or not args:
            return []
        if start == "ids":
            return [{"topic": "sor", "args": [{key: row[key] for key in _ORDER_IDENTITY}]} for row in args]
        return [{"topic": "sor", "args": args}]


class TradeStream(OpenEndedStream):
    """`str`: the executions of the last `days`, unless `updates_only`, and then each new execution."""

    def __init__(self, simulation: Simulation, days: int, *, updates_only: bool) -> None:
        self._simulation = simulation
        self._days = days
        self._timer = IntervalTimer(PRICE_STEP)
        self._seen = {execution.execution_id for execution in self._executions()} if updates_only else set()
        self._started = updates_only

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with the executions that were not sent before, newest first."""
        if not self._timer.is_due(now):
            return []
        paper_account = self._simulation.selected_account
        new_executions = [
            execution for execution in self._executions() if execution.execution_id not in self._seen
        ]
        if not new_executions and self._started:
            return []
        self._started = True
        self._seen |= {execution.execution_id for execution in new_executions}
        return [{"topic": "str", "args": [self._row(paper_account, each) for each in new_executions]}]

    def _row(self, paper_account: PaperAccount, execution: Execution) -> dict[str, Any]:
        row = trade_row(paper_account.account_id, execution, paper_account.instrument_of(execution))
        return {key: row[key] for key in _TRADE_COLUMNS if key in row} | {"open_close": "???"}

    def _executions(self) -> list[Any]:
        return self._simulation.selected_account.recent_executions(self._days)


class ProfitStream(OpenEndedStream):
    """`spl`: the profit of every account whenever it changes, at most once per second.

    The first frame has empty strings instead of amounts, as recorded before the data had arrived.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._timer = IntervalTimer(1.0)
        self._sent: dict[str, Any] = {}

    def due_frames(self, now: float) -> list[Frame]:
        """Return the full row of every partition of every account; `rowType` counts the accounts."""
        if not self._timer.is_due(now):
            return []
        simulation = self._simulation
        args = {
            name: {"rowType": number, **{key: row[key] if self._sent else "" for key in _PROFIT_AMOUNTS}}
            for number, account_id in enumerate(simulation.accounts, 1)
            for name, row in partitioned_pnl_rows(
                simulation.accounts[account_id], simulation.models.value_account_holdings(account_id)
            ).items()
        }
        if args == self._sent:
            return []
        self._sent = args
        return [{"topic": "spl", "args": args}]


class BalanceStream(OpenEndedStream):
    """`ssd` and `sld`: every requested row by key, sent again every ten seconds.

    A currency of `sld` that has not changed is repeated with only its key and timestamp. The rows of `ssd`
    are repeated this way only if none has changed: ibind requires `AccountCode` in each frame that has
    values.
    """

    def __init__(
        self, topic: str, view: AccountView, keys: list[str] | None, fields: list[str] | None
    ) -> None:
        self._topic = topic
        self._view = view
        self._keys = None if keys is None else {key.lower() for key in keys}
        self._fields = fields
        self._rows = _summary_rows if topic.startswith("ssd") else _ledger_rows
        self._timer = IntervalTimer(BALANCE_INTERVAL)
        self._sent: dict[str, dict[str, Any]] = {}

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with every requested row."""
        if not self._timer.is_due(now):
            return []
        rows, unchanged = {}, set()
        for key, full_row in self._rows(self._view).items():
            if self._keys is not None and key.lower() not in self._keys:
                continue
            rows[key] = {column: value for column, value in full_row.items() if self._is_requested(column)}
            if changed_entries(self._sent.get(key, {}), rows[key]).keys() <= {"timestamp"}:
                unchanged.add(key)
        self._sent |= rows
        if self._topic.startswith("ssd") and unchanged != rows.keys():
            unchanged.clear()
        result = [
            {"key": key, **({"timestamp": row["timestamp"]} if key in unchanged else row)}
            for key, row in rows.items()
        ]
        return [{"result": result, "topic": self._topic}]

    def _is_requested(self, column: str) -> bool:
        if not self._fields or column == "timestamp":
            return True
        return column.lower() in {field.lower() for field in self._fields}


def _summary_rows(view: AccountView) -> dict[str, dict[str, Any]]:
    return {
        summary_key(key): {
            **(
                {"currency": row["currency"], "monetaryValue": row["amount"]}
                if row["value"] is None
                else {"value": row["value"]}
            ),
            "severity": row["severity"],
            "timestamp": row["timestamp"] // 1000,
        }
        for key, row in portfolio_summary(view.account_id, view.valuation()).items()
    }


def _ledger_rows(view: AccountView) -> dict[str, dict[str, Any]]:
    return {
        f"LedgerList{currency}": {
            name: float(row[column]) if name == "exchangeRate" else row[column]
            for column, name in LEDGER_COLUMNS.items()
            if column in row
        }
        for currency, row in ledger(view.account_id, view.valuation()).items()
    }
