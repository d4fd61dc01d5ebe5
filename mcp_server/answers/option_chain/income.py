"""What selling an option would bring, in percent of the share's price or of a put's strike."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_server.answers import formats
from mcp_server.answers.option_chain.option_row import OptionRow, StrikeRow
from mcp_server.answers.table import Column
from mcp_server.instruments.instrument import Right


def income_columns(side: Right, price: float, days: int) -> list[Column[StrikeRow]]:
    """Premium and yields of selling at the bid, in percent of the share's price or of a put's strike."""

    def of(row: StrikeRow) -> OptionRow | None:
        return row.options.get(side)

    def base(row: StrikeRow) -> float:
        return price if side == "C" else float(row.strike)

    def premium_yield(row: StrikeRow) -> float | None:
        option = of(row)
        return None if option is None or option.bid is None else option.bid / base(row) * 100

    def yearly(row: StrikeRow) -> str:
        value = premium_yield(row)
        return formats.percent(None if value is None else value * 365 / max(days, 1), 1)

    def if_assigned(row: StrikeRow) -> str:
        option = of(row)
        if option is None or option.bid is None:
            return ""
        gain = option.bid + (float(row.strike) - price if side == "C" else 0.0)
        return formats.percent(gain / base(row) * 100, 2)

    def distance(row: StrikeRow) -> str:
        return formats.percent((float(row.strike) / price - 1) * 100, 1)

    columns = [
        Column("strike", lambda row: formats.price(row.strike)),
        Column("vs price%", distance),
        Column("bid", lambda row: formats.price(option.bid) if (option := of(row)) else ""),
        Column("ask", lambda row: formats.price(option.ask) if (option := of(row)) else ""),
        Column("delta", lambda row: formats.ratio(option.delta) if (option := of(row)) else ""),
        Column("premium%", lambda row: formats.percent(premium_yield(row))),
        Column("annualized%", yearly),
    ]
    return [*columns, Column("if called%", if_assigned)] if side == "C" else columns


def best_rows(rows: Sequence[StrikeRow], side: Right) -> list[StrikeRow]:
    """The strikes with an option of this side."""
    return [row for row in rows if side in row.options]
