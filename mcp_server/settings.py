"""What a user can set about the MCP server."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api_gateway.access_policy import TradingMode

MIN_TOKEN_LENGTH = 8
"""Characters of a bearer token: a shorter one is guessed, and hides every word that it is a part of."""


class Transport(StrEnum):
    """How clients reach the server."""

    STREAMABLE_HTTP = "streamable-http"
    STDIO = "stdio"


class ToolListing(StrEnum):
    """Which tools are listed."""

    SEARCH = "search"
    ALL = "all"


class LogLevel(StrEnum):
    """From how much weight on an event is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _split_commas(value: object) -> object:
    """The entries of a list separated by commas."""
    if isinstance(value, str):
        return tuple(entry.strip() for entry in value.split(",") if entry.strip())
    return value


def _to_upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _check_token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and not all("!" <= each <= "~" for each in token.get_secret_value()):
        raise ValueError("a token is printable ASCII without spaces, or no client can send it")
    if token is not None and 0 < len(token.get_secret_value()) < MIN_TOKEN_LENGTH:
        raise ValueError(f"a token of fewer than {MIN_TOKEN_LENGTH} characters is guessed too easily")
    return token


def _check_endpoint_path(path: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", path) or path in {"/health", "/ready"}:
        raise ValueError(
            "it must be a path such as /mcp, without a slash at its end, and not /health or /ready"
        )
    return path


def _check_base_url(url: str) -> str:
    if not re.fullmatch(
        r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?/?", url
    ):
        raise ValueError("it must be an address such as http://localhost:5056, without a path")
    return url.rstrip("/")


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]


class ServerSettings(BaseSettings):
    """The server's settings, each from the environment variable of its name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    mcp_server_host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Beyond loopback it needs a token, or MCP_SERVER_ALLOW_REMOTE.",
    )
    mcp_server_port: int = Field(
        5002, ge=0, le=65535, description="TCP port to listen on; 0 takes a free one."
    )
    mcp_server_path: Annotated[str, AfterValidator(_check_endpoint_path)] = Field(
        "/mcp", description="Path of the MCP endpoint; not /health or /ready."
    )
    mcp_transport_protocol: Transport = Field(
        Transport.STREAMABLE_HTTP,
        description="streamable-http, or stdio for a client that starts the server.",
    )
    mcp_server_token: Annotated[SecretStr | None, AfterValidator(_check_token)] = Field(
        None, description="Bearer token that clients must send; empty asks for none."
    )
    mcp_server_allowed_hosts: CommaSeparated = Field(
        (), description="Host names, by commas, that clients may call it by besides localhost."
    )
    mcp_server_allowed_origins: CommaSeparated = Field(
        (), description="Origins, by commas, whose web pages may call it, e.g. https://chat.example."
    )
    mcp_server_allow_remote: bool = Field(
        False,
        description="true listens beyond loopback without a token. Anyone who reaches it reads the account.",
    )
    mcp_server_tools: ToolListing = Field(
        ToolListing.SEARCH,
        description="search lists a few tools that find and call the others; all lists every tool.",
    )
    mcp_server_max_answer: int = Field(
        48_000,
        ge=2_000,
        le=10_000_000,
        description="Largest answer a model gets, in bytes; a larger one is cut, and says so. The default is "
        "14,000 to 24,000 tokens, as some hosts take no more than 25,000.",
    )
    ticker_url: Annotated[str, AfterValidator(_check_base_url)] = Field(
        "http://localhost:5056",
        description="Where the ticker answers: it tells how the session is, and holds still around orders. "
        "The server works without it.",
    )
    mcp_server_ask_ahead: bool = Field(
        True,
        description="true asks each new session for orders, trades and P&L, as IBKR takes five seconds to "
        "tell them. false where another program asks the same gateway: both may break its limits.",
    )
    mcp_server_extra_routers: Path | None = Field(
        None,
        description="Directory of a package that `ib-mcp openapi routers` has written; its operations become "
        "tools, too. What writes is there on paper accounts only.",
    )
    included_tags: CommaSeparated = Field(
        (), description="Sections of tools to show, by commas; empty shows the default ones."
    )
    excluded_tags: CommaSeparated = Field((), description="Sections of tools to hide, by commas.")
    trading_mode: TradingMode = Field(
        TradingMode.READ,
        description="read changes nothing; paper trades, on paper accounts only; live cancels orders, and "
        "places none.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_to_upper)] = Field(
        LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR."
    )
