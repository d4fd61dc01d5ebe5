"""The ticker's own settings; how it reaches the gateway is in `api_gateway.settings`."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class LogLevel(StrEnum):
    """From how much weight on an event is logged."""

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
    """The policy that an answer to the question of old, compete or not, amounts to."""
    text = str(value).strip().lower()
    return _BOOLEAN_POLICIES.get(text, text)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class TickerSettings(BaseSettings):
    """How often the ticker looks, what it may do about a competing session, and where it answers."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    tickle_interval: int = Field(
        default=60,
        ge=5,
        le=240,
        description="Seconds between two beats while the session is open; IBKR closes it after 5 to 6 idle "
        "minutes, so at most 240.",
    )
    tickle_interval_foul: int = Field(
        default=5,
        ge=1,
        le=60,
        description="Seconds between two beats while something is wrong; grows to TICKLE_INTERVAL as the "
        "trouble lasts.",
    )
    compete: Annotated[Compete, BeforeValidator(_parse_compete)] = Field(
        default=Compete.YIELD,
        description="When TWS, the mobile app or another program holds the brokerage session: yield (or "
        "false) leaves it to them, take (or true) takes it over once per loss, ask only after POST /take.",
    )
    ticker_host: str = Field(
        default="127.0.0.1",
        description="Address the ticker answers on; 0.0.0.0 only inside a container.",
    )
    ticker_port: int = Field(
        default=5056,
        ge=0,
        le=65535,
        description="Port the ticker answers on; 0 takes a free one.",
    )

    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field(
        default=LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("tickle_interval_foul")
    @classmethod
    def _check_not_above_tickle_interval(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data.get("tickle_interval", value):
            raise ValueError("must not be longer than TICKLE_INTERVAL")
        return value
