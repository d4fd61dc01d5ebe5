"""The rows of one section of the wire table."""

from __future__ import annotations

import json
from typing import Any

from fastmcp import FastMCP
from mcp_types import TextContent

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

A = {"account_id": "DU1234567"}
PLACE = "POST /iserver/account/DU1234567/orders"
PREVIEW = "POST /iserver/account/DU1234567/orders/whatif"
MODIFY = "POST /iserver/account/DU1234567/order/602801486"
QUESTION = "07a13a5a-4a48-44a5-bb25-5ab37b79186c"

# A thousand in one country and one in another, or no amount at all: where money moves, they are not read.
NOT_PLAIN_NUMBERS = [
    "1,000",
    "1.000,5",
    "1e3",
    "10 shares",
    " 10",
    "10 ",
    "1_000",
    "$10",
    ".5",
    "10.",
    "+5",
    "0010",
    "\u0661",
]

LIMIT = {"conid": 265598, "side": "BUY", "quantity": 10, "order_type": "LMT", "price": 185.5, "tif": "DAY"}
# A ticket without an account would go to the first account of the login.
NAMED = {"acctId": "DU1234567"}

LIMIT_SENT = {
    **NAMED,
    "conid": 265598,
    "side": "BUY",
    "quantity": 10,
    "orderType": "LMT",
    "price": 185.5,
    "tif": "DAY",
}
MARKET = {"conid": 265598, "side": "BUY", "quantity": 10, "order_type": "MKT", "tif": "DAY"}
MARKET_SENT = {"conid": 265598, "side": "BUY", "quantity": 10, "orderType": "MKT", "tif": "DAY"}
STOP = {"conid": 265598, "side": "SELL", "quantity": 10, "order_type": "STP", "price": 170, "tif": "GTC"}
STOP_SENT = {
    **NAMED,
    "conid": 265598,
    "side": "SELL",
    "quantity": 10,
    "orderType": "STP",
    "price": 170,
    "tif": "GTC",
}

# Every field of a ticket, in two tickets, because some exclude others.
EVERYTHING = (
    {
        "acct_id": "DU1234567",
        "conid": 265598,
        "sec_type": "265598:STK",
        "c_oid": "entry-1",
        "parent_id": "other 2",
        "side": "SELL",
        "quantity": 0.5,
        "order_type": "TRAILLMT",
        "price": 180,
        "aux_price": 181.25,
        "trailing_amt": 2.5,
        "trailing_type": "%",
        "tif": "GTC",
        "outside_rth": True,
        "is_single_group": True,
        "all_or_none": False,
        "listing_exchange": "NASDAQ",
        "ticker": "AAPL",
        "use_adaptive": True,
        "strategy": "Adaptive",
        "strategy_parameters": {"adaptivePriority": "Normal", "noTakeLiq": True, "maxPctVol": 0.1},
        "deactivated": True,
        "tax_optimizer_id": "7",
        "allocation_method": "NetLiq",
        "alloc_type": "SHARE",
        "allocations": [
            {"account": "DU1234567", "amount": 0.25},
            {"account": "DU1234568", "amount": 0.25},
        ],
        "manual_indicator": True,
        "ext_operator": "jane",
        "manual_order_time": 1795444200,
        "customer_account": "C1",
        "is_pro_customer": False,
        "referrer": "QuickTrade",
    },
    {
        "acctId": "DU1234567",
        "conid": 265598,
        "secType": "265598:STK",
        "cOID": "entry-1",
        "parentId": "other 2",
        "side": "SELL",
        "quantity": 0.5,
        "orderType": "TRAILLMT",
        "price": 180,
        "auxPrice": 181.25,
        "trailingAmt": 2.5,
        "trailingType": "%",
        "tif": "GTC",
        "outsideRTH": True,
        "isSingleGroup": True,
        "allOrNone": False,
        "listingExchange": "NASDAQ",
        "ticker": "AAPL",
        "useAdaptive": True,
        "strategy": "Adaptive",
        "strategyParameters": {"adaptivePriority": "Normal", "noTakeLiq": True, "maxPctVol": 0.1},
        "deactivated": True,
        "taxOptimizerId": "7",
        "allocationMethod": "NetLiq",
        "jsonPayload": {
            "allocation_profile": {
                "alloc_type": "SHARE",
                "allocations": [
                    {"account": "DU1234567", "amount": 0.25},
                    {"account": "DU1234568", "amount": 0.25},
                ],
            }
        },
        "manualIndicator": True,
        "extOperator": "jane",
        "manualOrderTime": 1795444200,
        "customerAccount": "C1",
        "isProCustomer": False,
        "referrer": "QuickTrade",
    },
)
COMBO = {
    "conidex": "28812380;;;265598/1,8314/-2",
    "side": "BUY",
    "quantity": 1,
    "order_type": "LMT",
    "price": -1.05,
    "tif": "DAY",
}
COMBO_SENT = {
    **NAMED,
    "conidex": "28812380;;;265598/1,8314/-2",
    "side": "BUY",
    "quantity": 1,
    "orderType": "LMT",
    "price": -1.05,
    "tif": "DAY",
}
CONVERSION = {
    "conidex": "12087792@IDEALPRO",
    "side": "BUY",
    "fx_qty": 5000,
    "is_ccy_conv": True,
    "order_type": "MKT",
    "tif": "DAY",
}
CONVERSION_SENT = {
    **NAMED,
    "conidex": "12087792@IDEALPRO",
    "side": "BUY",
    "fxQty": 5000,
    "isCcyConv": True,
    "orderType": "MKT",
    "tif": "DAY",
}
WORTH = {"conid": 479624278, "side": "BUY", "cash_qty": 250, "order_type": "MKT", "tif": "IOC"}
WORTH_SENT = {**NAMED, "conid": 479624278, "side": "BUY", "cashQty": 250, "orderType": "MKT", "tif": "IOC"}
PARENT, CHILD = {"c_oid": "entry-1"}, {"parent_id": "entry-1"}
GROUPED = {"is_single_group": True}

