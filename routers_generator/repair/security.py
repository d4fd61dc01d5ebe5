"""Security schemes: ways to prove who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from routers_generator.document.findings import pointer
from routers_generator.repair.grammar import GONE, Grammar, Member, Read

FLOWS: Final = {
    "implicit": ("authorizationUrl",),
    "password": ("tokenUrl",),
    "clientCredentials": ("tokenUrl",),
    "authorizationCode": ("authorizationUrl", "tokenUrl"),
}


class Security:
    """Reads security schemes."""

    def __init__(self, grammar: Grammar) -> None:
        """What is changed is told to the grammar's report."""
        self._grammar = grammar
        text, needed = Member(grammar.text), Member(grammar.text, None)
        flows = {
            name: Member(
                grammar.record(
                    {
                        **dict.fromkeys(addresses, needed),
                        "refreshUrl": text,
                        "scopes": Member(grammar.entries(grammar.text), {}),
                    },
                    "an object",
                )
            )
            for name, addresses in FLOWS.items()
        }
        common = {"type": needed, "description": text}
        self._kinds = {
            "apiKey": {**common, "name": needed, "in": needed},
            "http": {**common, "scheme": needed, "bearerFormat": text},
            "oauth2": {**common, "flows": Member(grammar.record(flows, "an object"), None)},
            "openIdConnect": {**common, "openIdConnectUrl": needed},
        }

    def schemes(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The usable ones of these components, by their names."""
        read = {
            name: self._scheme(each, pointer("components", "securitySchemes", name))
            for name, each in found.items()
        }
        return {name: each for name, each in read.items() if each is not GONE}

    def _scheme(self, value: Any, place: str) -> Read:
        kind = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(kind, str) or kind not in self._kinds:
            return self._grammar.wrong(value, place, "a security scheme")
        read = self._grammar.members(self._kinds[kind], value, place)
        if kind == "apiKey" and read is not GONE and read["in"] not in ("header", "query", "cookie"):
            return self._grammar.wrong(value, place, "a security scheme")
        if kind == "http" and read is not GONE and read["scheme"].lower() != "bearer":
            read.pop("bearerFormat", None)
        return read
