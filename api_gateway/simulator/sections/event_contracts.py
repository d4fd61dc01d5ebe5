"""Event Contracts: forecast markets, their contracts, rules and trading hours."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("Event Contracts")
