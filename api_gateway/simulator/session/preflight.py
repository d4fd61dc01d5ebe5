"""What the back end remembers of a brokerage session: which calls have been made before which."""

from __future__ import annotations

from dataclasses import dataclass, field

from api_gateway.simulator.session.open_questions import OpenQuestions, Prompt


@dataclass
class MarketDataSubscription:
    """One market-data line: since when it is open and with which fields."""

    since: float
    fields: dict[str, float] = field(default_factory=dict)


@dataclass
class PreflightState:
    """Everything that is forgotten when the brokerage session ends."""

    accounts_called: bool = False
    portfolio_called: bool = False
    orders_warm: bool = False
    orders_filtered: bool = False
    trades_warm: bool = False
    pnl_warm: bool = False
    searched_conids: set[int] = field(default_factory=set)
    positions_warm: set[str] = field(default_factory=set)
    algos_warm: set[int] = field(default_factory=set)
    fyi_warm: bool = False
    watchlists_read: set[str] = field(default_factory=set)
    watchlist_messages: int = 0
    subscriptions: dict[int, MarketDataSubscription] = field(default_factory=dict)
    questions: OpenQuestions = field(default_factory=OpenQuestions)
    prompts: dict[tuple[int, str], Prompt] = field(default_factory=dict)
    suppressed_message_ids: set[str] = field(default_factory=set)

    def reset_account(self) -> None:
        """Forget what was fetched for the selected account, as happens when another one is selected."""
        self.orders_warm = self.trades_warm = self.pnl_warm = False

    def reset(self) -> None:
        """Start from nothing, as a new brokerage session does."""
        self.__init__()  # type: ignore[misc]  # the one place where every field gets its first value again
