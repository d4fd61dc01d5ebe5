"""Alerts: what IBKR is to tell the user when a condition is met."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["Alerts"])
