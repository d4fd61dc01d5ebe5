"""The text of .env.example, from the settings classes."""

from __future__ import annotations

import textwrap

from pydantic_settings import BaseSettings

from api_gateway.settings import GatewaySettings
from api_gateway.simulator.settings import SimulatorSettings
from mcp_server.settings import ServerSettings
from routers_generator.settings import GeneratorSettings
from ticker_service.settings import TickerSettings

COMPOSE_SETTINGS = (
    ("GATEWAY", "live", "live: IBKR's Java gateway; simulator: ours, with a paper account."),
    (
        "GATEWAY_ARCHIVE_URL",
        "https://download2.interactivebrokers.com/portal/clientportal.gw.zip",
        "Where the image's build downloads IBKR's gateway.",
    ),
    ("GATEWAY_ARCHIVE_SHA256", "", "SHA-256 that the download must have; empty: not checked."),
)
"""What only docker-compose.yml reads: name, default, description."""


def settings_groups() -> list[tuple[str, type[BaseSettings]]]:
    """Every settings class of the project, with a heading."""
    return [
        ("The gateway, as the ticker and the MCP server reach it", GatewaySettings),
        ("The MCP server", ServerSettings),
        ("The ticker", TickerSettings),
        ("The simulator", SimulatorSettings),
        ("The routers generator", GeneratorSettings),
    ]


def settings_text() -> str:
    """The text of .env.example: every setting, by part, with its default and its reason."""
    lines = [
        "# IB MCP's settings. Copy this file to .env and remove the # before what you change.",
        "# Each line shows the default. What is set in the environment wins over .env.",
        "# This text is written by `make settings`.",
    ]
    seen: set[str] = set()

    def add(name: str, default: str, description: str) -> None:
        if name not in seen:
            seen.add(name)
            wrapped = textwrap.wrap(
                description, 108, initial_indent="# ", subsequent_indent="# ", break_long_words=False
            )
            lines.extend(["", *wrapped, f"#{name}={default}"])

    lines += ["", "", "# === Docker Compose ==="]
    for name, default, description in COMPOSE_SETTINGS:
        add(name, default, description)
    for heading, settings in settings_groups():
        lines += ["", "", f"# === {heading} ==="]
        for name, field_ in settings.model_fields.items():
            default = field_.get_default(call_default_factory=True)
            add(name.upper(), _format_default(default), field_.description or "")
    return "\n".join(lines) + "\n"


def _format_default(default: object) -> str:
    """A default as a line of .env has it."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple | list | frozenset):
        return ",".join(map(_format_default, default))
    if isinstance(default, float) and default.is_integer():
        return str(int(default))
    return str(default)
