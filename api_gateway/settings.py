"""The gateway client's settings, and `load`, which loads the settings of any part."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableSetting

from api_gateway.session.maintenance import Region
from api_gateway.setting_errors import describe_invalid_setting

SettingsClass = TypeVar("SettingsClass", bound=BaseSettings)


class SettingsError(Exception):
    """A setting is invalid; `str()` is one sentence that names it and the valid values."""


@dataclass(frozen=True)
class RenamedFrom:
    """Annotates a setting with a deprecated name, which works until version `removed_in`."""

    name: str
    removed_in: str


def _default_user_agent() -> str:
    try:
        return f"ib-mcp/{version('ib-mcp')}"
    except PackageNotFoundError:  # a checkout that is not installed
        return "ib-mcp"


class GatewaySettings(BaseSettings):
    """Where the gateway is, how to trust it, and how long to wait for it."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    gateway_url: str = Field(
        default="https://localhost:5055",
        description="URL of the gateway: scheme, host (no underscore) and port, without a path.",
    )
    gateway_login_url: str = Field(
        default="https://localhost:5055",
        description="URL of the login page to open in a browser; shown in messages.",
    )
    gateway_ca_file: Path | None = Field(
        default=None,
        description="Certificate file (PEM) to trust, reloaded when it changes; empty: the system's "
        "certificates.",
    )
    gateway_verify_tls: bool = Field(
        default=True,
        description="Verify the gateway's certificate. Use false for the certificate that IBKR's gateway "
        "comes with, which expired in 2019.",
    )
    gateway_fingerprint: str = Field(
        default="",
        description="SHA-256 fingerprint (hex) that the gateway's certificate must have; also checked if "
        "GATEWAY_VERIFY_TLS=false.",
    )
    gateway_region: Region = Field(
        default=Region.AMERICA,
        description="IBKR region that serves the account (america, europe or asia); decides when nightly "
        "resets are expected.",
    )
    gateway_timeout: Annotated[float, RenamedFrom("GATEWAY_DEADLINE", removed_in="0.3")] = Field(
        default=15,
        gt=0,
        le=300,
        description="Timeout of one request, including its whole response, in seconds; the gateway itself "
        "has none.",
    )
    gateway_max_body: int = Field(
        default=10_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="Maximum size of a response in bytes; a larger one is an error.",
    )
    gateway_max_wait: float = Field(
        default=12,
        ge=0,
        le=300,
        description="How long the rate limiter may delay a request, in seconds; a request that would wait "
        "longer fails and says when to retry. The first request for orders, trades or P&L can need 10 s.",
    )
    gateway_penalty: float = Field(
        default=600,
        ge=0,
        le=86_400,
        description="How long to send nothing after a 429 from IBKR, in seconds; a request during its "
        "penalty box extends the penalty.",
    )
    gateway_user_agent: str = Field(
        default_factory=_default_user_agent,
        description="User-Agent header of each request, which IBKR requires; empty: ib-mcp and its version.",
    )

    @field_validator("gateway_url", "gateway_login_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch("[!-~]+", url):
            raise ValueError("use a URL such as https://localhost:5055")
        if ":" in parts.netloc.rpartition("]")[2].rpartition("@")[2] and not _has_valid_port(url):
            raise ValueError("use a port from 1 to 65535")
        if parts.username or parts.password:
            raise ValueError("use a URL without a user name and a password")
        return url.rstrip("/")

    @field_validator("gateway_url")
    @classmethod
    def _check_origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.path or parts.query or parts.fragment:
            raise ValueError("use a URL that ends after the port; /v1/api is appended to it")
        if "_" in (parts.hostname or "") or (parts.hostname or "").endswith("."):
            raise ValueError(
                "use a host name without an underscore or a trailing dot; the gateway rejects others"
            )
        return url

    @field_validator("gateway_region", mode="before")
    @classmethod
    def _lower(cls, region: object) -> object:
        return region.strip().lower() if isinstance(region, str) else region

    @field_validator("gateway_ca_file", mode="before")
    @classmethod
    def _empty_to_none(cls, path: object) -> object:
        return None if path == "" else path

    @field_validator("gateway_fingerprint")
    @classmethod
    def _check_sha256(cls, fingerprint: str) -> str:
        digits = fingerprint.replace(":", "").lower()
        if digits and not re.fullmatch(r"[0-9a-f]{64}", digits):
            raise ValueError("use 64 hexadecimal digits (SHA-256), with or without colons")
        return digits

    @field_validator("gateway_user_agent")
    @classmethod
    def _check_header(cls, agent: str) -> str:
        if not re.fullmatch(r"[ -~]{1,200}", agent):
            raise ValueError("use 1 to 200 printable ASCII characters")
        return agent


def _has_valid_port(url: str) -> bool:
    try:
        return bool(urlsplit(url).port)
    except ValueError:
        return False


def former_names(cls: type[BaseSettings]) -> Iterator[tuple[str, RenamedFrom]]:
    """Every deprecated name of a settings class, with the field that replaces it."""
    for field, info in cls.model_fields.items():
        yield from ((field, each) for each in info.metadata if isinstance(each, RenamedFrom))


def environment_names(cls: type[BaseSettings]) -> set[str]:
    """Every environment variable that a settings class reads, deprecated names included."""
    return {field.upper() for field in cls.model_fields} | {former.name for _, former in former_names(cls)}


def _write_to_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def load(cls: type[SettingsClass], warn: Callable[[str], None] = _write_to_stderr) -> SettingsClass:
    """Load settings from the environment and `.env`; raises `SettingsError` for an invalid one.

    A deprecated name counts only if the new name is set in neither. `warn` is called with one sentence for
    each deprecated name that is set. A process loads each settings class once, so it warns once.
    """
    try:
        found = {**DotEnvSettingsSource(cls).env_vars, **EnvSettingsSource(cls).env_vars}
        given = {name: value for name, value in found.items() if value is not None}
        renamed: dict[str, str] = {}
        for field, former in former_names(cls):
            if former.name.lower() not in given:
                continue
            if field in given or field in renamed:
                advice = f"{former.name} is ignored because {field.upper()} is set. Remove it"
            else:
                renamed[field] = former.name
                advice = f"Rename {former.name} to {field.upper()}"
            warn(f"{advice}: the old name stops working in version {former.removed_in}.")
        values: dict[str, Any] = {field: given[name.lower()] for field, name in renamed.items()}
        return cls(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0])
        name = renamed.get(field, field.upper())
        raise SettingsError(
            describe_invalid_setting(name, given.get(name.lower()), cls.model_fields[field], problem)
        ) from None
    except UnreadableSetting as error:
        raise SettingsError(f"The settings cannot be read: {error}.") from None
