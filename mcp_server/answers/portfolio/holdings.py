"""Holdings: positions in base currency, over one or several accounts, in the order that was requested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Literal

from mcp_server.answers.availability import Availability
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.portfolio.descriptions import contract_name, described
from mcp_server.answers.portfolio.positions import Position, merge_positions
from mcp_server.answers.portfolio.reading import AccountPortfolio
from mcp_server.instruments.instrument import Instrument, Kind

Order = Literal["value", "gain", "loss", "day", "name"]


@dataclass(frozen=True)
class DayChange:
    """How a position's price has changed since the prior close, and its day P&L in base currency.

    `is_reported`: the amount is IBKR's, which includes today's trades, not computed from the price.
    """

    percent: float | None
    amount: float | None
    availability: Availability = Availability.UNKNOWN
    is_reported: bool = False


_DESCRIBED: Final[frozenset[Kind]] = frozenset({"BOND", "FUND", "WAR", "EC", "OTHER"})
"""Kinds whose text is IBKR's description."""

NO_CHANGE: Final = DayChange(None, None)


@dataclass(frozen=True)
class Holding:
    """A position with its amounts in base currency; `rate` is None if it cannot be converted.

    `is_shared`: several accounts hold it, of which `account` is the first.
    """

    position: Position
    instrument: Instrument | None
    account: str
    rate: float | None
    net_liquidation: float | None
    day: DayChange = NO_CHANGE
    is_shared: bool = False

    @property
    def name(self) -> str:
        """How people write the contract; from the position's description if its details are unknown.

        Several words that are not of our own form, such as a bond's description, are in quotation marks.
        """
        if self.instrument is None:
            return contract_name(self.position.description)
        text = self.instrument.text
        return described(text) if self.instrument.kind in _DESCRIBED else outside_name(text)

    @property
    def exposure(self) -> float | None:
        """The value of the contracts."""
        return self._in_base(self.position.market_value)

    @property
    def value(self) -> float | None:
        """What the position adds to net liquidation.

        For futures and CFDs it is the open profit. A currency pair adds nothing: it is in the cash already.
        """
        if self.position.is_settled_daily:
            return self.open_pnl
        return None if self.position.is_currency_pair else self.exposure

    @property
    def notional(self) -> float | None:
        """The exposure, where the value is something else."""
        differs = self.position.is_settled_daily or self.position.is_currency_pair
        return self.exposure if differs else None

    @property
    def open_pnl(self) -> float | None:
        return self._in_base(self.position.open_pnl)

    @property
    def cost(self) -> float | None:
        return self._in_base(self.position.cost)

    @property
    def open_pnl_percent(self) -> float | None:
        """The open profit in percent of the cost."""
        cost, profit = self.position.cost, self.position.open_pnl
        return profit / abs(cost) * 100 if cost and profit is not None else None

    @property
    def weight(self) -> float | None:
        """The value in percent of net liquidation."""
        if self.value is None or not self.net_liquidation:
            return None
        return self.value / self.net_liquidation * 100

    def change_by(self, percent: float | None) -> float | None:
        """What a change of the price by this percentage has added to the position, in base currency."""
        if percent is None or percent <= -100 or self.exposure is None:
            return None
        return self.exposure * percent / (100 + percent)

    def _in_base(self, amount: float | None) -> float | None:
        return None if amount is None or self.rate is None else amount * self.rate


def build_holdings(
    portfolios: Sequence[AccountPortfolio],
    instruments: Mapping[int, Instrument],
    rate_of: Callable[[str], float | None],
    *,
    merged: bool,
) -> list[Holding]:
    """The holdings of accounts with one base currency; `merged` adds up what several accounts hold."""
    worth = sum_known(each.balances.net_liquidation for each in portfolios)
    positions: dict[object, Position] = {}
    holders: dict[object, set[str]] = {}
    for portfolio in portfolios:
        for number, position in enumerate(portfolio.open_positions):
            contract = position.conid if position.conid is not None else (portfolio.account.id, number)
            key = contract if merged else (portfolio.account.id, contract)
            known = positions.get(key)
            positions[key] = position if known is None else merge_positions(known, position)
            holders.setdefault(key, set()).add(portfolio.account.id)
    return [
        Holding(
            position=position,
            instrument=instruments.get(position.conid or 0),
            account=position.account,
            rate=rate_of(position.currency),
            net_liquidation=worth,
            is_shared=len(holders[key]) > 1,
        )
        for key, position in positions.items()
    ]


_AMOUNTS: Final[Mapping[Order, Callable[[Holding], float | None]]] = {
    "value": lambda each: -abs(each.value) if each.value is not None else None,
    "gain": lambda each: -each.open_pnl if each.open_pnl is not None else None,
    "loss": lambda each: each.open_pnl,
    "day": lambda each: -abs(each.day.amount) if each.day.amount is not None else None,
}


def sort_holdings(holdings: Iterable[Holding], by: Order) -> list[Holding]:
    """By size, by open profit or loss, by the day's largest change, or by name; unknown amounts last."""
    by_name = sorted(holdings, key=lambda each: (each.name.casefold(), each.account))
    amount = _AMOUNTS.get(by)
    if amount is None:
        return by_name

    def key(each: Holding) -> float:
        value = amount(each)
        return inf if value is None else value

    return sorted(by_name, key=key)


def sum_known(values: Iterable[float | None]) -> float | None:
    """The sum of the known values; None if there is none."""
    known = [each for each in values if each is not None]
    return sum(known) if known else None
