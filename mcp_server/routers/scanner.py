"""Scanner: contracts by rank and filter."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["Scanner"])