ROWS: list[Row] = [
    Row("place_orders", {**A, "orders": [LIMIT]}, PLACE, {"orders": [LIMIT_SENT]}),
    Row("place_orders", {**A, "orders": [MARKET]}, PLACE, {"orders": [MARKET_SENT | NAMED]}),
    Row(
        "place_orders",
        {**A, "orders": [LIMIT | PARENT, STOP | CHILD]},
        PLACE,
        {"orders": [LIMIT_SENT | {"cOID": "entry-1"}, STOP_SENT | {"parentId": "entry-1"}]},
    ),
    Row(
        "place_orders",
        {**A, "orders": [LIMIT | GROUPED, STOP | GROUPED]},
        PLACE,
        {"orders": [LIMIT_SENT | {"isSingleGroup": True}, STOP_SENT | {"isSingleGroup": True}]},
    ),
    Row("place_orders", {**A, "orders": [COMBO]}, PLACE, {"orders": [COMBO_SENT]}),
    Row("place_orders", {**A, "orders": [WORTH]}, PLACE, {"orders": [WORTH_SENT]}),
    Row("preview_orders", {**A, "orders": [LIMIT]}, PREVIEW, {"orders": [LIMIT_SENT]}),
    Row(
        "preview_orders",
        {"account_id": "My Group-1", "orders": [MARKET]},
        "POST /iserver/account/My%20Group-1/orders/whatif",
        {"orders": [MARKET_SENT]},
    ),
    Row(
        "preview_orders",
        {"account_id": "Tech & Co. (60+)", "orders": [MARKET]},
        "POST /iserver/account/Tech%20%26%20Co.%20%2860%2B%29/orders/whatif",
        {"orders": [MARKET_SENT]},
    ),
    Row("preview_orders", {**A, "orders": [CONVERSION]}, PREVIEW, {"orders": [CONVERSION_SENT]}),
    Row("modify_order", {**A, "order_id": 602801486, **LIMIT}, MODIFY, LIMIT_SENT),
    Row("modify_order", {**A, "order_id": 602801486, **EVERYTHING[0]}, MODIFY, EVERYTHING[1]),
    Row("modify_order", {**A, "order_id": 602801486, **CONVERSION}, MODIFY, CONVERSION_SENT),
    Row("modify_order", {**A, "order_id": 602801486, **WORTH}, MODIFY, WORTH_SENT),
    Row(
        "cancel_order",
        {**A, "order_id": 602801486},
        "DELETE /iserver/account/DU1234567/order/602801486",
    ),
    Row(
        "cancel_order",
        {
            **A,
            "order_id": 602801486,
            "manual_indicator": False,
            "ext_operator": "desk 7",
            "manual_cancel_time": 1795444200,
        },
        "DELETE /iserver/account/DU1234567/order/602801486"
        "?manualIndicator=false&extOperator=desk%207&manualCancelTime=1795444200",
    ),
    Row(
        "answer_order_question",
        {"reply_id": QUESTION, "confirmed": True},
        f"POST /iserver/reply/{QUESTION}",
        {"confirmed": True},
    ),
    Row(
        "answer_order_question",
        {"reply_id": QUESTION, "confirmed": False},
        f"POST /iserver/reply/{QUESTION}",
        {"confirmed": False},
    ),
    Row(
        "suppress_order_questions",
        {"message_ids": ["o163", "o354"]},
        "POST /iserver/questions/suppress",
        {"messageIds": ["o163", "o354"]},
    ),
    Row("reset_suppressed_questions", {}, "POST /iserver/questions/suppress/reset", {}),
    Row(
        "answer_server_prompt",
        {"order_id": 602801486, "req_id": "12345", "text": "Yes"},
        "POST /iserver/notification",
        {"orderId": 602801486, "reqId": "12345", "text": "Yes"},
    ),
]


