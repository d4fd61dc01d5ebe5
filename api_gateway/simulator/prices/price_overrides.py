"""Prices that somebody has fixed: a test, or the exchange that has halted trading."""

from __future__ import annotations

from collections import defaultdict


class PriceOverrides:
    """Per instrument, since when which price is fixed. What was true before stays true."""

    def __init__(self) -> None:
        self._changes: dict[int, list[tuple[float, float | None]]] = defaultdict(list)

    def set(self, conid: int, since: float, price: float | None) -> None:
        """Fix the price from `since` on, or with None let it move again."""
        self._changes[conid].append((since, price))

    def price_at(self, conid: int, epoch: float) -> float | None:
        """The price fixed at `epoch`, or None."""
        for since, price in reversed(self._changes.get(conid, ())):
            if epoch >= since:
                return price
        return None

    def boundaries(self, conid: int, since: float, until: float) -> list[float]:
        """The moments between the two, both ends included, from which something else holds."""
        changes = {when for when, _ in self._changes.get(conid, ()) if since < when < until}
        return [since, *sorted(changes), until]
