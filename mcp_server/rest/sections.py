"""The groups of tools: the sections of IBKR's reference, under its names and in its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Section:
    """One section: the tag of its routes, what it is for, and whether it is on by default."""

    name: str
    description: str
    enabled_by_default: bool = True


ORDERS: Final = "Orders"

SECTIONS: Final = (
    Section("Session", "Whether the gateway is logged in and the brokerage session is open."),
    Section("Accounts", "The accounts and their balances, margins, and profit and loss."),
    Section("Contracts", "From a symbol to a conid; option chains, futures, rules and trading hours."),
    Section("Market Data", "Quotes and price history."),
    Section(ORDERS, "Preview, place, modify and cancel orders; answer IBKR's order confirmations."),
    Section("Order Monitoring", "Today's orders, the status of one order, and executions."),
    Section("Portfolio", "Positions, cash per currency, and allocation."),
    Section("Portfolio Analyst", "Performance over time, past transactions, and asset allocation."),
    Section("Scanner", "Find contracts by rank and filter: most active, top gainers and so on."),
    Section("Alerts", "Price, time, margin and trade alerts, and the Mobile Trading Assistant alert."),
    Section("Watchlists", "Named lists of contracts, shared with TWS and the Client Portal."),
    Section("FYIs and Notifications", "IBKR's notices to the user, and how they are delivered."),
    Section("Event Contracts", "ForecastEx and CME event contracts: markets, rules and trading hours."),
    Section("FA Allocation Management", "How an advisor's orders are allocated among groups of accounts."),
    Section("FA Model Portfolios", "An advisor's model portfolios: targets, members, investing in them."),
)

NAMES: Final = tuple(section.name for section in SECTIONS)
DEFAULT_SECTIONS: Final = tuple(section.name for section in SECTIONS if section.enabled_by_default)
