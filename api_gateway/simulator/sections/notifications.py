"""FYIs and Notifications: IBKR's notices to the user, and how they are delivered."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("FYIs and Notifications")
