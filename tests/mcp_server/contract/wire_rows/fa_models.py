"""The rows of FA Model Portfolios in the wire table."""

from __future__ import annotations

import json
from typing import Any

from fastmcp import FastMCP
from mcp_types import TextContent

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

MODEL = {"model": "Growth"}
NUMBERED: dict[str, Any] = {"reqID": 1, "model": "Growth"}
TARGETS: dict[str, Any] = {
    **MODEL,
    "desc": "Mostly technology",
    "is_static": False,
    "position_targets": [{"conid": 265598, "target": 0.6}, {"conid": 272093, "target": 0.35}],
    "cash_targets": [{"ccy": "USD", "target": 0.05}],
}
INVESTMENTS: dict[str, Any] = {
    **MODEL,
    "account_list": [
        {"account": "DU1234567", "amt_to_invest": 1000},
        {"account": "DU1234568", "amt_to_invest": -250.5},
    ],
}
PRESETS = {
    "avoid_negative_cash_in_independent": True,
    "close_divest_independent_position": False,
    "fully_invest_existing_long_positions": True,
    "keep_model_open": False,
    "prefer_cross_with_independent": True,
    "prefer_transfer_from_independent": False,
    "round_allocation_quantity_to_exchange_board_lot": True,
    "subscription_status": 0,
    "use_non_base_ccy": False,
    "use_tolerance_range": True,
}

ROWS: list[Row] = [
    Row("list_models", {}, "POST /fa/model/list", {"reqID": 1}),
    Row("get_model_summary", MODEL, "POST /fa/model/summary", NUMBERED),
    Row(
        "list_model_positions",
        {**MODEL, "limit": 50, "sort_field": "instrumentImbalance", "sort_direction": "ASC"},
        "POST /fa/model/positions",
        {**NUMBERED, "limit": 50, "sortField": "instrumentImbalance", "sortDirection": "ASC"},
    ),
    Row("list_model_positions", MODEL, "POST /fa/model/positions", NUMBERED),
    Row(
        "list_model_accounts",
        {**MODEL, "calc_pnls": True},
        "POST /fa/model/accounts-details",
        {**NUMBERED, "calcPnls": True},
    ),
    Row(
        "save_model",
        TARGETS,
        "POST /fa/model/save",
        {
            **NUMBERED,
            "desc": "Mostly technology",
            "isStatic": False,
            "positionTargets": [{"conid": 265598, "target": 0.6}, {"conid": 272093, "target": 0.35}],
            "cashTargets": [{"ccy": "USD", "target": 0.05}],
        },
    ),
    Row(
        "save_model",
        {**TARGETS, "position_targets": [], "cash_targets": [{"ccy": "USD", "target": 1}]},
        "POST /fa/model/save",
        {
            **NUMBERED,
            "desc": "Mostly technology",
            "isStatic": False,
            "positionTargets": [],
            "cashTargets": [{"ccy": "USD", "target": 1}],
        },
    ),
    Row(
        "draft_model_investment",
        INVESTMENTS,
        "POST /fa/model/invest-divest",
        {
            **NUMBERED,
            "accountList": [
                {"account": "DU1234567", "amtToInvest": 1000},
                {"account": "DU1234568", "amtToInvest": -250.5},
            ],
        },
    ),
    Row(
        "list_model_investments",
        {**MODEL, "subscription_status": 1},
        "POST /fa/model/invest-divest-positions",
        {**NUMBERED, "subscriptionStatus": 1},
    ),
    Row(
        "submit_model_transfers",
        {"fp_order_id": 17},
        "POST /fa/model/submit-transfers",
        {"reqID": 1, "fpOrderId": 17},
    ),
    Row("get_model_presets", {}, "POST /fa/fa-preset/get", {"reqID": 1}),
    Row(
        "save_model_presets",
        PRESETS,
        "POST /fa/fa-preset/save",
        {
            "reqID": 1,
            "avoidNegativeCashInIndependent": True,
            "closeDivestIndependentPosition": False,
            "fullyInvestExistingLongPositions": True,
            "keepModelOpen": False,
            "preferCrossWithIndependent": True,
            "preferTransferFromIndependent": False,
            "roundAllocationQuantityToExchangeBoardLot": True,
            "subscriptionStatus": 0,
            "useNonBaseCcy": False,
            "useToleranceRange": True,
        },
    ),
    Row(
        "save_model_presets",
        {"keep_model_open": True},
        "POST /fa/fa-preset/save",
        {"reqID": 1, "keepModelOpen": True},
    ),
]

BY_NAME = (
    "get_model_summary",
    "list_model_positions",
    "list_model_accounts",
    "list_model_investments",
)


