"""The day's change of positions from quotes, with few market-data lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api_gateway.errors import Failed, GatewayError, RateLimited, Refused
from mcp_server.answers.availability import Availability
from mcp_server.answers.portfolio.holdings import DayChange, Holding
from mcp_server.answers.portfolio.positions import QUOTED_IN_HUNDREDTHS
from mcp_server.answers.quotes import CHANGE_PERCENT, PRIOR_CLOSE, Quote, QuoteReader, Quotes

MAX_QUOTED: Final = 80
"""Positions whose quotes are read at once.

Each takes one of the login's 100 market-data lines; those of more would be released while they are read.
"""

MAX_RANKED: Final = 400
"""Positions whose quotes one answer reads in all: the lines of the earlier ones have to be released first."""

DAILY_PNL: Final = "7920"
"""The day P&L of the selected account's position, with today's trades; taken to be in its own currency."""

_MAX_NAMED: Final = 5
_PENCE_BY_RATIO: Final = 20
"""A close that is this many times the price is in pence while the price is in pounds."""
_DELAYED: Final = (Availability.DELAYED, Availability.FROZEN_DELAYED)
_WHY_NO_DATA: Final[Mapping[Availability, str]] = {
    Availability.NOT_SUBSCRIBED: "this login has no subscription to its market data",
    Availability.NOT_SIGNED: "the market data agreement is not signed",
}


@dataclass(frozen=True)
class DayChanges:
    """Quotes of positions; `problem` says why there are none. `selected` is the account of its positions."""

    quotes: Quotes
    skipped: int = 0
    problem: str = ""
    selected: str = ""

    @property
    def data(self) -> str:
        """How current the quotes are: `live`, or `live and frozen` if they differ."""
        kinds = {str(each.availability) for each in self.quotes.by_conid.values()} - {""}
        return " and ".join(sorted(kinds, reverse=True))

    def apply(self, holdings: Iterable[Holding]) -> list[Holding]:
        """The holdings with their changes."""
        return [self._apply(each) for each in holdings]

    def _apply(self, holding: Holding) -> Holding:
        quote = self.quotes.by_conid.get(holding.position.conid or 0)
        if quote is None:
            return holding
        percent = _percent(holding, quote)
        reported = self._reported(holding, quote)
        amount = reported if reported is not None else holding.change_by(percent)
        return replace(
            holding, day=DayChange(percent, amount, quote.availability, is_reported=reported is not None)
        )

    def _reported(self, holding: Holding, quote: Quote) -> float | None:
        """IBKR's own day P&L of the position, in base currency, if the quote's account alone holds it."""
        amount = quote.number(DAILY_PNL)
        if amount is None or holding.rate is None or holding.is_shared or holding.account != self.selected:
            return None
        return amount * holding.rate

    def notes(self, holdings: Sequence[Holding]) -> list[str]:
        """Which of these holdings have no change, and why."""
        if self.problem:
            return [f"No day%: {self.problem}"]
        reasons: dict[str, list[str]] = {}
        for each in holdings:
            if each.day.percent is None and each.position.conid in self._requested:
                reasons.setdefault(self._reason(each), []).append(each.name)
        notes = [
            f"No day% for {_join(list(dict.fromkeys(names)))}: {reason}." for reason, names in reasons.items()
        ]
        if self.skipped:
            notes.append(
                f"No day% for {self.skipped} positions: each quote takes one of the login's 100 market-data "
                f"lines, so at most {MAX_RANKED} are read."
            )
        return notes

    @property
    def _requested(self) -> set[int]:
        return set(self.quotes.by_conid) | set(self.quotes.errors)

    def _reason(self, holding: Holding) -> str:
        error = self.quotes.errors.get(holding.position.conid or 0)
        if error is not None:
            return error.problem
        return _WHY_NO_DATA.get(holding.day.availability, "IBKR sent no price change")


async def read_day_changes(
    holdings: Iterable[Holding], quotes: QuoteReader, selected: str = ""
) -> DayChanges:
    """The quotes of the first `MAX_RANKED` contracts, as many at once as there are market-data lines for.

    Raises only what concerns every request.
    """
    conids = list(dict.fromkeys(each.position.conid for each in holdings if each.position.conid is not None))
    wanted = conids[:MAX_RANKED]
    by_conid: dict[int, Quote] = {}
    errors: dict[int, GatewayError] = {}
    for at in range(0, len(wanted), MAX_QUOTED):
        batch = wanted[at : at + MAX_QUOTED]
        try:
            found = await quotes.read(batch, [CHANGE_PERCENT, PRIOR_CLOSE, DAILY_PNL])
        except (Refused, Failed, RateLimited) as error:
            if len(wanted) <= MAX_QUOTED:
                return DayChanges(Quotes({}, {}), problem=error.problem)
            errors |= dict.fromkeys(batch, error)
        else:
            by_conid |= found.by_conid
            errors |= found.errors
    return DayChanges(Quotes(by_conid, errors), skipped=len(conids) - len(wanted), selected=selected)


def _percent(holding: Holding, quote: Quote) -> float | None:
    """The change of the price since the prior close.

    The price and the value of a position are current even if quotes are delayed. A delayed change would
    then be that of another price, so that the change is that of the position's own price.
    """
    price, before = holding.position.price, quote.number(PRIOR_CLOSE)
    if quote.availability not in _DELAYED or not price or not before or before < 0:
        return quote.number(CHANGE_PERCENT)
    if holding.position.currency in QUOTED_IN_HUNDREDTHS and before > _PENCE_BY_RATIO * price:
        before /= 100
    return (price / before - 1) * 100


def _join(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