def _without(ticket: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in ticket.items() if name not in names}


# Invalid tickets, for any of the order tools.
WRONG_TICKETS: list[dict[str, Any]] = [
    {},
    *(_without(LIMIT, name) for name in LIMIT),
    *(LIMIT | {"quantity": each} for each in [0, -1, 1e12, 1e-12, float("nan"), float("inf"), True, "ten"]),
    *(LIMIT | {"quantity": each} for each in ["NaN", "-5", [], [10], {"n": 1}, *NOT_PLAIN_NUMBERS]),
    *(LIMIT | {"price": each} for each in [0, -185.5, 1e12, float("nan"), float("-inf"), True]),
    *(LIMIT | {"price": each} for each in ["185,5", "1e3", " 185.5"]),
    *(WORTH | {"cash_qty": each} for each in ["1,000", "1e3", "$250"]),
    *(LIMIT | {"side": each} for each in ["SHORT", "B", "", 1]),
    *(LIMIT | {"tif": each} for each in ["GTD", "FOK", ""]),
    *(LIMIT | {"order_type": each} for each in ["LIMIT", "TRAILMT", ""]),
    *(LIMIT | {"conid": each} for each in [0, -1, 2**31, 1.5, "AAPL;1"]),
    *(LIMIT | {"c_oid": each} for each in ["", "x" * 65, "a\nb", "a\x00", 'a"b']),
    *(LIMIT | {"acct_id": each} for each in ["DU7654321", "", "All"]),
    *(LIMIT | {"ticker": each} for each in ["A\r\nB", ""]),
    LIMIT | {"cash_qty": 100},
    LIMIT | {"fx_qty": 100, "is_ccy_conv": True},
    _without(CONVERSION, "is_ccy_conv"),
    CONVERSION | {"is_ccy_conv": False},
    LIMIT | {"conidex": "265598@SMART"},
    *(
        COMBO | {"conidex": each}
        for each in [
            "",
            "265598",
            "265598@SMART",
            "265598@smart",
            "28812380;;;265598/1",
            "28812380;;;265598/0,8314/1",
            "28812380;;265598/1,8314/-1",
            "28812380;;;265598/1,8314/1.5",
            "../order/-1",
        ]
    ),
    LIMIT | {"sec_type": "8314:STK"},
    LIMIT | {"sec_type": "STK"},
    LIMIT | {"aux_price": 180},
    MARKET | {"price": 185.5},
    MARKET | {"aux_price": 185.5},
    STOP | {"order_type": "STOP_LIMIT"},
    STOP | {"order_type": "MIT", "price": None},
    STOP | {"order_type": "MIT", "aux_price": 170},
    STOP | {"order_type": "LIT"},
    STOP | {"order_type": "TRAIL"},
    STOP | {"order_type": "TRAIL", "trailing_amt": 5},
    STOP | {"order_type": "TRAIL", "trailing_amt": 5, "trailing_type": "percent"},
    STOP | {"order_type": "TRAIL", "trailing_amt": 100, "trailing_type": "%"},
    STOP | {"order_type": "TRAIL", "trailing_amt": -5, "trailing_type": "amt"},
    STOP | {"trailing_amt": 5, "trailing_type": "amt"},
    LIMIT | {"manual_indicator": True},
    LIMIT | {"ext_operator": "jane"},
    LIMIT | {"manual_indicator": True, "ext_operator": "a\nb"},
    LIMIT | {"strategy_parameters": {"adaptivePriority": "Normal"}},
    *(
        LIMIT | {"strategy": "Adaptive", "strategy_parameters": each}
        for each in [
            {},
            {"a b": "x"},
            {"p": None},
            {"p": float("nan")},
            {"p": {"q": 1}},
            {"p": "a\nb"},
            ["Normal"],
            "Normal",
        ]
    ),
    LIMIT | {"strategy": "Vwap; DROP"},
    LIMIT | {"manual_order_time": -1},
    LIMIT | {"manual_order_time": 2**60},
    LIMIT | {"alloc_type": "SHARE"},
    LIMIT | {"allocations": [{"account": "DU1234567", "amount": 10}]},
    *(
        LIMIT | {"alloc_type": "SHARE", "allocations": each}
        for each in [
            [],
            [{"account": "DU1234567"}],
            [{"account": "DU1234567", "amount": 4}, {"account": "DU1234568", "amount": 5}],
            [{"account": "DU1234567", "amount": 5}, {"account": "DU1234567", "amount": 5}],
            [{"account": "DU1234567", "amount": 20}, {"account": "DU1234568", "amount": -10}],
            [{"account": "x", "amount": 10}],
            [{"account": "DU1234567", "amount": 10, "method": "A"}],
        ]
    ),
    LIMIT | {"limit_price": 185.5},
    LIMIT | {"goodTillDate": "20270101"},
    LIMIT | {"outside_rth": "perhaps"},
]
WRONG_ORDERS: list[Any] = [
    [],
    {},
    "LIMIT",
    [None],
    [[LIMIT]],
    [LIMIT] * 21,
    # Orders that are not related.
    [LIMIT, STOP],
    [LIMIT | PARENT, STOP],
    [LIMIT | PARENT, STOP | {"parent_id": "another"}],
    [LIMIT | PARENT, STOP | CHILD | {"c_oid": "own"}],
    [LIMIT | PARENT, STOP | PARENT],
    [LIMIT | PARENT, STOP | {"c_oid": "second"}, STOP | CHILD],
    [LIMIT | CHILD],
    [LIMIT | {"c_oid": "own", "parent_id": "own"}],
    [LIMIT | GROUPED],
    [LIMIT | GROUPED, STOP],
    [LIMIT | PARENT | GROUPED, STOP | CHILD],
]
WRONG_ACCOUNTS = ["", "../order/-1", "U1/orders?x=", "DU1234567%2F..", "DU1234567#", "DU1234567\r\nX: y", " "]

