"""Watchlists: named lists of contracts."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("Watchlists")
