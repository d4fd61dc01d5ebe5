"""The rows of one section of the wire table."""

from __future__ import annotations

import json
from typing import Any

from fastmcp import FastMCP
from mcp_types import TextContent

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

A = {"account_id": "DU1234567"}
SAVE = "POST /iserver/account/DU1234567/alert"

ABOVE: dict[str, Any] = {
    "type": 1,
    "conidex": "265598@SMART",
    "operator": ">=",
    "value": "195.00",
    "logic_bind": "n",
}
ABOVE_SENT = {
    "type": 1,
    "conidex": "265598@SMART",
    "operator": ">=",
    "value": "195.00",
    "logicBind": "n",
    "triggerMethod": "0",
}
# For any contract.
TRADE = {"type": 5, "conidex": "*@*", "value": "*"}
ALERT: dict[str, Any] = {
    "alert_name": "AAPL up",
    "alert_message": "AAPL is above 195.",
    "alert_repeatable": False,
    "conditions": [ABOVE],
    "outside_rth": False,
    "tif": "GTC",
}
ALERT_SENT = {
    "alertName": "AAPL up",
    "alertMessage": "AAPL is above 195.",
    "alertRepeatable": 0,
    "conditions": [ABOVE_SENT],
    "outsideRth": 0,
    "tif": "GTC",
}
LATER = {"type": 3, "conidex": "265598@SMART", "operator": ">=", "value": "20270104-14:30:00"}
MOBILE = {
    "type": 9,
    "conidex": "265598@SMART",
    "operator": "<=",
    "value": "-500",
    "logic_bind": "n",
    "time_zone": "US/Eastern",
}
MOBILE_SENT = {
    "type": 9,
    "conidex": "265598@SMART",
    "operator": "<=",
    "value": "-500",
    "logicBind": "n",
    "timeZone": "US/Eastern",
    "triggerMethod": "0",
}
MAIL = {"send_message": True, "email": "jane.doe+alerts@example.co.uk"}

ROWS: list[Row] = [
    Row("list_alerts", A, "GET /iserver/account/DU1234567/alerts"),
    Row("get_alert", {"alert_id": 1408549184}, "GET /iserver/account/alert/1408549184?type=Q"),
    Row("get_mta_alert", {}, "GET /iserver/account/mta"),
    Row("save_alert", A | ALERT, SAVE, ALERT_SENT),
    # IBKR's own example has an address without sending an e-mail.
    Row(
        "save_alert",
        A | ALERT | {"send_message": False, "email": "jane@example.com"},
        SAVE,
        ALERT_SENT | {"sendMessage": 0, "email": "jane@example.com"},
    ),
    Row(
        "save_alert",
        A | ALERT | {"conditions": [ABOVE | TRADE]},
        SAVE,
        ALERT_SENT | {"conditions": [ABOVE_SENT | TRADE]},
    ),
    Row(
        "save_alert",
        {
            **A,
            **ALERT,
            "alert_repeatable": True,
            "conditions": [LATER | {"logic_bind": "o"}, ABOVE | {"logic_bind": "a"}, MOBILE],
            "outside_rth": True,
            "tif": "GTD",
            "expire_time": "20270201-21:00:00",
            **MAIL,
            "show_popup": False,
            "itws_orders_only": True,
            "order_id": 1408549184,
        },
        SAVE,
        {
            "alertName": "AAPL up",
            "alertMessage": "AAPL is above 195.",
            "alertRepeatable": 1,
            "conditions": [
                {
                    "type": 3,
                    "conidex": "265598@SMART",
                    "operator": ">=",
                    "value": "20270104-14:30:00",
                    "logicBind": "o",
                    "triggerMethod": "0",
                },
                ABOVE_SENT | {"logicBind": "a"},
                MOBILE_SENT,
            ],
            "outsideRth": 1,
            "tif": "GTD",
            "expireTime": "20270201-21:00:00",
            "sendMessage": 1,
            "email": "jane.doe+alerts@example.co.uk",
            "showPopup": 0,
            "iTWSOrdersOnly": 1,
            "orderId": 1408549184,
        },
    ),
    Row(
        "activate_alert",
        {**A, "alert_id": 1408549184, "alert_active": True},
        "POST /iserver/account/DU1234567/alert/activate",
        {"alertId": 1408549184, "alertActive": 1},
    ),
    Row(
        "activate_alert",
        {**A, "alert_id": 1408549184, "alert_active": False},
        "POST /iserver/account/DU1234567/alert/activate",
        {"alertId": 1408549184, "alertActive": 0},
    ),
    Row(
        "delete_alert",
        {**A, "alert_id": 1408549184},
        "DELETE /iserver/account/DU1234567/alert/1408549184",
    ),
]

