"""The facts about IBKR's Web API in tests/data, which its README describes."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class OperationFacts:
    """What IBKR says about one operation."""

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
    return frozenset(_read("documented_operations.json")["operations"])


@cache
def wire_types() -> dict[str, dict[str, dict[str, str]]]:
    """The JSON types of recorded answers, by operation, status and path in the answer."""
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


def ibkr_document() -> dict[str, Any]:
    """IBKR's whole OpenAPI document, of the version that the facts are from; skips the test without it."""
    file = os.environ.get("IBKR_DOCUMENT")
    if not file:
        pytest.skip("IBKR_DOCUMENT=FILE does not name IBKR's OpenAPI document")
    document: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    version = _read("documented_operations.json")["version"]
    if document["info"]["version"] != version:
        pytest.skip(f"IBKR_DOCUMENT={file} is not version {version}")
    return document


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))
