"""Portfolio Analyst: performance, past transactions and how assets are spread."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("Portfolio Analyst")
