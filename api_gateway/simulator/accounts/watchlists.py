"""The watchlists of the username, which IBKR stores between sessions."""

from __future__ import annotations

from dataclasses import dataclass

_DAY = 86400.0
_AAPL, _IBM, _MSFT, _SPY, _QQQ, _EUR_USD, _USD_JPY = (
    265598,
    8314,
    272093,
    756733,
    320227571,
    12087792,
    15016059,
)


@dataclass(frozen=True)
class Watchlist:
    """One watchlist. A row is a conid, or None if blank; `modified_ms` is in milliseconds since 1970."""

    list_id: str
    name: str
    rows: tuple[int | None, ...]
    modified_ms: int


class Watchlists:
    """All watchlists by ID, initially two; `now` is the start of the simulation in seconds since 1970."""

    def __init__(self, now: float) -> None:
        self._lists: dict[str, Watchlist] = {}
        self.save("101", "Favorites", (_AAPL, _MSFT, _IBM, None, _SPY, _QQQ), now - 40 * _DAY)
        self.save("102", "Currencies", (_EUR_USD, _USD_JPY), now - 9 * _DAY)

    def all(self) -> tuple[Watchlist, ...]:
        """All watchlists in the order in which they were created."""
        return tuple(self._lists.values())

    def find(self, list_id: str) -> Watchlist | None:
        """The watchlist with this ID, or None."""
        return self._lists.get(list_id)

    def save(self, list_id: str, name: str, rows: tuple[int | None, ...], now: float) -> Watchlist:
        """Create a watchlist, or silently replace the one that has this ID."""
        watchlist = self._lists[list_id] = Watchlist(list_id, name, rows, int(now * 1000))
        return watchlist

    def remove(self, list_id: str) -> bool:
        """Delete a watchlist; False if there is none with this ID."""
        return self._lists.pop(list_id, None) is not None