# 0 deletes every alert.
WRONG_IDS = [0, "0", -1, 2**63, 1.5, "1/../2", "all", "", None]
WRONG_CONDITIONS: list[dict[str, Any]] = [
    {},
    *({name: value for name, value in ABOVE.items() if name != left_out} for left_out in ABOVE),
    *(ABOVE | {"type": each} for each in [0, 2, 10, "price", True]),
    *(ABOVE | {"conidex": each} for each in ["", "265598", "AAPL;@SMART"]),
    *(ABOVE | {"operator": each} for each in ["=>", "", "above"]),
    *(ABOVE | {"value": each} for each in ["", "NaN", "1e5", "195,00", "a\nb", "20270104-14:30:00"]),
    *(LATER | {"logic_bind": "n", "value": each} for each in ["195.00", "20271301-00:00:00", "now"]),
    *(ABOVE | {"logic_bind": each} for each in ["a", "o", "and", ""]),
    *(MOBILE | {"time_zone": each} for each in ["", "a\nb", "+5", "x" * 50]),
    ABOVE | {"trigger_method": "1"},
]

WRONG_IN_AN_ALERT: list[dict[str, Any]] = [
    {"alert_name": ""},
    {"alert_name": "a\r\nb"},
    {"alert_message": "x" * 501},
    {"alert_message": "a\x00"},
    {"alert_repeatable": 2},
    {"tif": "DAY"},
    {"tif": "GTD"},
    {"expire_time": "20270201-21:00:00"},
    {"tif": "GTD", "expire_time": "20270230-21:00:00"},
    {"tif": "GTD", "expire_time": "2027-02-01"},
    {"send_message": True},
    *({"send_message": True, "email": each} for each in ["jane", "a@b", "a b@c.com"]),
    {"conditions": [MOBILE], "alert_repeatable": True},
    {"conditions": [MOBILE], "itws_orders_only": True},
    {"order_id": 0},
    {"order_id": -1},
    {"alert_active": True},
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("list_alerts", {"account_id": each}) for each in ["", "../x", "DU1234567\n2", None]),
    *(("get_alert", {"alert_id": each}) for each in WRONG_IDS),
    *(("delete_alert", {**A, "alert_id": each}) for each in WRONG_IDS),
    *(("activate_alert", {**A, "alert_id": each, "alert_active": True}) for each in WRONG_IDS),
    ("delete_alert", A),
    ("delete_alert", {"account_id": "DU1234567/alert/0?x=", "alert_id": 1408549184}),
    ("activate_alert", {**A, "alert_id": 1408549184}),
    ("activate_alert", {**A, "alert_id": 1408549184, "alert_active": 2}),
    ("get_mta_alert", A),
    *(("save_alert", A | ALERT | {"conditions": [each]}) for each in WRONG_CONDITIONS),
    *(
        ("save_alert", A | ALERT | {"conditions": each})
        for each in [[], [ABOVE, ABOVE], [ABOVE] * 21, [None], "AAPL >= 195", [MOBILE]]
    ),
    *(
        ("save_alert", A | {name: value for name, value in ALERT.items() if name != left_out})
        for left_out in ALERT
    ),
    *(("save_alert", A | ALERT | each) for each in WRONG_IN_AN_ALERT),
]


async def _first_alert_id(server: FastMCP[Any]) -> int:
    content = (await server.call_tool("list_alerts", A)).content[0]
    assert isinstance(content, TextContent)
    return int(json.loads(content.text)[0]["order_id"])


async def _arguments_to_get(server: FastMCP[Any]) -> dict[str, Any]:
    return {"alert_id": await _first_alert_id(server)}


async def _arguments_to_delete(server: FastMCP[Any]) -> dict[str, Any]:
    return {**A, "alert_id": await _first_alert_id(server)}


async def _arguments_to_deactivate(server: FastMCP[Any]) -> dict[str, Any]:
    return {**A, "alert_id": await _first_alert_id(server), "alert_active": False}


# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {
    "get_alert": _arguments_to_get,
    "delete_alert": _arguments_to_delete,
    "activate_alert": _arguments_to_deactivate,
}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
# IBKR returned 403 to every recorded login.
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset({"save_alert"})

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
