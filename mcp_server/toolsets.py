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
    Toolset("Order Monitoring", "Orders of the day, one order's status, and executions."),
    Toolset("Portfolio", "Positions, cash per currency, and how the money is spread."),
)

NAMES: Final = tuple(toolset.name for toolset in TOOLSETS)
ON_BY_DEFAULT: Final = tuple(toolset.name for toolset in TOOLSETS if toolset.on)
