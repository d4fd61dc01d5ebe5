"""Combination positions: what an account bought or sold as one combination and still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import floor

from api_gateway.simulator.accounts.position import QUANTITY_TOLERANCE
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.orders.order import Execution


@dataclass(frozen=True)
class CombinationPosition:
    """Whole units of one combination.

    `ratios` are by conid, as for a purchase; `since` is the time of the first trade. `positions` are the
    parts of the account's leg positions that belong to the combination.
    """

    since: float
    ratios: Mapping[int, int]
    units: float
    positions: tuple[ValuedPosition, ...]


@dataclass
class _Trades:
    """All trades of one combination in either direction; `units` is positive if more were bought."""

    since: float
    ratios: dict[int, int]
    units: float = 0.0


def combination_positions(executions: Iterable[Execution], valuation: Valuation) -> list[CombinationPosition]:
    """The combinations in `executions` of which the account still holds every leg, the oldest first.

    If a leg has since been closed or has expired, fewer units remain. No unit of a position counts twice.
    """
    held = {position.instrument.conid: position.quantity for position in valuation.open_positions}
    found = []
    for trades in _sum_trades(executions):
        sign = 1 if trades.units > 0 else -1
        ratios = {conid: sign * ratio for conid, ratio in trades.ratios.items()}
        complete = min(
            floor(held.get(conid, 0.0) / ratio + QUANTITY_TOLERANCE) for conid, ratio in ratios.items()
        )
        units = float(min(abs(trades.units), complete))
        if units <= 0:
            continue
        parts = []
        for conid, ratio in ratios.items():
            held[conid] -= ratio * units
            position = valuation.open_position(conid)
            if position is not None:
                parts.append(_part_of(position, ratio * units))
        found.append(CombinationPosition(trades.since, ratios, units, tuple(parts)))
    return found


def _sum_trades(executions: Iterable[Execution]) -> list[_Trades]:
    """The trades by combination, whether it was written with these ratios or with the opposite ones."""
    trades: dict[frozenset[tuple[int, int]], _Trades] = {}
    for execution in executions:
        if execution.combination is None:
            continue
        ratios = execution.combination.ratios
        opposite = frozenset((conid, -ratio) for conid, ratio in ratios.items())
        if opposite in trades:
            trades[opposite].units -= execution.quantity
            continue
        known = trades.setdefault(frozenset(ratios.items()), _Trades(execution.at, dict(ratios)))
        known.units += execution.quantity
    return list(trades.values())


def _part_of(position: ValuedPosition, quantity: float) -> ValuedPosition:
    share = quantity / position.quantity
    return replace(
        position,
        quantity=quantity,
        cost=position.cost * share,
        realised=position.realised * share,
        daily_pnl=position.daily_pnl * share,
    )
