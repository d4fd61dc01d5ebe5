"""WebSocket streams of account data: orders, trades, profit and balances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.advisors.pnl_rows import partitioned_pnl_rows
from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.orders.order_rows import live_order_row, trade_row
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_rows import ledger
from api_gateway.simulator.web_api.account_views import AccountView
from api_gateway.simulator.websocket.frames import Frame
from api_gateway.simulator.websocket.stream import (
    BALANCE_INTERVAL,
    IntervalTimer,
    OpenEndedStream,
    changed_entries,
)

_PROFIT_COLUMNS = ("rowType", "dpl", "nl", "upl", "uel", "mv")
_LEDGER_NAMES = {
    name.lower(): name
    for name in (
        "acctCode", "cashbalance", "cashBalanceFXSegment", "commodityMarketValue",
        "corporateBondsMarketValue", "dividends", "exchangeRate", "funds", "futureMarketValue",
        "futureOptionMarketValue", "futuresOnlyPnl", "interest", "issuerOptionsMarketValue",
        "moneyFunds", "netLiquidationValue", "realizedPnl", "secondKey", "settledCash", "severity",
        "stockMarketValue", "stockOptionMarketValue", "tBillsMarketValue", "tBondsMarketValue",
        "timestamp", "unrealizedPnl", "warrantsMarketValue",
    )
}  # fmt: skip


class OrderStream(OpenEndedStream):
    """`sor`: first every order of the day in full, then only each order's changed fields with its `orderId`.

    `states` are statuses in lower case; if empty, all orders are sent.
    """

    def __init__(self, simulation: Simulation, states: Iterable[str]) -> None:
        self._simulation = simulation
        self._states = frozenset(states)
        self._timer = IntervalTimer(PRICE_STEP)
        self._sent: dict[int, dict[str, Any]] = {}
        self._started = False

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with the last 500 ms of changes, unless a filtered order list muted the stream."""
        if not self._timer.is_due(now) or self._simulation.preflights.orders_filtered:
            return []
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
        if not args and self._started:
            return []
        self._started = True
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
        rows = [
            trade_row(paper_account.account_id, execution, paper_account.instrument_of(execution))
            for execution in new_executions
        ]
        return [{"topic": "str", "args": rows}]

    def _executions(self) -> list[Any]:
        return self._simulation.selected_account.recent_executions(self._days)


class ProfitStream(OpenEndedStream):
    """`spl`: the selected account's profit whenever it changes, at most once per second."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._timer = IntervalTimer(1.0)
        self._sent: dict[str, Any] = {}

    def due_frames(self, now: float) -> list[Frame]:
        """Return the full row of every partition of the account."""
        if not self._timer.is_due(now):
            return []
        simulation = self._simulation
        rows = partitioned_pnl_rows(
            simulation.selected_account,
            simulation.models.value_account_holdings(simulation.selected_account_id),
        )
        args = {name: {key: row[key] for key in _PROFIT_COLUMNS} for name, row in rows.items()}
        if args == self._sent:
            return []
        self._sent = args
        return [{"topic": "spl", "args": args}]


class BalanceStream(OpenEndedStream):
    """`ssd` and `sld`: every requested row by key, sent again every ten seconds.

    A row that has not changed is repeated with only its key and timestamp.
    """

    def __init__(
        self, topic: str, view: AccountView, keys: list[str] | None, fields: list[str] | None
    ) -> None:
        self._topic = topic
        self._view = view
        self._keys = keys
        self._fields = fields
        self._rows = _summary_rows if topic.startswith("ssd") else _ledger_rows
        self._timer = IntervalTimer(BALANCE_INTERVAL)
        self._sent: dict[str, dict[str, Any]] = {}

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with every requested row."""
        if not self._timer.is_due(now):
            return []
        rows = []
        for key, full_row in self._rows(self._view).items():
            name = key if self._keys is None else _requested_spelling(key, self._keys)
            if name is None:
                continue
            row = {column: value for column, value in full_row.items() if self._is_requested(column)}
            changes = changed_entries(self._sent.get(key, {}), row)
            self._sent[key] = row
            if changes.keys() <= {"timestamp"}:
                row = {column: value for column, value in row.items() if column == "timestamp"}
            rows.append({"key": name, **row})
        return [{"result": rows, "topic": self._topic}]

    def _is_requested(self, column: str) -> bool:
        if not self._fields or column == "timestamp":
            return True
        return column.lower() in {field.lower() for field in self._fields}


def _summary_rows(view: AccountView) -> dict[str, dict[str, Any]]:
    return {
        key: {
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
            _LEDGER_NAMES.get(column, column): value
            for column, value in row.items()
            if column in _LEDGER_NAMES
        }
        for currency, row in ledger(view.account_id, view.valuation()).items()
    }


def _requested_spelling(key: str, requested: list[str]) -> str | None:
    """Return the key in the client's spelling (IBKR ignores case), or None if it was not requested."""
    return next((name for name in requested if name.lower() == key.lower()), None)
