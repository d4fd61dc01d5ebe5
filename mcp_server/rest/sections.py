"""The groups of tools: the sections of IBKR's reference, in its words and its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Toolset:
    """One section: the tag of its routes, what it is for, and whether it is on by default."""

    name: str
    about: str
    on: bool = True


TOOLSETS: Final = (
    Toolset("Session", "Is the gateway logged in, and is the brokerage session open?"),
    Toolset("Accounts", "Which accounts there are; their balances, margins and profit and loss."),
    Toolset("Contracts", "From a symbol to a conid; option chains, futures, rules and trading hours."),
    Toolset("Market Data", "Quotes and price history."),
    Toolset("Orders", "Preview, place, modify and cancel orders; answer IBKR's questions about them."),
    Toolset("Order Monitoring", "Orders of the day, one order's status, and executions."),
    Toolset("Portfolio", "Positions, cash per currency, and how the money is spread."),
    Toolset("Portfolio Analyst", "Performance over time, past transactions, and how assets are spread."),
    Toolset("Scanner", "Find contracts by rank and filter: most active, top gainers and so on."),
    Toolset("Alerts", "Price, time, margin and trade alerts, and the mobile trading assistant's."),
    Toolset("Watchlists", "Named lists of contracts, shared with TWS and the Client Portal."),
    Toolset("FYIs and Notifications", "IBKR's notices to the user, and how they are delivered."),
    Toolset("Event Contracts", "ForecastEx and CME event contracts: markets, rules and trading hours."),
    Toolset("FA Allocation Management", "How an advisor's orders are spread over groups of accounts."),
    Toolset("FA Model Portfolios", "An advisor's model portfolios: targets, members, investing in them."),
)

NAMES: Final = tuple(toolset.name for toolset in TOOLSETS)
ON_BY_DEFAULT: Final = tuple(toolset.name for toolset in TOOLSETS if toolset.on)
