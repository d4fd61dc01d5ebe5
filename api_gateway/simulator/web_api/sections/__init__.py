"""Handlers, one module per section of IBKR's reference, and one for IBKR's gateway itself."""

from __future__ import annotations

from api_gateway.simulator.web_api.routing import Section
from api_gateway.simulator.web_api.sections import (
    accounts,
    alerts,
    contracts,
    event_contracts,
    fa_allocation,
    fa_models,
    gateway_login,
    market_data,
    notifications,
    order_monitoring,
    orders,
    portfolio,
    portfolio_analyst,
    scanner,
    session,
    watchlists,
)


def all_sections() -> tuple[Section, ...]:
    """Return every section, in the order of IBKR's reference."""
    return (
        session.SECTION,
        gateway_login.SECTION,
        accounts.SECTION,
        contracts.SECTION,
        market_data.SECTION,
        orders.SECTION,
        order_monitoring.SECTION,
        portfolio.SECTION,
        portfolio_analyst.SECTION,
        scanner.SECTION,
        alerts.SECTION,
        watchlists.SECTION,
        notifications.SECTION,
        event_contracts.SECTION,
        fa_allocation.SECTION,
        fa_models.SECTION,
    )
