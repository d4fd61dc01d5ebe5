"""FA Allocation Management: how an advisor's orders are spread over groups of accounts."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["FA Allocation Management"])
