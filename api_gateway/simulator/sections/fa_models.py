"""FA Model Portfolios: an advisor's model portfolios."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("FA Model Portfolios")