WRONG_IN_AN_ANSWER: list[dict[str, Any]] = [
    {"order_id": -1},
    {"order_id": 0},
    {"order_id": "x"},
    {"req_id": ""},
    {"req_id": "1\n2"},
    {"text": ""},
    {"text": "Yes\x00"},
    {"text": "x" * 101},
    {"text": None},
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("place_orders", {**A, "orders": [each]}) for each in WRONG_TICKETS),
    *(("place_orders", {**A, "orders": each}) for each in WRONG_ORDERS),
    *(("place_orders", {"account_id": each, "orders": [LIMIT]}) for each in WRONG_ACCOUNTS),
    ("place_orders", {**A, **LIMIT}),
    ("place_orders", {"account_id": "A Group", "orders": [LIMIT | {"acct_id": "DU1234567"}]}),
    *(("preview_orders", {**A, "orders": [each]}) for each in WRONG_TICKETS[::7]),
    *(("preview_orders", {**A, "orders": each}) for each in WRONG_ORDERS[::3]),
    *(("preview_orders", {"account_id": each, "orders": [LIMIT]}) for each in WRONG_ACCOUNTS),
    *(("modify_order", {**A, "order_id": 602801486, **each}) for each in WRONG_TICKETS),
    *(("modify_order", {**A, "order_id": each, **LIMIT}) for each in [-1, 0, "-1", 2**63, 1.5, "1/../2"]),
    ("modify_order", {**A, "order_id": 602801486, "orders": [LIMIT]}),
    ("modify_order", {"account_id": "A Group", "order_id": 602801486, **LIMIT}),
    *(("cancel_order", {**A, "order_id": each}) for each in [-1, 0, "-1", "all", 2**63, "1/../2", None]),
    *(("cancel_order", {"account_id": each, "order_id": 602801486}) for each in [*WRONG_ACCOUNTS, "A Group"]),
    ("cancel_order", {**A, "order_id": 602801486, "manual_indicator": True}),
    ("cancel_order", {**A, "order_id": 602801486, "ext_operator": "jane"}),
    ("cancel_order", {**A, "order_id": 602801486, "manual_cancel_time": 0}),
    *(
        ("answer_order_question", {"reply_id": each, "confirmed": True})
        for each in ["", "1", "../iserver", f"{QUESTION}/..", QUESTION.replace("-", "")]
    ),
    ("answer_order_question", {"reply_id": QUESTION}),
    ("answer_order_question", {"reply_id": QUESTION, "confirmed": "perhaps"}),
    ("answer_order_question", {"reply_id": QUESTION, "confirmed": None}),
    *(
        ("suppress_order_questions", {"message_ids": each})
        for each in [[], ["o163"] * 52, ["*"], [""], ["o163,o354"], [163], [None]]
    ),
    ("suppress_order_questions", {}),
    *(
        ("answer_server_prompt", {"order_id": 602801486, "req_id": "12345", "text": "Yes"} | each)
        for each in WRONG_IN_AN_ANSWER
    ),
]


