"""Event Contracts: forecast markets, their contracts, rules and trading hours."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["Event Contracts"])
