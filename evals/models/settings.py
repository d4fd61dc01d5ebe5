"""Which model to ask, where, and within which limits: from the command line and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast, get_args
from urllib.parse import urlsplit

Api = Literal["openai", "anthropic"]

_ANTHROPIC_NAMES: Final = ("claude", "anthropic/")
_DEFAULT_URLS: Final[Mapping[Api, str]] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
}
_KEYS: Final[Mapping[Api, str]] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


class ModelSettingsError(Exception):
    """A setting is missing or invalid; `str()` says what to write."""


@dataclass(frozen=True)
class ModelSettings:
    """`max_tokens` is per reply, `max_total_tokens` for all requests and replies of a question."""

    model: str
    api: Api
    base_url: str
    key: str = field(repr=False)
    max_turns: int = 10
    max_tokens: int = 8000
    max_total_tokens: int = 300_000
    timeout: float = 300.0

    @property
    def is_default_url(self) -> bool:
        """Whether it is the API's own vendor, not a compatible endpoint."""
        return self.base_url == _DEFAULT_URLS[self.api]

    @property
    def host(self) -> str:
        """The host of the endpoint, without a user and a password."""
        return urlsplit(self.base_url).hostname or ""


def read_settings(model: str, environment: Mapping[str, str]) -> ModelSettings:
    """The settings for a model. Raises ModelSettingsError."""
    api = _read_api(model, environment.get("EVALS_API", "").strip().lower())
    url = environment.get("EVALS_BASE_URL", "").strip().rstrip("/")
    key = environment.get(_KEYS[api], "").strip()
    if url:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelSettingsError("EVALS_BASE_URL is invalid: write it as http://localhost:11434/v1.")
        if not parts.path.strip("/"):
            url += "/v1"
    elif not key:
        raise ModelSettingsError(
            f"{_KEYS[api]} is not set: set it, or EVALS_BASE_URL for an endpoint that needs no key."
        )
    return ModelSettings(
        model=model,
        api=api,
        base_url=url or _DEFAULT_URLS[api],
        key=key,
        max_turns=_read_number(environment, "EVALS_MAX_TURNS", 10),
        max_tokens=_read_number(environment, "EVALS_MAX_TOKENS", 8000),
    )


def _read_api(model: str, chosen: str) -> Api:
    if chosen and chosen not in get_args(Api):
        raise ModelSettingsError(f"EVALS_API is {chosen!r}: write {' or '.join(get_args(Api))}.")
    if chosen:
        return cast("Api", chosen)
    return "anthropic" if model.lower().startswith(_ANTHROPIC_NAMES) else "openai"


def _read_number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise ModelSettingsError(f"{name} is {text!r}: write a whole number from 1.")
    return int(text)
