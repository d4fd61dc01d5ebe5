"""The rows of one section of the wire table."""

from __future__ import annotations

import json
from typing import Any

from fastmcp import FastMCP
from mcp_types import TextContent

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

NOTE = "2024121311265512"
PHONE: dict[str, Any] = {
    "device_id": "apn://mtws@SDFSDFDSFS123123DSFSDF",
    "device_name": "iPhone",
    "ui_name": "My phone",
    "enabled": True,
}
TYPE = {"typecode": "BA"}

ROWS: list[Row] = [
    Row("get_unread_notification_count", {}, "GET /fyi/unreadnumber"),
    Row("list_notifications", {}, "GET /fyi/notifications?max=10"),
    Row(
        "list_notifications",
        {"limit": 3, "include": ["BA", "M8"], "after_id": NOTE},
        f"GET /fyi/notifications?max=3&include=BA,M8&id={NOTE}",
    ),
    Row("list_notifications", {"exclude": ["PR"]}, "GET /fyi/notifications?max=10&exclude=PR"),
    Row("list_older_notifications", {"after_id": NOTE}, f"GET /fyi/notifications/more?id={NOTE}"),
    Row("mark_notification_read", {"notification_id": NOTE}, f"PUT /fyi/notifications/{NOTE}", {}),
    Row("list_notification_settings", {}, "GET /fyi/settings"),
    Row("set_notification_type", {**TYPE, "enabled": False}, "POST /fyi/settings/BA", {"enabled": False}),
    Row("get_notification_disclaimer", TYPE, "GET /fyi/disclaimer/BA"),
    Row("mark_disclaimer_read", TYPE, "PUT /fyi/disclaimer/BA", {}),
    Row("get_delivery_options", {}, "GET /fyi/deliveryoptions"),
    Row("set_email_delivery", {"enabled": True}, "PUT /fyi/deliveryoptions/email?enabled=true", {}),
    Row("set_email_delivery", {"enabled": False}, "PUT /fyi/deliveryoptions/email?enabled=false", {}),
    Row(
        "set_device_delivery",
        PHONE,
        "POST /fyi/deliveryoptions/device",
        {
            "deviceId": "apn://mtws@SDFSDFDSFS123123DSFSDF",
            "deviceName": "iPhone",
            "uiName": "My phone",
            "enabled": True,
        },
    ),
    Row(
        "set_device_delivery",
        {"device_id": "tablet-1", "enabled": False},
        "POST /fyi/deliveryoptions/device",
        {"deviceId": "tablet-1", "enabled": False},
    ),
    Row("delete_delivery_device", {"device_id": "tablet-1"}, "DELETE /fyi/deliveryoptions/tablet-1"),
    Row(
        "delete_delivery_device",
        {"device_id": "apn://mtws@1234E5E6"},
        "DELETE /fyi/deliveryoptions/apn%3A%2F%2Fmtws%401234E5E6",
    ),
]

WRONG_NOTES = ["", "../settings/BA", "a/b", "1\n2", "x" * 65, "a b", "1?id=2", None]
WRONG_TYPES = ["", "../x", "B A", "BA\n2", "x" * 9, "BA,PR", None]

WRONG_IN_A_DEVICE: list[dict[str, Any]] = [
    {"device_id": ""},
    {"device_id": "a b"},
    {"device_id": "a\nb"},
    {"device_id": "x" * 201},
    {"device_name": ""},
    {"device_name": "a\nb"},
    {"ui_name": "x" * 101},
    {"enabled": "perhaps"},
    {"enabled": None},
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("list_notifications", {"limit": each}) for each in [0, 11, -1, "all", 1.5]),
    *(("list_notifications", {"include": [each]}) for each in WRONG_TYPES),
    *(("list_notifications", {"exclude": each}) for each in [["B,A"], ["BA"] * 51, "BA;PR"]),
    ("list_notifications", {"include": ["BA"], "exclude": ["PR"]}),
    *(("list_notifications", {"after_id": each}) for each in WRONG_NOTES if each is not None),
    *(("list_older_notifications", {"after_id": each}) for each in WRONG_NOTES),
    ("list_older_notifications", {}),
    *(("mark_notification_read", {"notification_id": each}) for each in WRONG_NOTES),
    *(("set_notification_type", {"typecode": each, "enabled": True}) for each in WRONG_TYPES),
    *(("set_notification_type", {**TYPE, "enabled": each}) for each in ["perhaps", 2, None]),
    *(("get_notification_disclaimer", {"typecode": each}) for each in WRONG_TYPES),
    *(("mark_disclaimer_read", {"typecode": each}) for each in WRONG_TYPES),
    ("set_email_delivery", {}),
    ("set_email_delivery", {"enabled": "perhaps"}),
    *(("set_device_delivery", PHONE | each) for each in WRONG_IN_A_DEVICE),
    ("set_device_delivery", {"device_id": "x"}),
    ("set_device_delivery", {"enabled": True}),
    *(
        ("delete_delivery_device", {"device_id": each})
        for each in ["", "../email", "a/b", "apn://", "a b", "a?b", "x\ny", None]
    ),
]


async def _newest_id(server: FastMCP[Any]) -> str:
    content = (await server.call_tool("list_notifications", {"limit": 1})).content[0]
    assert isinstance(content, TextContent)
    return str(json.loads(content.text)[0]["ID"])


async def _arguments_to_read(server: FastMCP[Any]) -> dict[str, Any]:
    return {"notification_id": await _newest_id(server)}


async def _arguments_to_page_back(server: FastMCP[Any]) -> dict[str, Any]:
    return {"after_id": await _newest_id(server)}


async def _arguments_to_delete(server: FastMCP[Any]) -> dict[str, Any]:
    await server.call_tool("set_device_delivery", PHONE | {"device_id": "tablet-1"})
    return {"device_id": "tablet-1"}


# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {
    "mark_notification_read": _arguments_to_read,
    "list_older_notifications": _arguments_to_page_back,
    "delete_delivery_device": _arguments_to_delete,
}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset({"delete_delivery_device"})
