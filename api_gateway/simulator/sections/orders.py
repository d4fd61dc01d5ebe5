"""Orders: preview, place, modify, cancel, and answer what IBKR asks about an order."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("Orders")
