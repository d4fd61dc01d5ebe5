"""Preflight state: the calls that IBKR's servers have seen in this brokerage session."""

from __future__ import annotations

from dataclasses import dataclass, field

from api_gateway.simulator.instruments.combinations import contracts_of, line_key
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.session.open_questions import OpenQuestions, Prompt


@dataclass
class MarketDataSubscription:
    """One market data line: when it was opened, and its fields."""

    since: float
    fields: dict[str, float] = field(default_factory=dict)


@dataclass
class PreflightState:
    """State that is lost when the brokerage session ends."""

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

    def has_market_data(self, instrument: Instrument) -> bool:
        """True if the instrument has a market data line, or each leg of the combination has one (a guess)."""
        legs = (contract.conid for contract in contracts_of(instrument))
        return line_key(instrument) in self.subscriptions or all(leg in self.subscriptions for leg in legs)

    def reset_account(self) -> None:
        """Reset what was requested for the selected account, as when another account is selected."""
        self.orders_warm = self.trades_warm = self.pnl_warm = False

    def reset(self) -> None:
        """Reset everything, as for a new brokerage session."""
        self.__init__()  # type: ignore[misc]  # resets every field to its default
