"""Repair of security schemes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from routers_generator.document.findings import json_pointer
from routers_generator.repair.grammar import OMITTED, Grammar, Member, ReadValue

OAUTH_FLOWS: Final = {
    "implicit": ("authorizationUrl",),
    "password": ("tokenUrl",),
    "clientCredentials": ("tokenUrl",),
    "authorizationCode": ("authorizationUrl", "tokenUrl"),
}


class SecuritySchemes:
    """Reads security schemes."""

    def __init__(self, grammar: Grammar) -> None:
        """Changes are added to the grammar's report."""
        self._grammar = grammar
        text, needed = Member(grammar.text), Member(grammar.text, None)
        flows = {
            name: Member(
                grammar.object_of(
                    {
                        **dict.fromkeys(addresses, needed),
                        "refreshUrl": text,
                        "scopes": Member(grammar.map_of(grammar.text), {}),
                    },
                    "an object",
                )
            )
            for name, addresses in OAUTH_FLOWS.items()
        }
        common = {"type": needed, "description": text}
        self._kinds = {
            "apiKey": {**common, "name": needed, "in": needed},
            "http": {**common, "scheme": needed, "bearerFormat": text},
            "oauth2": {**common, "flows": Member(grammar.object_of(flows, "an object"), None)},
            "openIdConnect": {**common, "openIdConnectUrl": needed},
        }

    def read(self, components: Mapping[str, Any]) -> dict[str, Any]:
        """Read the security schemes; unusable ones are left out."""
        schemes = {
            name: self._read_scheme(each, json_pointer("components", "securitySchemes", name))
            for name, each in components.items()
        }
        return {name: each for name, each in schemes.items() if each is not OMITTED}

    def _read_scheme(self, value: Any, pointer: str) -> ReadValue:
        kind = value.get("type") if isinstance(value, Mapping) else None
        if not isinstance(kind, str) or kind not in self._kinds:
            return self._grammar.reject(value, pointer, "a security scheme")
        read = self._grammar.read_members(self._kinds[kind], value, pointer)
        if kind == "apiKey" and read is not OMITTED and read["in"] not in ("header", "query", "cookie"):
            return self._grammar.reject(value, pointer, "a security scheme")
        if kind == "http" and read is not OMITTED and read["scheme"].lower() != "bearer":
            read.pop("bearerFormat", None)
        return read
