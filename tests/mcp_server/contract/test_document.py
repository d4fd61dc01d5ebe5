"""IBKR's own document as a ruler: what we send stands in it, and what stands in it we can send."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mcp_server.reference.endpoints_md import list_operations

KEPT = Path(__file__).parent / "document.json"
DOCUMENTS = Path(__file__).parents[3].parent / "shared" / "ibkr" / "openapi"

METHODS = {"get", "post", "put", "delete", "patch"}
# Served to others than a gateway's users, or no HTTP request and answer.
ELSEWHERE = re.compile(r"^/(gw/|oauth|ws$)")

# What the document does not have, and where it is from instead.
NOT_IN_IT = {
    "GET /portfolio/subaccounts2": "IBKR's reference, 'Portfolio Subaccounts (Large Account Structures)'",
    "GET /portfolio/{}/combo/positions": "IBKR's reference, 'Combination Positions'",
    "GET /portfolio2/{}/positions": "IBKR's reference, 'Positions (NEW)'",
    "POST /portfolio/allocation": "IBKR's reference, 'Portfolio Allocation (All)'",
    "GET /fyi/notifications/more": "IBKR's reference, 'Retrieve Notifications, more'",
    "POST /pa/allocation": "IBKR's document since version 2.39",
}


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path.removeprefix("/v1/api"))


def _documented(document: dict[str, Any]) -> list[str]:
    """The operations that a gateway's users can call."""
    return sorted(
        f"{method.upper()} {_plain(path)}"
        for path, item in document["paths"].items()
        if not ELSEWHERE.match(path.removeprefix("/v1/api"))
        for method in item
        if method in METHODS
    )


def _ours() -> set[str]:
    return {f"{each.row.method} {_plain(each.row.path)}" for each in list_operations()}


def test_every_operation_stands_in_the_document_or_has_another_source() -> None:
    documented = set(json.loads(KEPT.read_text()))
    assert _ours() - documented == set(NOT_IN_IT)


def test_every_documented_operation_of_a_gateway_is_offered() -> None:
    documented = set(json.loads(KEPT.read_text()))
    assert len(documented) == 107
    assert documented - _ours() == set()


def test_what_is_kept_of_the_document_is_what_it_says() -> None:
    found = sorted(DOCUMENTS.glob("*2.28*.json"))
    if not found:
        pytest.skip("the document is not beside this checkout; its operations are kept in document.json")
    assert _documented(json.loads(found[0].read_text())) == json.loads(KEPT.read_text())
