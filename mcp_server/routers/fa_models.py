"""FA Model Portfolios: an advisor's model portfolios."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["FA Model Portfolios"])
