"""The rows of FA Allocation Management in the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

EQUAL: dict[str, Any] = {
    "name": "Growth_Clients",
    "accounts": [{"name": "DU1234567"}, {"name": "DU1234568"}],
    "default_method": "E",
}
SHARES: dict[str, Any] = {
    "name": "Growth_Clients",
    "accounts": [{"name": "DU1234567", "amount": 3}, {"name": "DU1234568", "amount": 1.5}],
    "default_method": "S",
}
GROUP = {"name": "Two_to_one"}

ROWS: list[Row] = [
    Row("list_allocation_accounts", {}, "GET /iserver/account/allocation/accounts"),
    Row("list_allocation_groups", {}, "GET /iserver/account/allocation/group"),
    Row("create_allocation_group", EQUAL, "POST /iserver/account/allocation/group", EQUAL),
    Row("create_allocation_group", SHARES, "POST /iserver/account/allocation/group", SHARES),
    Row(
        "modify_allocation_group",
        {**EQUAL, "prev_name": "Two_to_one"},
        "PUT /iserver/account/allocation/group",
        {**EQUAL, "prev_name": "Two_to_one"},
    ),
    # A group that another program named.
    Row(
        "modify_allocation_group",
        {**EQUAL, "name": "Gr\u00f6\u00dfe S/M"},
        "PUT /iserver/account/allocation/group",
        {**EQUAL, "name": "Gr\u00f6\u00dfe S/M"},
    ),
    Row("modify_allocation_group", SHARES, "PUT /iserver/account/allocation/group", SHARES),
    Row("get_allocation_group", GROUP, "POST /iserver/account/allocation/group/single", GROUP),
    Row("delete_allocation_group", GROUP, "POST /iserver/account/allocation/group/delete", GROUP),
    Row("get_allocation_presets", {}, "GET /iserver/account/allocation/presets"),
    Row(
        "set_allocation_presets",
        {
            "default_method_for_all": "AvailableEquity",
            "group_auto_close_positions": True,
            "group_proportional_allocation": False,
            "profiles_auto_close_positions": True,
            "strict_credit_check": False,
        },
        "POST /iserver/account/allocation/presets",
        {
            "default_method_for_all": "AvailableEquity",
            "group_auto_close_positions": True,
            "group_proportional_allocation": False,
            "profiles_auto_close_positions": True,
            "strict_credit_check": False,
        },
    ),
    Row(
        "set_allocation_presets",
        {"strict_credit_check": True},
        "POST /iserver/account/allocation/presets",
        {"strict_credit_check": True},
    ),
]

# Names that an order could not use as its account.
WRONG_NEW_NAMES = ["a/b", "a%2Fb", "x" * 51, "..", "Gr\u00f6\u00dfe"]

WRONG_GROUPS: list[dict[str, Any]] = [
    {},
    {**EQUAL, "default_method": "X"},
    {**EQUAL, "default_method": "AvailableEquity"},
    *({**EQUAL, "name": each} for each in ["", "a\nb", "x" * 101, "DU1234567"]),
    *({k: v for k, v in EQUAL.items() if k != each} for each in EQUAL),
    {**EQUAL, "accounts": []},
    {**EQUAL, "accounts": ["DU1234567"]},
    {**EQUAL, "accounts": "DU1234567"},
    *({**EQUAL, "accounts": [{"name": each}]} for each in ["", "All"]),
    {**EQUAL, "accounts": [{"name": "DU1234567"}, {"name": "DU1234567"}]},
    {**EQUAL, "accounts": [{"name": "DU1234567", "weight": 1}]},
    # Every account needs an amount with these methods, and none with the others.
    {**EQUAL, "accounts": SHARES["accounts"]},
    {**EQUAL, "default_method": "S"},
    {**SHARES, "accounts": [{"name": "DU1234567", "amount": 3}, {"name": "DU1234568"}]},
    {**SHARES, "default_method": "P"},
    *(
        {**SHARES, "accounts": [{"name": "DU1234567", "amount": each}]}
        for each in [0, -1, 10**16, float("nan"), float("inf"), "three", "1,000", "1e3", " 3", True, [3]]
    ),
    {**EQUAL, "amount": 5},
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("create_allocation_group", each) for each in WRONG_GROUPS),
    *(("modify_allocation_group", each) for each in WRONG_GROUPS),
    *(("create_allocation_group", {**EQUAL, "name": each}) for each in WRONG_NEW_NAMES),
    *(
        ("modify_allocation_group", {**EQUAL, "prev_name": "Two_to_one", "name": each})
        for each in WRONG_NEW_NAMES
    ),
    ("create_allocation_group", {**EQUAL, "prev_name": "Two_to_one"}),
    ("modify_allocation_group", {**EQUAL, "prev_name": ""}),
    ("modify_allocation_group", {**EQUAL, "previous_name": "Two_to_one"}),
    *(("get_allocation_group", {"name": each}) for each in ["", "a\nb", "x" * 101, ["Two_to_one"]]),
    *(("delete_allocation_group", {"name": each}) for each in ["", "a\nb", "x" * 101, ["Two_to_one"]]),
    ("get_allocation_group", {}),
    ("delete_allocation_group", {}),
    ("set_allocation_presets", {}),
    ("set_allocation_presets", {"default_method_for_all": "A"}),
    ("set_allocation_presets", {"strict_credit_check": "perhaps"}),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "fa"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
