"""The ticker's settings; those for reaching the gateway are in `api_gateway.settings`."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api_gateway.settings import RenamedFrom


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Compete(StrEnum):
    """What to do when another program holds the username's brokerage session."""

    YIELD = "yield"
    TAKE = "take"
    ASK = "ask"


_BOOLEAN_POLICIES = MappingProxyType(
    dict.fromkeys(("true", "1", "yes", "on", "y", "t"), "take")
    | dict.fromkeys(("false", "0", "no", "off", "n", "f"), "yield")
)


def _parse_compete(value: object) -> object:
    """Accept a boolean as well, which COMPETE was before it had three values."""
    text = str(value).strip().lower()
    return _BOOLEAN_POLICIES.get(text, text)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class TickerSettings(BaseSettings):
    """How often the ticker sends heartbeats, what it does about a competing session, and where it listens."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    tickle_interval: int = Field(
        default=60,
        ge=5,
        le=240,
        description="Seconds between heartbeats while the session is open; at most 240, because IBKR closes "
        "a session that is idle for 5 to 6 minutes.",
    )
    tickle_interval_unhealthy: Annotated[int, RenamedFrom("TICKLE_INTERVAL_FOUL", removed_in="0.3")] = Field(
        default=5,
        ge=1,
        le=60,
        description="Seconds between heartbeats at the start of an outage; backs off to TICKLE_INTERVAL "
        "while it lasts.",
    )
    compete: Annotated[Compete, BeforeValidator(_parse_compete)] = Field(
        default=Compete.YIELD,
        description="If TWS, the mobile app or another program holds the brokerage session: yield (or false) "
        "leaves it there, take (or true) takes it over once per loss, ask takes it over on "
        "`take_over_session` or POST /take.",
    )
    ticker_host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; use 0.0.0.0 only inside a container.",
    )
    ticker_port: int = Field(
        default=5056,
        ge=0,
        le=65535,
        description="TCP port to listen on; 0 picks a free one.",
    )

    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field(
        default=LogLevel.INFO, description="Lowest level to log: DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("tickle_interval_unhealthy")
    @classmethod
    def _check_not_above_tickle_interval(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data.get("tickle_interval", value):
            raise ValueError("use at most TICKLE_INTERVAL")
        return value
