"""The simulator's answers, one module per section of IBKR's reference."""

from __future__ import annotations

from api_gateway.simulator.routing import Section
from api_gateway.simulator.sections import (
    accounts,
    contracts,
    market_data,
    order_monitoring,
    portfolio,
    session,
)


def all_sections() -> tuple[Section, ...]:
    """Every section, in the order of IBKR's reference."""
    return (
        session.SECTION,
        accounts.SECTION,
        contracts.SECTION,
        market_data.SECTION,
        portfolio.SECTION,
        order_monitoring.SECTION,
    )
