"""The settings of everything that speaks to the gateway, and the one way to read settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableSetting

from api_gateway.session.maintenance import Region

SettingsClass = TypeVar("SettingsClass", bound=BaseSettings)


class SettingsError(Exception):
    """A setting has a value that cannot be used; `str()` is one sentence that names it and what is valid."""


class GatewaySettings(BaseSettings):
    """Where the gateway is, whom to trust there, and how patient to be with it."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    gateway_url: str = Field(
        default="https://localhost:5055",
        description="Where the gateway answers: scheme, host (no underscore) and port, no path.",
    )
    gateway_login_url: str = Field(
        default="https://localhost:5055",
        description="The page a person opens in a browser to log in; shown in messages.",
    )
    gateway_ca_file: Path | None = Field(
        default=None,
        description="Certificate (PEM) to trust; empty: the system's own. Read again when it changes.",
    )
    gateway_verify_tls: bool = Field(
        default=True,
        description="Verify the gateway's certificate; false is for IBKR's own, which expired in 2019.",
    )
    gateway_fingerprint: str = Field(
        default="",
        description="SHA-256 of the gateway's certificate, in hex; checked also without verification.",
    )
    gateway_region: Region = Field(
        default=Region.AMERICA,
        description="Where IBKR serves the account from, america, europe or asia: its resets are expected.",
    )
    gateway_deadline: float = Field(
        default=15,
        gt=0,
        le=300,
        description="Seconds for one request and its whole answer; the gateway itself waits for ever.",
    )
    gateway_max_body: int = Field(
        default=10_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Largest answer that is read, in bytes; a larger one is a failure.",
    )
    gateway_max_wait: float = Field(
        default=12,
        ge=0,
        le=300,
        description="Seconds that IBKR's limits may hold a call back before the caller is told to wait; "
        "the first look at orders, trades or profit needs two turns of 5 s.",
    )
    gateway_penalty: float = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Seconds of silence after IBKR's 429, because asking in its penalty box makes it longer.",
    )
    gateway_user_agent: str = Field(
        default="ib-mcp/0.1",
        min_length=1,
        max_length=200,
        pattern=r"^[ -~]+$",
        description="Name sent with each request; IBKR refuses requests without one.",
    )

    @field_validator("gateway_url", "gateway_login_url")
    @classmethod
    def _is_a_web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch("[!-~]+", url):
            raise ValueError("must be an address such as https://localhost:5055")
        if ":" in parts.netloc.rpartition("]")[2].rpartition("@")[2] and not _has_a_port(url):
            raise ValueError("must have a port from 1 to 65535")
        if parts.username or parts.password:
            raise ValueError("must not carry a user name or a password")
        return url.rstrip("/")

    @field_validator("gateway_url")
    @classmethod
    def _is_only_an_origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.path or parts.query or parts.fragment:
            raise ValueError("must end after the port: /v1/api is added to it")
        if "_" in (parts.hostname or "") or (parts.hostname or "").endswith("."):
            raise ValueError("must have a host name without underscore and final dot, as Java refuses others")
        return url

    @field_validator("gateway_region", mode="before")
    @classmethod
    def _is_in_small_letters(cls, region: object) -> object:
        return region.strip().lower() if isinstance(region, str) else region

    @field_validator("gateway_ca_file", mode="before")
    @classmethod
    def _empty_is_no_file(cls, path: object) -> object:
        return None if path == "" else path

    @field_validator("gateway_fingerprint")
    @classmethod
    def _is_a_sha256(cls, fingerprint: str) -> str:
        digits = fingerprint.replace(":", "").lower()
        if digits and not re.fullmatch(r"[0-9a-f]{64}", digits):
            raise ValueError("must be 64 hexadecimal digits (SHA-256), colons allowed")
        return digits


def _has_a_port(url: str) -> bool:
    try:
        return bool(urlsplit(url).port)
    except ValueError:
        return False


def load(cls: type[SettingsClass]) -> SettingsClass:
    """The settings from the environment and `.env`; an unusable one raises `SettingsError`."""
    try:
        return cls()
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"]).upper() or cls.__name__
        text = problem["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name} cannot be used: {text[:1].lower()}{text[1:]}.") from None
    except UnreadableSetting as error:
        raise SettingsError(f"The settings cannot be read: {error}.") from None
