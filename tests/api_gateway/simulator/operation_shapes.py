"""Every operation of the Web API: how to call it, and the top-level shape of its response.

A shape is a set of the keys that an object must have, a list of one shape for rows, a dict of shapes by key
(`*` for keys that are data), a type, or None for no body. The keys are those of IBKR's reference and of
recorded responses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.order_calls import Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, IBM_IN_FRANKFURT

Values = dict[str, Any]
Prepare = Callable[[Trader, Simulation], Awaitable[Values]]
EMISSIONS, ES_FUTURES = 732764706, "ES"
CLIENT, OTHER_CLIENT, MODEL = "DU1234567", "DU1234568", "US-Stocks"
DEVICE = "apn://desk@1/2"


@dataclass(frozen=True)
class OperationCase:
    """One operation. `values` fill its path and query; `prepare` returns more of them, and possibly a body.

    `accepted_mismatches` are differences from the record that are correct, because it covers another case.
    """

    operation: str
    shape: Any
    values: Values = field(default_factory=dict)
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Any = None
    prepare: Prepare | None = None
    profile: str = "retail"
    accepted_mismatches: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """GET, POST, PUT or DELETE."""
        return self.operation.partition(" ")[0]

    @property
    def template(self) -> str:
        """The path with its variables."""
        return self.operation.partition(" ")[2]


def matches_shape(shape: Any, reply: Any) -> bool:
    """Return whether a response has that shape."""
    if shape is None:
        return bool(reply in (None, ""))
    if isinstance(shape, type):
        return isinstance(reply, shape)
    if isinstance(shape, set):
        return isinstance(reply, dict) and shape <= reply.keys()
    if isinstance(shape, list):
        return isinstance(reply, list) and bool(reply) and all(matches_shape(shape[0], row) for row in reply)
    inner = dict(shape)
    other = inner.pop("*", None)
    if not isinstance(reply, dict) or not inner.keys() <= reply.keys():
        return False
    rest = [value for key, value in reply.items() if key not in inner]
    return all(matches_shape(each, reply[key]) for key, each in inner.items()) and (
        other is None or (bool(rest) and all(matches_shape(other, value) for value in rest))
    )


async def _find_event_contract(trader: Trader, _: Simulation) -> Values:
    market = await trader.get_json("/forecast/contract/market", underlyingConid=EMISSIONS)
    return {"conid": market["contracts"][0]["conid"]}


async def _find_strike(trader: Trader, _: Simulation) -> Values:
    (row,) = [
        each
        for each in await trader.get_json("/iserver/secdef/search", symbol="IBM")
        if each["conid"] == "8314"
    ]
    months = next(section["months"] for section in row["sections"] if section["secType"] == "OPT")
    month = months.partition(";")[0]
    strikes = await trader.get_json("/iserver/secdef/strikes", conid=IBM, sectype="OPT", month=month)
    return {"month": month, "strike": strikes["call"][0]}


async def _load_positions(trader: Trader, _: Simulation) -> Values:
    await trader.get(f"/portfolio/{ACCOUNT}/positions/0")
    return {}


async def _subscribe_quotes(trader: Trader, _: Simulation) -> Values:
    await trader.get("/iserver/marketdata/snapshot", conids=IBM, fields="31")
    return {}


async def _find_alert(trader: Trader, _: Simulation) -> Values:
    number = (await trader.get_json(f"/iserver/account/{ACCOUNT}/alerts"))[0]["order_id"]
    return {"alertId": number, "body": {"alertId": number, "alertActive": 0}}


async def _add_device(trader: Trader, _: Simulation) -> Values:
    await trader.post("/fyi/deliveryoptions/device", {"deviceId": DEVICE, "enabled": True})
    return {"deviceId": DEVICE}


async def _find_notification(trader: Trader, _: Simulation) -> Values:
    await trader.get("/fyi/notifications", max=1)
    newest = (await trader.get_json("/fyi/notifications", max=1))[0]["ID"]
    return {"id": newest, "notificationId": newest}


async def _save_watchlist(trader: Trader, _: Simulation) -> Values:
    await trader.post("/iserver/watchlist", {"id": "1234", "name": "Mine", "rows": [{"C": AAPL}]})
    return {"id": "1234"}


def _limit_order(simulation: Simulation, part: float = 1.0) -> dict[str, Any]:
    last = simulation.prices.quote(simulation.selected_account.instrument(AAPL)).last
    return ticket(orderType="LMT", price=round(last * part, 2))


async def _order_body(_: Trader, simulation: Simulation) -> Values:
    return {"body": {"orders": [_limit_order(simulation)]}}


async def _place_working_order(trader: Trader, simulation: Simulation) -> Values:
    (order_id,) = await trader.place(_limit_order(simulation, 0.95))
    return {"orderId": order_id, "body": _limit_order(simulation, 0.98)}


async def _raise_question(trader: Trader, simulation: Simulation) -> Values:
    question = await trader.submit(_limit_order(simulation, 0.95))
    return {"replyId": question[0]["id"]}


async def _raise_prompt(trader: Trader, simulation: Simulation) -> Values:
    last = simulation.prices.quote(simulation.selected_account.instrument(IBM_IN_FRANKFURT)).last
    order = ticket(orderType="LMT", conid=IBM_IN_FRANKFURT, price=round(last * 1.15))
    prompt = await trader.confirm_all(await trader.submit(order))
    return {"body": {"orderId": prompt["orderId"], "reqId": prompt["reqId"], "text": prompt["options"][0]}}


async def _draft_transfer(trader: Trader, _: Simulation) -> Values:
    accounts = [{"account": CLIENT, "amtToInvest": 1000}]
    body = {"reqID": 1, "model": MODEL, "accountList": accounts}
    draft = (await trader.post("/fa/model/invest-divest", body)).json()
    return {"body": {"reqID": 2, "fpOrderId": draft["transfersInstructionId"]}}


async def _find_account(trader: Trader, _: Simulation) -> Values:
    accounts = (await trader.get_json("/iserver/account/search/DU"))["matchedAccounts"]
    return {"body": {"acctId": accounts[-1]["accountId"]}}


async def _save_group(trader: Trader, _: Simulation) -> Values:
    await trader.post("/iserver/account/allocation/group", GROUP)
    return {}


OWN_ACCOUNT = {"accountId": ACCOUNT}
GROUP = {
    "name": "Mine",
    "default_method": "E",
    "accounts": [{"name": CLIENT}, {"name": OTHER_CLIENT}],
}
STATUS = {"authenticated", "competing", "connected", "MAC", "message", "serverInfo", "established"}
ACCOUNT_KEYS = {"id", "accountId", "accountTitle", "currency", "type", "faclient", "parent", "accountStatus"}
SEGMENTS = {"total", "securities", "commodities"}
CONTRACT = {"con_id", "symbol", "instrument_type", "currency", "exchange", "valid_exchanges", "company_name"}
RULES = {"algoEligible", "orderTypes", "canTradeAcctIds", "increment", "incrementDigits", "tifTypes"}
SEARCH_RESULT = {"conid", "companyHeader", "companyName", "symbol", "description", "restricted", "sections"}
POSITION = {"acctId", "conid", "contractDesc", "position", "mktPrice", "mktValue", "avgCost", "unrealizedPnl"}
ALLOCATION = {name: {"long", "short"} for name in ("assetClass", "sector", "group")}
ACCEPTED_ORDERS = [{"order_id", "order_status", "encrypt_message"}]
ORDER_ROW = {"orderId", "conid", "side", "status", "ticker", "remainingQuantity", "price", "timeInForce"}
STATUS_ROW = {"order_id", "conid", "side", "order_status", "size", "total_size", "limit_price", "order_time"}
TRADE = {"execution_id", "conid", "side", "size", "price", "commission", "trade_time", "trade_time_r"}
NOTICE = {"ID", "D", "FC", "MD", "MS", "R"}
ACKNOWLEDGED = {"V", "T"}
SUCCESS = {"success"}
ALERT = {"order_id", "alert_name", "alert_active", "conditions", "tool_id"}
ALERT_RESULT = {"request_id", "order_id", "success", "text"}
NEW_ALERT = {
    "alertName": "IBM",
    "alertMessage": "IBM is expensive",
    "alertRepeatable": 0,
    "outsideRth": 0,
    "tif": "GTC",
    "conditions": [
        {
            "conidex": f"{IBM}@SMART",
            "logicBind": "n",
            "operator": ">=",
            "triggerMethod": "0",
            "type": 1,
            "value": "300",
        }
    ],
}
# The record is of a first page without contract details, in which a strike is a number.
_STRIKE = ("[].strike is string, not float",)
# The record mixes an order's questions with the response that accepts it.
NO_QUESTION = tuple(
    f"[].{name} is missing" for name in ("id", "message", "messageIds", "messageOptions", "isSuppressed")
)

SESSION = (
    OperationCase(
        "POST /iserver/auth/ssodh/init",
        {"authenticated", "connected"},
        body={"publish": True, "compete": True},
    ),
    OperationCase("POST /iserver/auth/status", STATUS, body={}),
    OperationCase(
        "POST /tickle", {"session", "ssoExpires", "collission", "userId", "hmds", "iserver"}, body={}
    ),
    OperationCase(
        "GET /sso/validate", {"USER_ID", "USER_NAME", "RESULT", "AUTH_TIME", "EXPIRES", "IP", "features"}
    ),
    OperationCase("POST /logout", {"status"}, body={}),
)
ACCOUNTS = (
    OperationCase(
        "GET /iserver/accounts",
        {
            "accounts",
            "acctProps",
            "aliases",
            "allowFeatures",
            "chartPeriods",
            "groups",
            "profiles",
            "selectedAccount",
            "serverInfo",
            "sessionId",
            "isFT",
            "isPaper",
        },
    ),
    OperationCase("POST /iserver/account", SUCCESS, body={"acctId": ACCOUNT}),
    OperationCase(
        "GET /iserver/account/pnl/partitioned",
        {"upnl": {"*": {"rowType", "dpl", "nl", "upl", "uel", "el", "mv"}}},
    ),
    OperationCase(
        "GET /iserver/account/{accountId}/summary",
        {"netLiquidationValue", "buyingPower", "cashBalances"},
        OWN_ACCOUNT,
    ),
    OperationCase("GET /iserver/account/{accountId}/summary/available_funds", SEGMENTS, OWN_ACCOUNT),
    OperationCase("GET /iserver/account/{accountId}/summary/balances", SEGMENTS, OWN_ACCOUNT),
    OperationCase("GET /iserver/account/{accountId}/summary/margins", SEGMENTS, OWN_ACCOUNT),
    OperationCase(
        "GET /iserver/account/{accountId}/summary/market_value", {"*": {"total_cash", "stock"}}, OWN_ACCOUNT
    ),
    OperationCase(
        "GET /iserver/account/search/{searchPattern}",
        {"matchedAccounts", "pattern"},
        {"searchPattern": "DU"},
        profile="dynamic",
    ),
    OperationCase("POST /iserver/dynaccount", {"set", "acctId"}, prepare=_find_account, profile="dynamic"),
    OperationCase(
        "GET /acesws/{accountId}/signatures-and-owners", {"accountId", "users", "applicant"}, OWN_ACCOUNT
    ),
)
ALERTS = (
    OperationCase(
        "GET /iserver/account/{accountId}/alerts",
        [{"order_id", "account", "alert_name", "alert_active", "order_time", "alert_triggered"}],
        OWN_ACCOUNT,
    ),
    OperationCase("GET /iserver/account/alert/{alertId}", ALERT, query={"type": "Q"}, prepare=_find_alert),
    OperationCase("GET /iserver/account/mta", ALERT),
    OperationCase("POST /iserver/account/{accountId}/alert", ALERT_RESULT, OWN_ACCOUNT, body=NEW_ALERT),
    OperationCase(
        "POST /iserver/account/{accountId}/alert/activate", ALERT_RESULT, OWN_ACCOUNT, prepare=_find_alert
    ),
    OperationCase(
        "DELETE /iserver/account/{accountId}/alert/{alertId}", ALERT_RESULT, OWN_ACCOUNT, prepare=_find_alert
    ),
)
CONTRACTS = (
    OperationCase("GET /iserver/secdef/search", [SEARCH_RESULT], query={"symbol": "AAPL", "secType": "STK"}),
    OperationCase("POST /iserver/secdef/search", [SEARCH_RESULT], body={"symbol": "AAPL", "secType": "STK"}),
    OperationCase(
        "GET /iserver/secdef/strikes",
        {"call", "put"},
        query={"conid": IBM, "sectype": "OPT", "month": "{month}"},
        prepare=_find_strike,
    ),
    OperationCase(
        "GET /iserver/secdef/info",
        [{"conid", "symbol", "secType", "right", "strike", "maturityDate"}],
        query={"conid": IBM, "sectype": "OPT", "month": "{month}", "strike": "{strike}", "right": "C"},
        prepare=_find_strike,
    ),
    OperationCase(
        "GET /iserver/secdef/bond-filters", {"bondFilters"}, query={"symbol": "BOND", "issuerId": "e1400789"}
    ),
    OperationCase("GET /iserver/contract/{conid}/info", CONTRACT, {"conid": IBM}),
    OperationCase(
        "GET /iserver/contract/{conid}/info-and-rules",
        {*CONTRACT, "rules"},
        {"conid": IBM},
        {"isBuy": "true"},
    ),
    OperationCase(
        "GET /iserver/contract/{conid}/algos",
        {"algos": [{"id", "name"}]},
        {"conid": IBM},
        {
            "addDescription": "1",
            "addParams": "1",
        },
    ),
    OperationCase("POST /iserver/contract/rules", RULES, body={"conid": IBM, "isBuy": True}),
    OperationCase(
        "GET /iserver/currency/pairs", {"*": [{"symbol", "conid", "ccyPair"}]}, query={"currency": "USD"}
    ),
    OperationCase("GET /iserver/exchangerate", {"rate"}, query={"source": "USD", "target": "EUR"}),
    OperationCase(
        "GET /trsrv/stocks",
        {"*": [{"name", "chineseName", "assetClass", "contracts"}]},
        query={"symbols": "IBM"},
    ),
    OperationCase(
        "GET /trsrv/futures",
        {"*": [{"symbol", "conid", "underlyingConid", "expirationDate", "ltd"}]},
        query={"symbols": ES_FUTURES},
    ),
    OperationCase(
        "GET /trsrv/secdef", {"secdef": [{"conid", "name", "assetClass"}]}, query={"conids": f"{AAPL},{IBM}"}
    ),
    OperationCase(
        "GET /trsrv/secdef/schedule",
        [{"id", "tradeVenueId", "exchange", "schedules"}],
        query={"assetClass": "STK", "symbol": "AAPL"},
    ),
    OperationCase("GET /trsrv/all-conids", [{"ticker", "conid", "exchange"}], query={"exchange": "NYSE"}),
    OperationCase(
        "GET /contract/trading-schedule", {"exchange_time_zone", "schedules"}, query={"conid": IBM}
    ),
)
EVENT_CONTRACTS = (
    OperationCase("GET /forecast/category/tree", {"categories": {"*": {"name"}}}),
    OperationCase(
        "GET /forecast/contract/market",
        {"market_name", "exchange", "symbol", "contracts"},
        query={"underlyingConid": EMISSIONS},
    ),
    OperationCase(
        "GET /forecast/contract/details",
        {"conid_yes", "conid_no", "question", "side", "strike", "expiration", "underlying_conid", "payout"},
        query={"conid": "{conid}"},
        prepare=_find_event_contract,
    ),
    OperationCase(
        "GET /forecast/contract/rules",
        {"asset_class", "description", "threshold", "last_trade_time", "payout", "price_increment"},
        query={"conid": "{conid}"},
        prepare=_find_event_contract,
    ),
    OperationCase(
        "GET /forecast/contract/schedules",
        {"timezone", "trading_schedules"},
        query={"conid": "{conid}"},
        prepare=_find_event_contract,
    ),
)
_GROUPS = "/iserver/account/allocation"
FA_ALLOCATION = (
    OperationCase(f"GET {_GROUPS}/accounts", {"accounts": [{"name", "data"}]}, profile="fa"),
    OperationCase(
        f"GET {_GROUPS}/group",
        {"data": [{"name", "allocation_method", "size"}]},
        prepare=_save_group,
        profile="fa",
    ),
    OperationCase(f"POST {_GROUPS}/group", SUCCESS, body=GROUP, profile="fa"),
    OperationCase(f"PUT {_GROUPS}/group", SUCCESS, body=GROUP, prepare=_save_group, profile="fa"),
    OperationCase(
        f"POST {_GROUPS}/group/single",
        {"name", "accounts", "default_method"},
        body={"name": "Mine"},
        prepare=_save_group,
        profile="fa",
    ),
    OperationCase(
        f"POST {_GROUPS}/group/delete", SUCCESS, body={"name": "Mine"}, prepare=_save_group, profile="fa"
    ),
    OperationCase(
        f"GET {_GROUPS}/presets",
        {
            "group_auto_close_positions",
            "default_method_for_all",
            "profiles_auto_close_positions",
            "strict_credit_check",
            "group_proportional_allocation",
        },
        profile="fa",
    ),
    OperationCase(f"POST {_GROUPS}/presets", SUCCESS, body={"strict_credit_check": True}, profile="fa"),
)
_MODEL_BODY = {"reqID": 1, "model": MODEL}
FA_MODELS = (
    OperationCase(
        "POST /fa/model/list",
        {"reqID", "models", "baseCcy", "masterAccount"},
        body={"reqID": 1},
        profile="fa",
    ),
    OperationCase(
        "POST /fa/model/summary",
        {"reqID", "model", "desc", "nlv", "numAccounts", "isStatic", "mismatch"},
        body=_MODEL_BODY,
        profile="fa",
    ),
    OperationCase(
        "POST /fa/model/positions",
        {"reqID", "model", "cash", "positionList", "nlv", "totalMv"},
        body=_MODEL_BODY,
        profile="fa",
    ),
    OperationCase(
        "POST /fa/model/accounts-details",
        {"reqID", "model", "accountInfoList", "baseCcyMaster"},
        body=_MODEL_BODY,
        profile="fa",
    ),
    OperationCase(
        "POST /fa/model/save",
        {"reqID", "success"},
        profile="fa",
        body={
            "reqID": 1,
            "model": "Mine",
            "desc": "A test",
            "isStatic": False,
            "cashTargets": [{"ccy": "USD", "target": 0.5}],
            "positionTargets": [{"conid": AAPL, "target": 0.5}],
        },
    ),
    OperationCase(
        "POST /fa/model/invest-divest",
        {"reqID", "transfersInstructionId"},
        profile="fa",
        body={
            **_MODEL_BODY,
            "accountList": [{"account": CLIENT, "amtToInvest": 1000}],
        },
    ),
    OperationCase(
        "POST /fa/model/invest-divest-positions",
        {"reqID", "model", "accountList", "baseCcyMaster"},
        body=_MODEL_BODY,
        profile="fa",
    ),
    OperationCase(
        "POST /fa/model/submit-transfers", {"reqID", "success"}, prepare=_draft_transfer, profile="fa"
    ),
    OperationCase(
        "POST /fa/fa-preset/get",
        {"reqID", "keepModelOpen", "useToleranceRange"},
        body={"reqID": 1},
        profile="fa",
    ),
    OperationCase(
        "POST /fa/fa-preset/save",
        {"reqID", "success"},
        body={"reqID": 1, "keepModelOpen": True},
        profile="fa",
    ),
)
NOTIFICATIONS = (
    OperationCase("GET /fyi/unreadnumber", {"BN"}),
    OperationCase(
        "GET /fyi/notifications", [NOTICE], query={"max": 5}, accepted_mismatches=("[].HT is missing",)
    ),
    OperationCase("GET /fyi/notifications/more", list, query={"id": "{id}"}, prepare=_find_notification),
    OperationCase(
        "PUT /fyi/notifications/{notificationId}", {*ACKNOWLEDGED, "P"}, body={}, prepare=_find_notification
    ),
    OperationCase("GET /fyi/settings", [{"FC", "H"}]),
    OperationCase("POST /fyi/settings/{typecode}", ACKNOWLEDGED, {"typecode": "BA"}, body={"enabled": True}),
    OperationCase("GET /fyi/disclaimer/{typecode}", {"FC", "DT"}, {"typecode": "BA"}),
    OperationCase("PUT /fyi/disclaimer/{typecode}", ACKNOWLEDGED, {"typecode": "BA"}, body={}),
    OperationCase("GET /fyi/deliveryoptions", {"E", "M"}, prepare=_add_device),
    OperationCase("PUT /fyi/deliveryoptions/email", ACKNOWLEDGED, query={"enabled": "true"}, body={}),
    OperationCase(
        "POST /fyi/deliveryoptions/device", ACKNOWLEDGED, body={"deviceId": DEVICE, "enabled": True}
    ),
    OperationCase("DELETE /fyi/deliveryoptions/{deviceId}", None, prepare=_add_device),
)
MARKET_DATA = (
    OperationCase(
        "GET /iserver/marketdata/snapshot",
        [{"conid", "conidEx", "server_id", "_updated", "6119", "6509", "31"}],
        query={"conids": f"{AAPL},{IBM}", "fields": "31,84,86"},
    ),
    OperationCase(
        "GET /iserver/marketdata/history",
        {
            "serverId",
            "symbol",
            "text",
            "priceFactor",
            "startTime",
            "high",
            "low",
            "timePeriod",
            "barLength",
            "mdAvailability",
            "mktDataDelay",
            "outsideRth",
            "volumeFactor",
            "data",
            "points",
            "travelTime",
        },
        query={"conid": AAPL, "period": "1d", "bar": "1h"},
    ),
    OperationCase(
        "POST /iserver/marketdata/unsubscribe", SUCCESS, body={"conid": IBM}, prepare=_subscribe_quotes
    ),
    OperationCase("GET /iserver/marketdata/unsubscribeall", {"unsubscribed"}),
)
SCANNER = (
    OperationCase(
        "GET /iserver/scanner/params",
        {
            "scan_type_list",
            "instrument_list",
            "filter_list",
            "location_tree",
        },
    ),
    OperationCase(
        "POST /iserver/scanner/run",
        {"contracts": [{"con_id", "conidex", "symbol"}], "scan_data_column_name": str},
        body={
            "instrument": "STK",
            "type": "TOP_PERC_GAIN",
            "location": "STK.US.MAJOR",
            "filter": [],
        },
    ),
)
MONITORING = (
    OperationCase("GET /iserver/account/orders", {"orders": [ORDER_ROW], "snapshot": bool}),
    OperationCase("GET /iserver/account/order/status/{orderId}", STATUS_ROW, prepare=_place_working_order),
    OperationCase("GET /iserver/account/trades", [TRADE]),
)
ORDERS = (
    OperationCase(
        "POST /iserver/account/{accountId}/orders",
        ACCEPTED_ORDERS,
        OWN_ACCOUNT,
        prepare=_order_body,
        accepted_mismatches=NO_QUESTION,
    ),
    OperationCase(
        "POST /iserver/account/{accountId}/orders/whatif",
        {"amount", "equity", "initial", "maintenance", "position", "warn", "error"},
        OWN_ACCOUNT,
        prepare=_order_body,
        # The record is of an order without market data, which caused the warning.
        accepted_mismatches=("warn is null, not string",),
    ),
    OperationCase(
        "POST /iserver/account/{accountId}/order/{orderId}",
        ACCEPTED_ORDERS,
        OWN_ACCOUNT,
        prepare=_place_working_order,
        accepted_mismatches=NO_QUESTION,
    ),
    OperationCase(
        "DELETE /iserver/account/{accountId}/order/{orderId}",
        {"msg", "order_id", "conid", "account"},
        OWN_ACCOUNT,
        prepare=_place_working_order,
    ),
    OperationCase(
        "POST /iserver/reply/{replyId}", ACCEPTED_ORDERS, body={"confirmed": True}, prepare=_raise_question
    ),
    OperationCase("POST /iserver/questions/suppress", {"status"}, body={"messageIds": ["o163"]}),
    OperationCase("POST /iserver/questions/suppress/reset", {"status"}, body={}),
    OperationCase("POST /iserver/notification", str, prepare=_raise_prompt),
)
PORTFOLIO = (
    OperationCase("GET /portfolio/accounts", [ACCOUNT_KEYS]),
    OperationCase("GET /portfolio/subaccounts", [ACCOUNT_KEYS]),
    OperationCase(
        "GET /portfolio/subaccounts2",
        {"metadata": {"total", "pageSize", "pageNum"}, "subaccounts": [ACCOUNT_KEYS]},
    ),
    OperationCase("GET /portfolio/{accountId}/meta", ACCOUNT_KEYS, OWN_ACCOUNT),
    OperationCase(
        "GET /portfolio/{accountId}/summary",
        {"*": {"amount", "currency", "isNull", "timestamp", "value", "severity"}},
        OWN_ACCOUNT,
    ),
    OperationCase(
        "GET /portfolio/{accountId}/ledger",
        {"*": {"cashbalance", "netliquidationvalue", "secondkey"}},
        OWN_ACCOUNT,
    ),
    OperationCase(
        "GET /portfolio/{accountId}/allocation",
        ALLOCATION,
        OWN_ACCOUNT,
        accepted_mismatches=("sector.long.Others is missing", "group.long.Others is missing"),
    ),
    OperationCase(
        "POST /portfolio/allocation", ALLOCATION, body={"acctIds": [ACCOUNT]}, prepare=_load_positions
    ),
    OperationCase(
        "GET /portfolio/{accountId}/positions/{pageId}",
        [POSITION],
        {**OWN_ACCOUNT, "pageId": "0"},
        accepted_mismatches=_STRIKE,
    ),
    OperationCase(
        "GET /portfolio2/{accountId}/positions",
        [{"conid", "position", "marketPrice", "description"}],
        OWN_ACCOUNT,
    ),
    OperationCase("GET /portfolio/{accountId}/position/{conid}", [POSITION], {**OWN_ACCOUNT, "conid": IBM}),
    OperationCase("GET /portfolio/positions/{conid}", {"*": [POSITION]}, {"conid": IBM}),
    OperationCase("GET /portfolio/{accountId}/combo/positions", list, OWN_ACCOUNT),
    OperationCase("POST /portfolio/{accountId}/positions/invalidate", {"message"}, OWN_ACCOUNT, body={}),
)
PORTFOLIO_ANALYST = (
    OperationCase(
        "POST /pa/performance",
        {"nav", "cps", "tpps", "nd", "id", "included", "pm", "currencyType", "rc"},
        body={"acctIds": [ACCOUNT], "period": "1M"},
    ),
    OperationCase(
        "POST /pa/allperiods",
        {"currencyType", "rc", "view", "nd", "id", "included", "pm", ACCOUNT},
        body={"acctIds": [ACCOUNT]},
    ),
    OperationCase(
        "POST /pa/transactions",
        {"rpnl": {"data", "amt"}, "transactions": list, "currency": str, "from": int, "to": int, "nd": int},
        body={"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"},
    ),
    OperationCase(
        "POST /pa/allocation",
        {"id": str, "currency": str, "realtime": bool, "allocations": {"*": {"long"}}},
        body={"acctIds": [ACCOUNT], "type": "ALL"},
    ),
)
WATCHLISTS = (
    OperationCase(
        "GET /iserver/watchlists",
        {"data": {"user_lists"}, "action": str, "MID": str},
        query={"SC": "USER_WATCHLIST"},
    ),
    OperationCase(
        "GET /iserver/watchlist",
        {"id", "hash", "name", "readOnly", "instruments"},
        query={"id": "{id}"},
        prepare=_save_watchlist,
    ),
    OperationCase(
        "POST /iserver/watchlist",
        {"id", "hash", "name", "readOnly", "instruments"},
        body={
            "id": "99",
            "name": "Another",
            "rows": [{"C": AAPL}, {"H": ""}],
        },
    ),
    OperationCase(
        "DELETE /iserver/watchlist",
        {"data": {"deleted"}, "action": str, "MID": str},
        query={"id": "{id}"},
        prepare=_save_watchlist,
    ),
)

ALL_OPERATIONS = (
    *SESSION, *ACCOUNTS, *ALERTS, *CONTRACTS, *EVENT_CONTRACTS, *FA_ALLOCATION, *FA_MODELS, *NOTIFICATIONS,
    *MARKET_DATA, *SCANNER, *MONITORING, *ORDERS, *PORTFOLIO, *PORTFOLIO_ANALYST, *WATCHLISTS,
)  # fmt: skip
