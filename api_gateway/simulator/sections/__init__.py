"""The simulator's answers, one module per section of IBKR's reference, and one for IBKR's gateway itself."""

from __future__ import annotations

from api_gateway.simulator.routing import Section
from api_gateway.simulator.sections import (
    accounts,
    contracts,
    gateway_login,
    market_data,
    order_monitoring,
    portfolio,
    session,
)


def all_sections() -> tuple[Section, ...]:
    """Every section, in the order of IBKR's reference; what it does not name stands with its kind."""
    return (
        session.SECTION,
        gateway_login.SECTION,
        accounts.SECTION,
        contracts.SECTION,
        market_data.SECTION,
        portfolio.SECTION,
        order_monitoring.SECTION,
    )