def _one_position(target: Any) -> dict[str, Any]:
    return {**TARGETS, "position_targets": [{"conid": 265598, "target": target}], "cash_targets": []}


def _one_account(amount: Any) -> dict[str, Any]:
    return {**MODEL, "account_list": [{"account": "DU1234567", "amt_to_invest": amount}]}


# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *((tool, {"model": each}) for tool in BY_NAME for each in ["", "a\nb", "x" * 101, ["Growth"]]),
    *((tool, {}) for tool in BY_NAME),
    ("list_models", {"reqID": 7}),
    *(("list_model_positions", {**MODEL, "limit": each}) for each in [0, -1, 1.5, 10**6]),
    *(("list_model_positions", {**MODEL, "sort_field": each}) for each in ["actl", "cid", "symbol", ""]),
    ("list_model_accounts", {**MODEL, "calc_pnls": "perhaps"}),
    *(("list_model_investments", {**MODEL, "subscription_status": each}) for each in [2, -1, "on"]),
    # Targets are fractions that add up to 1.
    *(("save_model", {k: v for k, v in TARGETS.items() if k != each}) for each in TARGETS),
    *(
        ("save_model", _one_position(each))
        for each in [0.5, 1.001, 100, -1, 0, float("nan"), float("inf"), "all"]
    ),
    ("save_model", {**TARGETS, "position_targets": [], "cash_targets": []}),
    ("save_model", {**TARGETS, "cash_targets": [{"ccy": "USD", "target": 0.06}]}),
    ("save_model", {**TARGETS, "cash_targets": [{"ccy": "US", "target": 0.05}]}),
    ("save_model", {**TARGETS, "cash_targets": [{"ccy": "USD", "target": 0.05, "conid": 1}]}),
    ("save_model", {**TARGETS, "cash_targets": [{"ccy": "USD", "target": 0.025}] * 2}),
    ("save_model", {**TARGETS, "position_targets": [{"conid": 265598, "target": 0.475}] * 2}),
    ("save_model", {**TARGETS, "position_targets": [{"conid": 0, "target": 0.95}]}),
    ("save_model", {**TARGETS, "position_targets": [{"target": 0.95}]}),
    ("save_model", {**TARGETS, "position_targets": [[265598, 0.95]]}),
    ("save_model", {**TARGETS, "desc": ""}),
    ("save_model", {**TARGETS, "desc": "a\nb"}),
    ("save_model", {**TARGETS, "is_static": "perhaps"}),
    *(
        ("draft_model_investment", _one_account(each))
        for each in [0, -0.0, 10**16, -(10**16), float("nan"), float("inf"), "all", True, [1000]]
    ),
    *(
        ("draft_model_investment", {**MODEL, "account_list": each})
        for each in [
            [],
            ["DU1234567"],
            [{"account": "DU1234567"}],
            [{"amt_to_invest": 1000}],
            [{"account": "All", "amt_to_invest": 1000}],
            [{"account": "DU1234567", "amt_to_invest": 1000}] * 2,
            [{"account": "DU1234567", "amt_to_invest": "1,000"}],
            [{"account": "DU1234567", "amt_to_invest": "1e3"}],
        ]
    ),
    ("draft_model_investment", {"account_list": INVESTMENTS["account_list"]}),
    *(
        ("submit_model_transfers", {"fp_order_id": each})
        for each in [-1, 0, 2**63, "-1", 1.5, "last", [17], True]
    ),
    ("submit_model_transfers", {}),
    ("save_model_presets", {}),
    ("save_model_presets", {"subscription_status": 2}),
    ("save_model_presets", {"keep_model_open": "perhaps"}),
]


async def _call_json(server: FastMCP[Any], tool: str, arguments: dict[str, Any]) -> Any:
    answer = await server.call_tool(tool, arguments)
    content = answer.content[0]
    assert isinstance(content, TextContent)
    assert not answer.is_error, content.text
    return json.loads(content.text)


async def _save_model(server: FastMCP[Any]) -> dict[str, Any]:
    await _call_json(server, "save_model", TARGETS)
    return dict(MODEL)


async def _investment_arguments(server: FastMCP[Any]) -> dict[str, Any]:
    return {**await _save_model(server), "account_list": [{"account": "DU1234567", "amt_to_invest": 1000}]}


async def _draft_investment(server: FastMCP[Any]) -> dict[str, Any]:
    draft = await _call_json(server, "draft_model_investment", await _investment_arguments(server))
    return {"fp_order_id": draft["transfersInstructionId"]}


# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {
    **dict.fromkeys(BY_NAME, _save_model),
    "draft_model_investment": _investment_arguments,
    "submit_model_transfers": _draft_investment,
}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "fa"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
