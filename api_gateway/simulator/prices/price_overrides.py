"""Price overrides: prices fixed by a test, or by a trading halt."""

from __future__ import annotations

from collections import defaultdict


class PriceOverrides:
    """The fixed prices of each instrument over time. A new override does not change the past."""

    def __init__(self) -> None:
        self._changes: dict[int, list[tuple[float, float | None]]] = defaultdict(list)

    def set(self, conid: int, since: float, price: float | None) -> None:
        """Fix the price from `since` on; None ends the override."""
        self._changes[conid].append((since, price))

    def price_at(self, conid: int, epoch: float) -> float | None:
        """The fixed price at `epoch`, or None."""
        for since, price in reversed(self._changes.get(conid, ())):
            if epoch >= since:
                return price
        return None

    def is_set(self, conid: int) -> bool:
        """True if the price was ever fixed."""
        return conid in self._changes

    def boundaries(self, conid: int, since: float, until: float) -> list[float]:
        """`since`, `until`, and the times between them at which an override begins or ends."""
        changes = {when for when, _ in self._changes.get(conid, ()) if since < when < until}
        return [since, *sorted(changes), until]
