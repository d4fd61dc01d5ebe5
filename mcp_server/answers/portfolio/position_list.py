"""The list of positions, shown in parts with a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.portfolio.columns import default_columns, needs_quotes, position_columns
from mcp_server.answers.portfolio.day_changes import DayChanges, read_day_changes
from mcp_server.answers.portfolio.holdings import Holding, sum_known
from mcp_server.answers.table import format_table

TOOL: Final = "get_portfolio"


@dataclass(frozen=True)
class PositionList:
    """All rows in order. `columns` None: the default ones, and with `with_day` the day's change as an amount.

    `has_changes`: the rows have their changes already. `settled`: the open profit of all futures that is in
    the cash already; None if it is unknown.
    """

    rows: Sequence[Holding]
    columns: Sequence[str] | None
    limit: int
    base: str
    by_account: bool
    with_day: bool = False
    has_changes: bool = False
    start: int = 0
    selected: str = ""
    settled: float | None = None


@dataclass(frozen=True)
class ShownPositions:
    """The text of some rows, how current their quotes are, and notes."""

    text: str
    data: str
    notes: list[str]


async def show_positions(positions: PositionList, context: AnswerContext) -> ShownPositions:
    """The next rows, with quotes of these rows only, and a line about the others with its cursor."""
    end = positions.start + positions.limit
    shown, rest = list(positions.rows[positions.start : end]), positions.rows[end:]
    changes: DayChanges | None = None
    if needs_quotes(positions.columns) and not positions.has_changes:
        changes = await read_day_changes(shown, context.quotes, positions.selected)
        shown = changes.apply(shown)
    names = positions.columns or default_columns(
        shown, positions.base, by_account=positions.by_account, with_day=positions.with_day
    )
    text = format_table(position_columns(names, positions.base), shown)
    if rest:
        cursor = context.cursors.store(TOOL, replace(positions, start=end))
        value = formats.amount(sum_known(each.value for each in rest)) or "unknown"
        profit = formats.amount(sum_known(each.open_pnl for each in rest), signed=True) or "unknown"
        text += f"\nand {len(rest)} more: value {value}, open P&L {profit} (cursor {cursor})"
    notes = changes.notes(shown) if changes else []
    if positions.columns is None and any(each.position.is_settled_daily for each in shown):
        notes.append(f"Futures: value is their open P&L, notional their exposure.{_settled(positions)}")
    return ShownPositions(text, changes.data if changes else "", notes)


def _settled(positions: PositionList) -> str:
    if positions.settled is None or abs(positions.settled) < 1:
        return ""
    amount = formats.amount(positions.settled, signed=True)
    return (
        f" {amount} of that P&L is in the cash already, by daily settlement: "
        "only the rest adds to net liquidation."
    )
