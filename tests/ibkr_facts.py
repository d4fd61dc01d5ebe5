"""The facts about IBKR's Web API in tests/data, which its README describes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class OperationFacts:
    """What IBKR documents about one operation."""

    operation: str
    section: str
    query: list[str]
    body: list[str]
    brokerage: bool
    status: str


@cache
def known_operations() -> dict[str, OperationFacts]:
    """The operations that a user of the gateway can call, by `unnamed` operation."""
    return {unnamed(row["operation"]): OperationFacts(**row) for row in _read("operations.json")}


@cache
def documented_operations() -> frozenset[str]:
    """The `unnamed` operations in IBKR's OpenAPI document that a user of the gateway can call."""
    rows = _read("ibkr_requests.json")["operations"]
    return frozenset(f"{row['method']} {row['normalized_path']}" for row in rows)


@cache
def wire_types() -> dict[str, dict[str, dict[str, str]]]:
    """The JSON types of recorded responses, by operation, status and path in the response."""
    found: dict[str, dict[str, dict[str, str]]] = _read("wire_types.json")
    return found


@cache
def snapshot_field_types() -> dict[str, str]:
    """The JSON type of each field of a market data snapshot, by field id."""
    found: dict[str, str] = _read("snapshot_fields.json")
    return found


def unnamed(operation: str) -> str:
    """The operation without the names of its path variables: `GET /portfolio/{}/ledger`."""
    return re.sub(r"\{[^}]*\}", "{}", operation)


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))
