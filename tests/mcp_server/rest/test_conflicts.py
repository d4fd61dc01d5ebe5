"""What exists is not replaced silently."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.rest.conflicts import NOTHING_CHANGED
from tests.mcp_server.one_server import SharedServer
from tests.mcp_server.simulated_calls import simulated_calls

ROWS = [{"conid": 265598}]
MODEL: dict[str, Any] = {
    "desc": "All cash",
    "is_static": False,
    "position_targets": [],
    "cash_targets": [{"ccy": "USD", "target": 1}],
}
ALERT: dict[str, Any] = {
    "account_id": "DU1234567",
    "alert_message": "x",
    "alert_repeatable": False,
    "conditions": [
        {"type": 1, "conidex": "265598@SMART", "operator": ">=", "value": "900", "logic_bind": "n"}
    ],
    "outside_rth": False,
    "tif": "GTC",
}
CLIENTS = [{"name": "DU1234567"}, {"name": "DU1234568"}]


@pytest.fixture(scope="module")
def server() -> SharedServer:
    return SharedServer()


@pytest.mark.parametrize(
    ("profile", "tool", "arguments", "write"),
    [
        (
            "retail",
            "save_watchlist",
            {"watchlist_id": 101, "name": "x", "rows": ROWS},
            "POST /iserver/watchlist",
        ),
        (
            "retail",
            "save_watchlist",
            {"watchlist_id": "999", "name": "favorites", "rows": ROWS},
            "POST /iserver/watchlist",
        ),
        ("fa", "save_model", {"model": "US-Stocks", **MODEL}, "POST /fa/model/save"),
        (
            "fa",
            "create_allocation_group",
            {"name": "two_to_one", "accounts": CLIENTS, "default_method": "E"},
            "POST /iserver/account/allocation/group",
        ),
        (
            "fa",
            "modify_allocation_group",
            {
                "name": "Two_to_one",
                "prev_name": "NetLiq_Clients",
                "accounts": CLIENTS,
                "default_method": "E",
            },
            "PUT /iserver/account/allocation/group",
        ),
        (
            "retail",
            "save_alert",
            {"alert_name": "AAPL", **ALERT},
            "POST /iserver/account/DU1234567/alert",
        ),
    ],
)
async def test_an_id_or_name_that_exists_is_refused_before_the_write(
    server: SharedServer, profile: str, tool: str, arguments: dict[str, Any], write: str
) -> None:
    async with simulated_calls(server, profile) as calls:
        assert NOTHING_CHANGED in await calls.refusal(tool, **arguments)
        assert write not in calls.requests


@pytest.mark.parametrize(
    ("profile", "tool", "arguments"),
    [
        ("retail", "save_watchlist", {"watchlist_id": 101, "name": "x", "rows": ROWS, "replace": True}),
        ("retail", "save_watchlist", {"watchlist_id": 999, "name": "New", "rows": ROWS}),
        ("fa", "save_model", {"model": "US-Stocks", "replace": True, **MODEL}),
        ("fa", "save_model", {"model": "Cash", **MODEL}),
        (
            "fa",
            "create_allocation_group",
            {"name": "Both", "accounts": CLIENTS, "default_method": "E"},
        ),
        (
            "fa",
            "modify_allocation_group",
            {"name": "Two_to_one", "accounts": CLIENTS, "default_method": "E"},
        ),
    ],
)
async def test_what_is_new_or_meant_to_be_replaced_is_written(
    server: SharedServer, profile: str, tool: str, arguments: dict[str, Any]
) -> None:
    async with simulated_calls(server, profile) as calls:
        await calls.read(tool, **arguments)