async def _call_json(server: FastMCP[Any], tool: str, arguments: dict[str, Any]) -> Any:
    content = (await server.call_tool(tool, arguments)).content[0]
    assert isinstance(content, TextContent)
    return json.loads(content.text)


async def _limit_below_market(server: FastMCP[Any]) -> dict[str, Any]:
    """A limit order 10 % below the market, which needs a confirmation and is not filled."""
    (quote,) = await _call_json(server, "get_market_snapshot", {"conids": [LIMIT["conid"]], "fields": ["31"]})
    return LIMIT | {"price": round(float(quote["31"].lstrip("CH")) * 0.9, 2)}


async def _place_and_confirm(server: FastMCP[Any], ticket: dict[str, Any]) -> Any:
    """IBKR's response to an order after all its confirmations."""
    answer = await _call_json(server, "place_orders", {**A, "orders": [ticket]})
    while isinstance(answer, list) and "message" in answer[0]:
        yes = {"reply_id": answer[0]["id"], "confirmed": True}
        answer = await _call_json(server, "answer_order_question", yes)
    return answer


async def _arguments_to_modify(server: FastMCP[Any]) -> dict[str, Any]:
    ticket = await _limit_below_market(server)
    (taken,) = await _place_and_confirm(server, ticket)
    return {**A, "order_id": int(taken["order_id"]), **ticket, "quantity": 7}


async def _arguments_to_cancel(server: FastMCP[Any]) -> dict[str, Any]:
    (taken,) = await _place_and_confirm(server, await _limit_below_market(server))
    return {**A, "order_id": int(taken["order_id"])}


async def _raise_question(server: FastMCP[Any]) -> dict[str, Any]:
    (question,) = await _call_json(
        server, "place_orders", {**A, "orders": [await _limit_below_market(server)]}
    )
    return {"reply_id": question["id"], "confirmed": True}


async def _raise_prompt(server: FastMCP[Any]) -> dict[str, Any]:
    """The prompt for an order far above the market, whose exchange (Tokyo) is closed."""
    stocks = await _call_json(server, "list_stocks", {"symbols": ["7203"]})
    conid = stocks["7203"][0]["contracts"][0]["conid"]
    for _ in range(2):
        (quote,) = await _call_json(server, "get_market_snapshot", {"conids": [conid], "fields": ["31"]})
    far = round(float(quote["31"].lstrip("CH")) * 1.15)
    prompt = await _place_and_confirm(server, LIMIT | {"conid": conid, "price": far})
    return {"order_id": prompt["orderId"], "req_id": prompt["reqId"], "text": prompt["options"][0]}


# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {
    "modify_order": _arguments_to_modify,
    "cancel_order": _arguments_to_cancel,
    "answer_order_question": _raise_question,
    "answer_server_prompt": _raise_prompt,
}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
