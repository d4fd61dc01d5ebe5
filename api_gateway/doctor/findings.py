"""What an examination finds: one finding per layer, in the order in which the layers stand on each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class Layer(StrEnum):
    """The layers, from the settings up to the client; each needs most of those before it."""

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
        Layer.UPSTREAM: "IBKR behind it",
        Layer.PACING: "request limits",
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
"""Each layer in a few words, as the list shows it."""


class Outcome(StrEnum):
    """What became of a layer. A warning works, and will not for everybody or for ever."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One layer in a sentence, the one thing to do about it, and the seconds that it took to find out."""

    layer: Layer
    outcome: Outcome
    sentence: str
    fix: str = ""
    seconds: float = 0.0

    def with_seconds(self, seconds: float) -> Finding:
        """The same, found after so many seconds."""
        return replace(self, seconds=seconds)

    def to_json(self) -> dict[str, object]:
        """The finding as JSON."""
        return {
            "layer": self.layer.value,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "fix": self.fix or None,
            "seconds": round(self.seconds, 3),
        }


def ok(layer: Layer, sentence: str) -> Finding:
    """A layer that works."""
    return Finding(layer, Outcome.OK, sentence)


def warning(layer: Layer, sentence: str, fix: str) -> Finding:
    """A layer that works, with something to know about it."""
    return Finding(layer, Outcome.WARNING, sentence, fix)


def broken(layer: Layer, sentence: str, fix: str) -> Finding:
    """A layer that does not work."""
    return Finding(layer, Outcome.BROKEN, sentence, fix)


def skipped(layer: Layer, sentence: str) -> Finding:
    """A layer that was not looked at."""
    return Finding(layer, Outcome.SKIPPED, sentence)
