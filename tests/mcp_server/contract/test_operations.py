"""The facts about IBKR's operations that the tests go by, and whether the reference still says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
REFERENCE = HERE.parents[2].parent / "shared" / "ibkr" / "endpoints.json"

SECTIONS = {
    "session": "Session",
    "accounts": "Accounts",
    "contracts": "Contracts",
    "market_data": "Market Data",
    "orders": "Orders",
    "portfolio": "Portfolio",
    "portfolio_analyst": "Portfolio Analyst",
    "scanner": "Scanner",
    "alerts": "Alerts",
    "watchlists": "Watchlists",
    "fyi": "FYIs and Notifications",
    "event_contracts": "Event Contracts",
    "fa_allocation": "FA Allocation Management",
    "fa_models": "FA Model Portfolios",
}
SEEN = {"R", "G"}  # recorded on a paper account, or through a real gateway


def _fact(row: dict[str, Any]) -> dict[str, Any]:
    monitoring = row["tag"] == "orders" and row["method"] == "GET"
    schema = (row["body"] or {}).get("schema", {})
    return {
        "operation": f"{row['method']} {row['path']}",
        "section": "Order Monitoring" if monitoring else SECTIONS[row["tag"]],
        "query": sorted(each["name"] for each in row["params"] if each["in"] == "query"),
        "body": sorted(schema.get("properties", {})),
        "brokerage": row["session"] == "brokerage",
        "status": _status(row),
    }


def _status(row: dict[str, Any]) -> str:
    """Whether the answer was seen on the wire, is described by IBKR, or neither."""
    if SEEN & set(row["recorded"].partition(" ")[0].split("+")):
        return "recorded"
    described = row["recorded"].startswith("D") or bool((row["response"] or {}).get("spec_top_level"))
    return "documented" if described else "simulated only"


def _facts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The operations that a gateway's user can call today."""
    return [
        _fact(row)
        for row in rows
        if row["status"].startswith(("current", "undocumented-in-spec")) and row["tag"] != "websocket"
    ]


def test_the_facts_are_those_of_the_reference() -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference is not beside this checkout; its facts are kept in operations.json")
    kept = json.loads((HERE / "operations.json").read_text())
    assert kept == _facts(json.loads(REFERENCE.read_text()))


def test_there_are_113_operations() -> None:
    assert len(json.loads((HERE / "operations.json").read_text())) == 113
