"""The day's change of positions from quotes, with few market-data lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.availability import Availability
from mcp_server.answers.portfolio.holdings import DayChange, Holding
from mcp_server.answers.quotes import CHANGE_PERCENT, QuoteReader, Quotes

MAX_QUOTED: Final = 80
"""Positions whose quotes one answer reads.

Each takes one of the login's 100 market-data lines; those of more would be released while they are read.
"""

_MAX_NAMED: Final = 5
_WHY_NO_DATA: Final[Mapping[Availability, str]] = {
    Availability.NOT_SUBSCRIBED: "this login has no subscription to its market data",
    Availability.NOT_SIGNED: "the market data agreement is not signed",
}


@dataclass(frozen=True)
class DayChanges:
    """Quotes of positions; `problem` says why there are none."""

    quotes: Quotes
    skipped: int = 0
    problem: str = ""

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
        percent = quote.number(CHANGE_PERCENT)
        return replace(holding, day=DayChange(percent, holding.change_by(percent), quote.availability))

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
                f"lines, so at most {MAX_QUOTED} are read."
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


async def read_day_changes(holdings: Iterable[Holding], quotes: QuoteReader) -> DayChanges:
    """The quotes of the first `MAX_QUOTED` contracts. Raises only what concerns every request."""
    conids = list(dict.fromkeys(each.position.conid for each in holdings if each.position.conid is not None))
    wanted = conids[:MAX_QUOTED]
    try:
        found = await quotes.read(wanted, [CHANGE_PERCENT])
    except (Refused, Failed, RateLimited) as error:
        return DayChanges(Quotes({}, {}), problem=error.problem)
    return DayChanges(found, skipped=len(conids) - len(wanted))


def _join(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
