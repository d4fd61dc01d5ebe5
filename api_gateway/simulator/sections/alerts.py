"""Alerts: what IBKR is to tell the user when a condition is met."""

from __future__ import annotations

from api_gateway.simulator.routing import Section

SECTION = Section("Alerts")
