"""FA Allocation Management: how an advisor's orders are spread over groups of accounts."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("FA Allocation Management")
