"""The watchlists of the username, as IBKR keeps them between sessions."""

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
    """One list. A row is a conid, or None for a blank line; `modified_ms` is in milliseconds since 1970."""

    list_id: str
    name: str
    rows: tuple[int | None, ...]
    modified_ms: int


class Watchlists:
    """Every list by its id; `now` (seconds since 1970) is when the simulation begins, with two lists."""

    def __init__(self, now: float) -> None:
        self._lists: dict[str, Watchlist] = {}
        self.save("101", "Favorites", (_AAPL, _MSFT, _IBM, None, _SPY, _QQQ), now - 40 * _DAY)
        self.save("102", "Currencies", (_EUR_USD, _USD_JPY), now - 9 * _DAY)

    def all(self) -> tuple[Watchlist, ...]:
        """The lists in the order in which they were made."""
        return tuple(self._lists.values())

    def find(self, list_id: str) -> Watchlist | None:
        """The list with this id, or None."""
        return self._lists.get(list_id)

    def save(self, list_id: str, name: str, rows: tuple[int | None, ...], now: float) -> Watchlist:
        """Make a list; one that has the id already is replaced, and nothing says so."""
        watchlist = self._lists[list_id] = Watchlist(list_id, name, rows, int(now * 1000))
        return watchlist

    def remove(self, list_id: str) -> bool:
        """Delete a list; False if there is none with this id."""
        return self._lists.pop(list_id, None) is not None
