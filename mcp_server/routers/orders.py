"""Orders: preview, place, modify, cancel, and answer what IBKR asks about an order."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["Orders"])
