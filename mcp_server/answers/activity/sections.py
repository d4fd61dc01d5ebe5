"""What one call requests, and the part of the answer about one kind of activity."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.activity.symbol_filter import SymbolFilter
from mcp_server.answers.times import DateRange, parse_range

TOOL: Final = "get_activity"

# These keep an answer within 1,500 tokens.
_ROWS: Final = 20
_ROWS_OF_SEVERAL: Final = 12
_WIDE_ROWS: Final = 10
_WIDE_ROWS_OF_SEVERAL: Final = 5


@dataclass(frozen=True)
class Wanted:
    """The parsed arguments. `named` is the account that the call named, if the login has several."""

    accounts: Accounts
    chosen: tuple[Account, ...]
    named: Account | None
    what: tuple[str, ...]
    since: str
    symbol: SymbolFilter
    limit: int | None

    @property
    def rows(self) -> int:
        """How many orders, trades or alerts are shown; fewer if the answer has other tables."""
        return self.limit or (_ROWS if len(self.what) == 1 else _ROWS_OF_SEVERAL)

    @property
    def wide_rows(self) -> int:
        """How many messages, or rows of each table of transactions, are shown."""
        return self.limit or (_WIDE_ROWS if len(self.what) == 1 else _WIDE_ROWS_OF_SEVERAL)

    def period(self, today: date) -> DateRange:
        """The days that are wanted. It is the caller's `today`, because IBKR's data can correct the clock."""
        return parse_range(self.since, today, argument="since")

    @property
    def account_id(self) -> str | None:
        """The account to request IBKR's lists for; without one, they are of the selected account."""
        return self.named.id if self.named else None

    @property
    def is_unselected(self) -> bool:
        """Whether the call names an account whose orders IBKR may refuse, because another one is selected."""
        return self.named is not None and self.named.id != self.accounts.selected

    def belongs(self, account_id: str) -> bool:
        """Whether a row of this account is wanted; one that names no account is the only account's."""
        return not account_id or any(each.id == account_id for each in self.chosen)

    def label(self, listed: Collection[str]) -> str:
        """The listed accounts with paper or LIVE: `DU1234567 paper`, or `2 accounts paper`."""
        shown = [each for each in self.chosen if each.id in listed or each == self.named]
        if len(shown) == 1:
            return shown[0].label
        return f"{len(shown)} accounts" if shown else "the selected account"

    def about(self) -> str:
        """` in AAPL`, if the call names a symbol."""
        return f" for {self.symbol.shown}" if self.symbol.shown else ""


@dataclass(frozen=True)
class Section:
    """A part of the answer: its lines and tables, and its notes."""

    blocks: Sequence[str]
    notes: Sequence[str] = ()


def listed_accounts(wanted: Wanted, found: Collection[str]) -> frozenset[str]:
    """The accounts that a list of IBKR's covers, which contains rows of the accounts `found`."""
    if wanted.named is not None:
        return frozenset((wanted.named.id,) if not wanted.is_unselected or wanted.named.id in found else ())
    ids = {each.id for each in wanted.chosen}
    return frozenset(ids & {*found, wanted.accounts.selected}) or frozenset(ids if len(ids) == 1 else ())


def ignores_account(wanted: Wanted, found: Collection[str]) -> bool:
    """Whether IBKR's list has rows, but only of other accounts than the unselected one that was requested."""
    return wanted.is_unselected and bool(found) and not any(map(wanted.belongs, found))


def missing_accounts_note(wanted: Wanted, listed: Collection[str]) -> str:
    """Which accounts IBKR's lists may leave out: for one that is not selected, IBKR may have no rows."""
    missing = [each.label for each in wanted.chosen if each.id not in listed]
    if not missing:
        return ""
    return (
        "IBKR lists the selected account's orders and trades, so these accounts' may be missing: "
        f"{', '.join(missing)}. To see them, "
        + ("call" if wanted.named else "pass one as `account`, or call")
        + " `select_account` first."
    )
