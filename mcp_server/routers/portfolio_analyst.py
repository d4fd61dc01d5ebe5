"""Portfolio Analyst: performance, past transactions and how assets are spread."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["Portfolio Analyst"])
