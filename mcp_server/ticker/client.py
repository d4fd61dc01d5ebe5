"""The ticker's client: its report, its holds, and taking over the session.

The server works without the ticker, so every request here has a short timeout and none raises.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from api_gateway.causes import Cause, Explanation, Outcome, WriteKind, explain
from api_gateway.redaction import sanitize

_log = logging.getLogger(__name__)

STATUS_TIMEOUT = 0.8
"""Timeout of its report, in seconds: `connection_status` returns within two."""

HOLD_TIMEOUT = 2.0
"""Timeout of a hold, in seconds; no order waits longer for it."""

_RUNNING = "The ticker keeps the connection open and reopens it when it is lost."


class TickerReport(BaseModel):
    """The ticker's report on the session; fields that a later version adds are ignored."""

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
    """Whether the ticker works, a sentence about it, and its report if there is one."""

    alive: bool
    message: str
    next_step: str = ""
    report: TickerReport | None = None


@dataclass(frozen=True)
class TakeoverResult:
    """Whether the ticker is taking the session over; `message` says why not, and what was changed."""

    accepted: bool
    message: str


class TickerClient:
    """HTTP client for the ticker at `url`. `transport` is for tests."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._state_path = f"/state?server={token_hex(8)}"  # the name by which it counts the servers

    async def fetch_status(self) -> TickerStatus:
        """Return whether the ticker works and its report, within `STATUS_TIMEOUT` seconds."""
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
        """Pause the ticker for this many seconds; returns the hold's ID, or None if it was not granted."""
        response = await self._request("POST", "/hold", HOLD_TIMEOUT, {"seconds": seconds, "for": "order"})
        granted = _parse_object(response)
        hold_id = granted.get("id")
        if (
            response is None
            or response.status_code != 201
            or not isinstance(hold_id, str)
            or not hold_id.isalnum()
        ):
            reason = sanitize(str(granted.get("error", "it does not respond")))
            _log.warning("An order is sent without pausing the ticker: %s", reason)
            return None
        return hold_id

    async def release(self, hold_id: str) -> None:
        """Release a hold before it expires."""
        await self._request("DELETE", f"/hold/{hold_id}", HOLD_TIMEOUT)

    async def take_over(self) -> TakeoverResult:
        """Request that the ticker take the session over; it accepts only with COMPETE=ask."""
        down = explain(Cause.TICKER_DOWN, where="TICKER_URL")
        try:
            response = await self._send("POST", "/take", HOLD_TIMEOUT, {})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL):
            return _rejected(down.with_outcome(Outcome.UNCHANGED))
        except (httpx.HTTPError, TimeoutError):
            return _rejected(down.after_write(WriteKind.SESSION))
        if response.status_code == 202:
            return TakeoverResult(True, "The ticker is taking over; that program is disconnected.")
        if message := sanitize(str(_parse_object(response).get("error", "")), max_length=600):
            return TakeoverResult(False, message)
        other = explain(Cause.NOT_THE_TICKER, where="TICKER_URL", status=response.status_code)
        if 400 <= response.status_code < 500:
            return _rejected(other.with_outcome(Outcome.UNCHANGED))
        return _rejected(other.after_write(WriteKind.SESSION))

    async def aclose(self) -> None:
        """Close the connections to the ticker."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _request(
        self, method: str, path: str, time_limit: float, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        """Return the response, or None if there was none in time."""
        try:
            return await self._send(method, path, time_limit, body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            _log.debug("%s %s at the ticker: %s", method, path, type(error).__name__)
            return None

    async def _send(
        self, method: str, path: str, time_limit: float, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self._url, transport=self._transport, trust_env=False, timeout=HOLD_TIMEOUT
            )
        async with asyncio.timeout(time_limit):
            return await self._client.request(method, path, json=body)


def _rejected(explanation: Explanation) -> TakeoverResult:
    return TakeoverResult(False, f"{explanation.problem} {explanation.next_step}")


def _parse_report(response: httpx.Response | None) -> TickerReport | None:
    if response is None or response.status_code != 200:
        return None
    try:
        return TickerReport.model_validate_json(response.content)
    except ValidationError:
        return None


def _parse_object(response: httpx.Response | None) -> dict[str, Any]:
    try:
        value = response.json() if response is not None else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
