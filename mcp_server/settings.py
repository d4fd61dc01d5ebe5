"""The MCP server's settings."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api_gateway.access_policy import TradingMode
from api_gateway.settings import RenamedFrom

MIN_TOKEN_LENGTH = 8
"""Minimum length of a bearer token: a shorter one can be guessed, and redacting it would mangle log lines."""


class Transport(StrEnum):
    """How clients connect to the server."""

    STREAMABLE_HTTP = "streamable-http"
    STDIO = "stdio"


class ToolListing(StrEnum):
    """Which tools `tools/list` returns."""

    SEARCH = "search"
    ALL = "all"


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _split_commas(value: object) -> object:
    """Split a comma-separated list."""
    if isinstance(value, str):
        return tuple(entry.strip() for entry in value.split(",") if entry.strip())
    return value


def _to_upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _check_token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and not all("!" <= each <= "~" for each in token.get_secret_value()):
        raise ValueError("use printable ASCII characters without spaces")
    if token is not None and 0 < len(token.get_secret_value()) < MIN_TOKEN_LENGTH:
        raise ValueError(f"use {MIN_TOKEN_LENGTH} characters or more")
    return token


def _check_endpoint_path(path: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9_.~-]+)+", path) or path in {"/health", "/ready"}:
        raise ValueError("use a path such as /mcp, without a trailing slash; /health and /ready are reserved")
    return path


def _check_base_url(url: str) -> str:
    if not re.fullmatch(
        r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?/?", url
    ):
        raise ValueError("use a URL such as http://localhost:5056, without a path")
    return url.rstrip("/")


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]


class ServerSettings(BaseSettings):
    """How clients reach the server, which tools they get, and what those may do."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    mcp_server_host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Beyond loopback, set MCP_SERVER_TOKEN or MCP_SERVER_ALLOW_REMOTE.",
    )
    mcp_server_port: int = Field(
        5002, ge=0, le=65535, description="TCP port to listen on; 0 picks a free one."
    )
    mcp_server_path: Annotated[str, AfterValidator(_check_endpoint_path)] = Field(
        "/mcp", description="Path of the MCP endpoint; /health and /ready are reserved."
    )
    mcp_transport_protocol: Transport = Field(
        Transport.STREAMABLE_HTTP,
        description="streamable-http, or stdio for a client that starts the server itself.",
    )
    mcp_server_token: Annotated[SecretStr | None, AfterValidator(_check_token)] = Field(
        None,
        description="Bearer token that clients must send (8 characters or more); empty: no token required.",
    )
    mcp_server_allowed_hosts: CommaSeparated = Field(
        (), description="Comma-separated host names that clients may use besides localhost."
    )
    mcp_server_allowed_origins: CommaSeparated = Field(
        (),
        description="Comma-separated origins whose web pages may call the server, e.g. https://chat.example.",
    )
    mcp_server_allow_remote: bool = Field(
        False,
        description="Allow listening beyond loopback without a token. Anyone who can reach the port can read "
        "the account.",
    )
    mcp_server_tools: ToolListing = Field(
        ToolListing.SEARCH,
        description="search lists about a dozen tools, some of which find and call the others; all lists "
        "every tool.",
    )
    raw_order_tools: bool = Field(
        False,
        description="Whether MCP_SERVER_TOOLS=all also lists IBKR's own order operations, which can be "
        "called by name either way if the trading mode allows them.",
    )
    mcp_server_max_result: Annotated[int, RenamedFrom("MCP_SERVER_MAX_ANSWER", removed_in="0.3")] = Field(
        48_000,
        ge=2_000,
        le=10_000_000,
        description="Maximum size of a tool result in bytes; a larger one is truncated and says so. The "
        "default is 14,000 to 24,000 tokens, because some hosts accept at most 25,000.",
    )
    ticker_url: Annotated[str, AfterValidator(_check_base_url)] = Field(
        "http://localhost:5056",
        description="URL of the ticker, which reports the session's state and pauses while an order awaits "
        "confirmation. The server also works without it.",
    )
    mcp_server_prefetch: Annotated[bool, RenamedFrom("MCP_SERVER_ASK_AHEAD", removed_in="0.3")] = Field(
        True,
        description="Prefetch orders, trades and P&L in each new session, because IBKR's first responses "
        "take 5 s. Use false if other programs use the same gateway, or together they may "
        "exceed IBKR's limits.",
    )
    mcp_server_extra_routers: Path | None = Field(
        None,
        description="Directory of a package that `ib-mcp openapi routers` generated; its operations become "
        "tools too. Those that make changes are available on paper accounts only.",
    )
    included_tags: CommaSeparated = Field(
        (), description="Comma-separated sections of tools to offer; empty: the default sections."
    )
    excluded_tags: CommaSeparated = Field((), description="Comma-separated sections of tools to leave out.")
    trading_mode: TradingMode = Field(
        TradingMode.READ,
        description="read changes nothing; paper can trade, on paper accounts only; live can cancel orders "
        "but not place or modify them.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_to_upper)] = Field(
        LogLevel.INFO, description="Lowest level to log: DEBUG, INFO, WARNING or ERROR."
    )
