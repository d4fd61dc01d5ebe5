"""Scanner: contracts by rank and filter."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("Scanner")
