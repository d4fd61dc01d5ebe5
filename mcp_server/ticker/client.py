"""The ticker as the server sees it: what it reports, the holds it gives, and the session it can take over.

The server works without it, so every question here is short and none raises.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from api_gateway.redaction import sanitize

_log = logging.getLogger(__name__)

LOOK = 0.8
"""Seconds for its report: `connection_status` answers within two."""

HOLD = 2.0
"""Seconds for a hold; an order waits no longer for it."""

_AWAY = "The ticker, the part that keeps the connection to IBKR open, does not answer at TICKER_URL."
_START = "Start it (`docker compose up -d ticker`, without Docker `ib-mcp ticker`), or correct TICKER_URL."
_STUCK = "The ticker answers, but has stopped looking after the connection."
_ALIVE = "The ticker keeps the connection open and reopens it when it is lost."


class Window(BaseModel):
    """A break that IBKR announces; times are UTC."""

    what: str
    begins: str
    ends: str


class Report(BaseModel):
    """What the ticker says about the session; what a later one adds is left out."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    state: str
    since: str | None = None
    sentence: str = ""
    next_step: str = ""
    login_ends_in_seconds: float | None = None
    login_ends_at: str | None = None
    login_warning: str | None = None
    next_look_in_seconds: float | None = None
    compete: str = ""
    holds: list[object] = []
    servers: int = 0


@dataclass(frozen=True)
class TickerLook:
    """Whether the ticker works, in a sentence, and its report if it gave one."""

    alive: bool
    sentence: str
    next_step: str = ""
    report: Report | None = None


@dataclass(frozen=True)
class Taking:
    """Whether the ticker takes the session over, and what it says about it."""

    accepted: bool
    sentence: str


class Ticker:
    """Asks the ticker at `url`. `transport` is for tests."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._state = f"/state?server={token_hex(8)}"  # by this name it counts the servers that listen

    async def look(self) -> TickerLook:
        """Whether it works and what it reports, within `LOOK` seconds."""
        health, state = await asyncio.gather(
            self._ask("GET", "/health", LOOK), self._ask("GET", self._state, LOOK)
        )
        report = _report(state)
        if health is None or (report is None and health.status_code != 503):
            return TickerLook(False, _AWAY, _START)
        if health.status_code != 200:
            return TickerLook(False, _STUCK, "Restart the ticker and look at its log.", report)
        return TickerLook(True, _ALIVE, report=report)

    async def hold(self, seconds: float) -> str | None:
        """Have it send nothing for so many seconds; the hold's id, None where it did not agree."""
        answer = await self._ask("POST", "/hold", HOLD, {"seconds": seconds, "for": "order"})
        told = _object(answer)
        name = told.get("id")
        if answer is None or answer.status_code != 201 or not isinstance(name, str) or not name.isalnum():
            why = sanitize(str(told.get("error", "it does not answer")))
            _log.warning("An order goes on without a hold of the ticker: %s", why)
            return None
        return name

    async def release(self, name: str) -> None:
        """End a hold before its time."""
        await self._ask("DELETE", f"/hold/{name}", HOLD)

    async def take(self) -> Taking:
        """Have it take the session from the program that holds it, if it was started with COMPETE=ask."""
        answer = await self._ask("POST", "/take", HOLD, {})
        if answer is None:
            return Taking(False, f"{_AWAY} Only it can take the connection over. {_START}")
        if answer.status_code == 202:
            return Taking(True, "The ticker takes the connection over; that program loses it.")
        said = sanitize(str(_object(answer).get("error", "")))
        return Taking(False, said or "The ticker refuses, without a word.")

    async def aclose(self) -> None:
        """Close the connections to it."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(
        self, method: str, path: str, within: float, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        """Its answer, None where none came in time."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._url, transport=self._transport, trust_env=False, timeout=HOLD
            )
        try:
            async with asyncio.timeout(within):
                return await self._client.request(method, path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            _log.debug("%s %s at the ticker: %s", method, path, type(error).__name__)
            return None


def _report(answer: httpx.Response | None) -> Report | None:
    if answer is None or answer.status_code != 200:
        return None
    try:
        return Report.model_validate_json(answer.content)
    except ValidationError:
        return None


def _object(answer: httpx.Response | None) -> dict[str, Any]:
    try:
        told = answer.json() if answer is not None else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
