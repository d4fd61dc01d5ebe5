"""FYIs and Notifications: IBKR's notices to the user, and how they are delivered."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["FYIs and Notifications"])
