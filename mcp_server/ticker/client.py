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

from api_gateway.causes import Cause, explain
from api_gateway.redaction import sanitize

_log = logging.getLogger(__name__)

STATUS_TIMEOUT = 0.8
"""Seconds for its report: `connection_status` answers within two."""

HOLD_TIMEOUT = 2.0
"""Seconds for a hold; an order waits no longer for it."""

_RUNNING = "The ticker keeps the connection open and reopens it when it is lost."


class TickerReport(BaseModel):
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
class TickerStatus:
    """Whether the ticker works, in a sentence, and its report if it gave one."""

    alive: bool
    message: str
    next_step: str = ""
    report: TickerReport | None = None


@dataclass(frozen=True)
class TakeoverResult:
    """Whether the ticker takes the session over, and what it says about it."""

    accepted: bool
    message: str


class TickerClient:
    """Asks the ticker at `url`. `transport` is for tests."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._state_path = f"/state?server={token_hex(8)}"  # by this name it counts the servers that listen

    async def fetch_status(self) -> TickerStatus:
        """Whether it works and what it reports, within `STATUS_TIMEOUT` seconds."""
        health, state = await asyncio.gather(
            self._request("GET", "/health", STATUS_TIMEOUT),
            self._request("GET", self._state_path, STATUS_TIMEOUT),
        )
        report = _parse_report(state)
        if health is None or (report is None and health.status_code != 503):
            down = explain(Cause.TICKER_DOWN, where="TICKER_URL")
            return TickerStatus(False, down.sentence, down.next_step)
        if health.status_code != 200:
            stuck = explain(Cause.TICKER_STUCK)
            return TickerStatus(False, stuck.sentence, stuck.next_step, report)
        return TickerStatus(True, _RUNNING, report=report)

    async def hold(self, seconds: float) -> str | None:
        """Have it send nothing for so many seconds; the hold's id, None where it did not agree."""
        answer = await self._request("POST", "/hold", HOLD_TIMEOUT, {"seconds": seconds, "for": "order"})
        reply = _parse_object(answer)
        hold_id = reply.get("id")
        if (
            answer is None
            or answer.status_code != 201
            or not isinstance(hold_id, str)
            or not hold_id.isalnum()
        ):
            reason = sanitize(str(reply.get("error", "it does not answer")))
            _log.warning("An order goes on without a hold of the ticker: %s", reason)
            return None
        return hold_id

    async def release(self, hold_id: str) -> None:
        """End a hold before its time."""
        await self._request("DELETE", f"/hold/{hold_id}", HOLD_TIMEOUT)

    async def take_over(self) -> TakeoverResult:
        """Have it take the session from the program that holds it, if it was started with COMPETE=ask."""
        answer = await self._request("POST", "/take", HOLD_TIMEOUT, {})
        if answer is None:
            down = explain(Cause.TICKER_DOWN, where="TICKER_URL")
            return TakeoverResult(False, f"{down.sentence} {down.next_step}")
        if answer.status_code == 202:
            return TakeoverResult(True, "The ticker takes the connection over; that program loses it.")
        message = sanitize(str(_parse_object(answer).get("error", "")))
        return TakeoverResult(False, message or "The ticker refuses, without a word.")

    async def aclose(self) -> None:
        """Close the connections to it."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _request(
        self, method: str, path: str, time_limit: float, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        """Its answer, None where none came in time."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._url, transport=self._transport, trust_env=False, timeout=HOLD_TIMEOUT
            )
        try:
            async with asyncio.timeout(time_limit):
                return await self._client.request(method, path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            _log.debug("%s %s at the ticker: %s", method, path, type(error).__name__)
            return None


def _parse_report(answer: httpx.Response | None) -> TickerReport | None:
    if answer is None or answer.status_code != 200:
        return None
    try:
        return TickerReport.model_validate_json(answer.content)
    except ValidationError:
        return None


def _parse_object(answer: httpx.Response | None) -> dict[str, Any]:
    try:
        value = answer.json() if answer is not None else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
