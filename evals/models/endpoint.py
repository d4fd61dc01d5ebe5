"""HTTP to a model's endpoint, with retries. Errors never show the key."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from evals.models.settings import ModelSettings

_RETRIED: Final = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_ATTEMPTS: Final = 5
_LONGEST_WAIT: Final = 300.0
_TEXT: Final = 300


class EndpointError(Exception):
    """A question could not be asked; others may."""


class FatalEndpointError(EndpointError):
    """No question can be asked: a wrong key, model or address."""


class Endpoint:
    """Sends requests to one endpoint. `sleep` waits between attempts."""

    def __init__(
        self,
        settings: ModelSettings,
        headers: Mapping[str, str],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._client = httpx.Client(headers=dict(headers), timeout=settings.timeout)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object of the response. Raises EndpointError."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = self._client.post(f"{self._settings.base_url}{path}", json=body)
            except httpx.ConnectError as error:
                raise FatalEndpointError(f"{self._settings.host} cannot be reached: {error}") from error
            except httpx.HTTPError as error:
                problem, wait = f"no response: {type(error).__name__}", 0.0
            else:
                if response.status_code < 400:
                    return self._object(response)
                problem = f"HTTP {response.status_code}: {self._excerpt(response)}"
                if response.status_code not in _RETRIED:
                    raise FatalEndpointError(problem)
                wait = _retry_after(response)
            wait = wait or 2.0 ** (attempt - 1)
            if attempt == _ATTEMPTS or wait > _LONGEST_WAIT:
                break
            self._sleep(wait)
        raise EndpointError(f"{problem} ({attempt} attempts)")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            found = response.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise EndpointError(f"the response is not a JSON object: {self._excerpt(response)}")
        return found

    def _excerpt(self, response: httpx.Response) -> str:
        text = " ".join(response.text.split())
        if self._settings.key:
            text = text.replace(self._settings.key, "[key]")
        return text[:_TEXT]


def _retry_after(response: httpx.Response) -> float:
    """The seconds of the header Retry-After, which is a number or a date; 0 without one."""
    text = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
