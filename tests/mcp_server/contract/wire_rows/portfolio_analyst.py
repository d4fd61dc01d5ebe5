"""The rows of Portfolio Analyst in the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

A: dict[str, Any] = {"account_ids": ["DU1234567"]}
BOTH: dict[str, Any] = {"account_ids": ["DU1234567", "DU1234568"]}
IN_AAPL: dict[str, Any] = {**A, "conids": [265598], "currency": "USD"}

ROWS: list[Row] = [
    Row(
        "get_performance_series",
        {**A, "period": "1M"},
        "POST /pa/performance",
        {"acctIds": ["DU1234567"], "period": "1M"},
    ),
    Row("get_performance_all_periods", A, "POST /pa/allperiods", {"acctIds": ["DU1234567"]}),
    Row(
        "get_performance_all_periods",
        {**BOTH, "only_account": "DU1234567"},
        "POST /pa/allperiods?param=DU1234567",
        {"acctIds": ["DU1234567", "DU1234568"]},
    ),
    Row(
        "list_transactions",
        IN_AAPL,
        "POST /pa/transactions",
        {"acctIds": ["DU1234567"], "conids": [265598], "currency": "USD"},
    ),
    Row(
        "list_transactions",
        {**BOTH, "conids": [265598, 8314], "currency": "EUR", "days": 30},
        "POST /pa/transactions",
        {"acctIds": ["DU1234567", "DU1234568"], "conids": [265598, 8314], "currency": "EUR", "days": 30},
    ),
    Row(
        "get_allocation_breakdown",
        {**A, "type": "ALL"},
        "POST /pa/allocation",
        {"acctIds": ["DU1234567"], "type": "ALL"},
    ),
    Row(
        "get_allocation_breakdown",
        {**A, "type": "SECTOR", "currency": "EUR", "date": "20261120", "model": "Growth"},
        "POST /pa/allocation",
        {
            "acctIds": ["DU1234567"],
            "type": "SECTOR",
            "currency": "EUR",
            "date": "20261120",
            "model": "Growth",
        },
    ),
]

NO_ACCOUNTS: list[Any] = [
    [],
    ["All"],
    ["DU1234567", ""],
    ["DU1234567 5"],
    [1234567],
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("get_performance_series", {"account_ids": each, "period": "1M"}) for each in NO_ACCOUNTS),
    *(("get_performance_all_periods", {"account_ids": each}) for each in NO_ACCOUNTS),
    *(("list_transactions", {**IN_AAPL, "account_ids": each}) for each in NO_ACCOUNTS),
    *(("get_allocation_breakdown", {"account_ids": each, "type": "ALL"}) for each in NO_ACCOUNTS),
    *(("get_performance_series", {**A, "period": each}) for each in ["3M", "6M", "2Y", "", 1, ["3M"]]),
    ("get_performance_series", A),
    ("get_performance_series", {"period": "1Y"}),
    ("get_performance_all_periods", {"only_account": "DU1234567"}),
    *(("get_performance_all_periods", {**A, "only_account": each}) for each in ["All", "DU1234567&x=1", ""]),
    *(
        ("list_transactions", {**IN_AAPL, "conids": each})
        for each in [[], [0], [-1], ["AAPL;1"], [2**31], [1] * 21]
    ),
    *(("list_transactions", {**IN_AAPL, "currency": each}) for each in ["US", "BASE", "US\n"]),
    *(("list_transactions", {**IN_AAPL, "days": each}) for each in [0, -1, 10_000, 1.5, "a week"]),
    *(("list_transactions", {k: v for k, v in IN_AAPL.items() if k != each}) for each in IN_AAPL),
    *(("get_allocation_breakdown", {**A, "type": each}) for each in ["COUNTRIES", "", ["ALL"]]),
    *(
        ("get_allocation_breakdown", {**A, "type": "ALL", "date": each})
        for each in [
            "03/04/2026",
            "20261320",
            "20260230",
            "2026112",
            "\u0662\u0660\u0662\u06661120",
        ]
    ),
    ("get_allocation_breakdown", {**A, "type": "ALL", "currency": "dollars"}),
    ("get_allocation_breakdown", {**A, "type": "ALL", "model": "a\nb"}),
    ("get_allocation_breakdown", A),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
