"""Names of generated tools."""

from __future__ import annotations

import pytest

from routers_generator.document.names import operation_name
from routers_generator.document.operations import Operation
from routers_generator.generate.tool_names import tool_name


def operation(method: str, path: str, name: str | None = None) -> Operation:
    name = name or operation_name(method, path)
    return Operation("Orders", method, path, name, "", "", (), None, False, "", None, False, "#")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/iserver/bazaar/stalls", "list_bazaar_stalls"),
        ("GET", "/iserver/bazaar/{stallId}", "get_bazaar_by_stall_id"),
        ("POST", "/iserver/bazaar", "post_bazaar"),
        ("PUT", "/iserver/bazaar", "set_bazaar"),
        ("DELETE", "/iserver/bazaar/{x}", "delete_bazaar_by_x"),
        ("POST", "/iserver/bazaar/close", "close_bazaar"),
        ("POST", "/iserver/reply/{replyId}", "reply_by_reply_id"),
        ("POST", "/logout", "logout"),
        ("GET", "/iserver", "get_operation"),
        ("GET", "/a/very/long/way/to/the/only/place/there/is", "list_to_the_only_place_there_is"),
        ("DELETE", "/fyi/deliveryoptions/{theDeviceIdentifier}", "delete_fyi_deliveryoptions"),
    ],
)
def test_tool_name_is_a_verb_and_the_words_of_the_path(method: str, path: str, name: str) -> None:
    assert tool_name(operation(method, path), ()) == name


@pytest.mark.parametrize(
    ("operation_id", "name"),
    [
        ("get_trading_schedule", "get_trading_schedule"),
        ("all_accounts", "get_all_accounts"),
        ("set", "set_operation"),
        ("get_trading_schedule_2", "get_trading_schedule_2"),
        ("import_", "get_import"),
    ],
)
def test_tool_name_keeps_the_operation_id_and_prepends_a_verb(operation_id: str, name: str) -> None:
    assert tool_name(operation("GET", "/x", operation_id), ()) == name


def test_tool_name_is_unique_and_stays_short() -> None:
    long = operation("GET", "/" + "x" * 60)
    first = tool_name(long, ())
    second = tool_name(long, {first})
    assert len(first) == len(second) == 32
    assert second.endswith("_2")
    assert first != second
