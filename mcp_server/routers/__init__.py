"""One module per section of IBKR's reference; a route per operation."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from mcp_server.routers import accounts, contracts, market_data, order_monitoring, portfolio, session

ROUTERS: Final[tuple[APIRouter, ...]] = (
    session.router,
    accounts.router,
    contracts.router,
    market_data.router,
    order_monitoring.router,
    portfolio.router,
)
