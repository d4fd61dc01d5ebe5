"""One module per section of IBKR's reference; a route per operation."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from mcp_server.routers import (
    accounts,
    alerts,
    contracts,
    event_contracts,
    fa_allocation,
    fa_models,
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

ROUTERS: Final[tuple[APIRouter, ...]] = (
    session.router,
    accounts.router,
    contracts.router,
    market_data.router,
    orders.router,
    order_monitoring.router,
    portfolio.router,
    portfolio_analyst.router,
    scanner.router,
    alerts.router,
    watchlists.router,
    notifications.router,
    event_contracts.router,
    fa_allocation.router,
    fa_models.router,
)
