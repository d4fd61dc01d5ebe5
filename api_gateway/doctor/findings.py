"""Doctor findings: one per layer, in the order in which the layers depend on each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from api_gateway.causes import Cause, Explanation


class Layer(StrEnum):
    """The layers, from the settings to the client; each depends on most of those before it."""

    SETTINGS = "settings"
    NAME = "name"
    PORT = "port"
    TLS = "tls"
    GATEWAY = "gateway"
    ADDRESS_LIST = "address_list"
    API = "api"
    UPSTREAM = "upstream"
    PACING = "pacing"
    LOGIN = "login"
    SESSION = "session"
    ACCOUNTS = "accounts"
    QUOTES = "quotes"
    CLOCK = "clock"
    TICKER = "ticker"
    ENDPOINT = "mcp_endpoint"
    CLIENTS = "clients"


TITLES: Mapping[Layer, str] = MappingProxyType(
    {
        Layer.SETTINGS: "settings",
        Layer.NAME: "the gateway's host name",
        Layer.PORT: "the gateway's port",
        Layer.TLS: "TLS and certificate",
        Layer.GATEWAY: "IBKR's gateway",
        Layer.ADDRESS_LIST: "permitted addresses",
        Layer.API: "the gateway's API",
        Layer.UPSTREAM: "IBKR's servers",
        Layer.PACING: "rate limits",
        Layer.LOGIN: "login",
        Layer.SESSION: "brokerage session",
        Layer.ACCOUNTS: "accounts",
        Layer.QUOTES: "quotes",
        Layer.CLOCK: "clock",
        Layer.TICKER: "ticker",
        Layer.ENDPOINT: "MCP server",
        Layer.CLIENTS: "clients",
    }
)
"""Each layer's name in the report."""


class Outcome(StrEnum):
    """The result for a layer. With a warning it works, but not for everybody or not for long."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One layer: a sentence, what to do, the cause of what does not work, and how long the check took."""

    layer: Layer
    outcome: Outcome
    sentence: str
    fix: str = ""
    cause: Cause | None = None
    seconds: float = 0.0

    def with_seconds(self, seconds: float) -> Finding:
        """The same finding, with the duration of its check."""
        return replace(self, seconds=seconds)

    def to_json(self) -> dict[str, object]:
        """The finding as JSON."""
        return {
            "layer": self.layer.value,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "fix": self.fix or None,
            "cause": self.cause.key if self.cause else None,
            "seconds": round(self.seconds, 3),
        }


def ok(layer: Layer, sentence: str) -> Finding:
    """A layer that works."""
    return Finding(layer, Outcome.OK, sentence)


def warning(layer: Layer, said: Explanation) -> Finding:
    """A layer that works, with a caveat."""
    return Finding(layer, Outcome.WARNING, said.sentence, said.next_step, said.cause)


def broken(layer: Layer, said: Explanation) -> Finding:
    """A layer that does not work."""
    return Finding(layer, Outcome.BROKEN, said.sentence, said.next_step, said.cause)


def skipped(layer: Layer, sentence: str) -> Finding:
    """A layer that was not checked."""
    return Finding(layer, Outcome.SKIPPED, sentence)
