"""Every operation of the Web API: how it is asked, and what its answer looks like at the top.

A shape is a set of keys that an object has, a list of one shape for rows, a dict of shapes by key (`*` stands
for keys that are data), a type, or None for no body at all. The keys are those of IBKR's reference and of
recorded replies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.order_calls import Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM

Values = dict[str, Any]
Before = Callable[[Trader, Simulation], Awaitable[Values]]
EMISSIONS, ES_FUTURES = 732764706, "ES"
CLIENT, OTHER_CLIENT, MODEL = "DU1234567", "DU1234568", "US-Stocks"
DEVICE = "apn://desk@1/2"


@dataclass(frozen=True)
class Asked:
    """One operation. `values` fill its path and its query, `before` gives more of them, and perhaps a body.

    `unlike` are contradictions to the record that are right, as the record knows another case.
    """

    operation: str
    shape: Any
    values: Values = field(default_factory=dict)
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Any = None
    before: Before | None = None
    profile: str = "retail"
    unlike: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """GET, POST, PUT or DELETE."""
        return self.operation.partition(" ")[0]

    @property
    def template(self) -> str:
        """The path with its variables."""
        return self.operation.partition(" ")[2]


def fits(shape: Any, reply: Any) -> bool:
    """Whether a reply has that shape."""
    if shape is None:
        return bool(reply in (None, ""))
    if isinstance(shape, type):
        return isinstance(reply, shape)
    if isinstance(shape, set):
        return isinstance(reply, dict) and shape <= reply.keys()
    if isinstance(shape, list):
        return isinstance(reply, list) and bool(reply) and all(fits(shape[0], row) for row in reply)
    inner = dict(shape)
    other = inner.pop("*", None)
    if not isinstance(reply, dict) or not inner.keys() <= reply.keys():
        return False
    rest = [value for key, value in reply.items() if key not in inner]
    return all(fits(each, reply[key]) for key, each in inner.items()) and (
        other is None or (bool(rest) and all(fits(other, value) for value in rest))
    )


async def _contract(trader: Trader, _: Simulation) -> Values:
    market = await trader.json("/forecast/contract/market", underlyingConid=EMISSIONS)
    return {"conid": market["contracts"][0]["conid"]}


async def _strikes(trader: Trader, _: Simulation) -> Values:
    (row,) = [
        each for each in await trader.json("/iserver/secdef/search", symbol="IBM") if each["conid"] == "8314"
    ]
    months = next(section["months"] for section in row["sections"] if section["secType"] == "OPT")
    month = months.partition(";")[0]
    strikes = await trader.json("/iserver/secdef/strikes", conid=IBM, sectype="OPT", month=month)
    return {"month": month, "strike": strikes["call"][0]}


async def _positions(trader: Trader, _: Simulation) -> Values:
    await trader.get(f"/portfolio/{ACCOUNT}/positions/0")
    return {}


async def _quoted(trader: Trader, _: Simulation) -> Values:
    await trader.get("/iserver/marketdata/snapshot", conids=IBM, fields="31")
    return {}


async def _alert(trader: Trader, _: Simulation) -> Values:
    number = (await trader.json(f"/iserver/account/{ACCOUNT}/alerts"))[0]["order_id"]
    return {"alertId": number, "body": {"alertId": number, "alertActive": 0}}


async def _device(trader: Trader, _: Simulation) -> Values:
    await trader.post("/fyi/deliveryoptions/device", {"deviceId": DEVICE, "enabled": True})
    return {"deviceId": DEVICE}


async def _notification(trader: Trader, _: Simulation) -> Values:
    await trader.get("/fyi/notifications", max=1)
    newest = (await trader.json("/fyi/notifications", max=1))[0]["ID"]
    return {"id": newest, "notificationId": newest}


async def _watchlist(trader: Trader, _: Simulation) -> Values:
    await trader.post("/iserver/watchlist", {"id": "1234", "name": "Mine", "rows": [{"C": AAPL}]})
    return {"id": "1234"}


def _limit(simulation: Simulation, part: float = 1.0) -> dict[str, Any]:
    last = simulation.prices.quote(simulation.selected_account.instrument(AAPL)).last
    return ticket(orderType="LMT", price=round(last * part, 2))


async def _ticket(_: Trader, simulation: Simulation) -> Values:
    return {"body": {"orders": [_limit(simulation)]}}


async def _working(trader: Trader, simulation: Simulation) -> Values:
    (order_id,) = await trader.places(_limit(simulation, 0.95))
    return {"orderId": order_id, "body": _limit(simulation, 0.98)}


async def _question(trader: Trader, simulation: Simulation) -> Values:
    question = await trader.asks(_limit(simulation, 0.95))
    return {"replyId": question[0]["id"]}


async def _prompt(trader: Trader, simulation: Simulation) -> Values:
    prompt = await trader.confirmed(await trader.asks({**_limit(simulation), "useAdaptive": True}))
    return {"body": {"orderId": prompt["orderId"], "reqId": prompt["reqId"], "text": prompt["options"][0]}}


async def _draft(trader: Trader, _: Simulation) -> Values:
    accounts = [{"account": CLIENT, "amtToInvest": 1000}]
    body = {"reqID": 1, "model": MODEL, "accountList": accounts}
    draft = (await trader.post("/fa/model/invest-divest", body)).json()
    return {"body": {"reqID": 2, "fpOrderId": draft["transfersInstructionId"]}}


async def _found(trader: Trader, _: Simulation) -> Values:
    accounts = (await trader.json("/iserver/account/search/DU"))["matchedAccounts"]
    return {"body": {"acctId": accounts[-1]["accountId"]}}


async def _group(trader: Trader, _: Simulation) -> Values:
    await trader.post("/iserver/account/allocation/group", GROUP)
    return {}


OWN = {"accountId": ACCOUNT}
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
FOUND = {"conid", "companyHeader", "companyName", "symbol", "description", "restricted", "sections"}
POSITION = {"acctId", "conid", "contractDesc", "position", "mktPrice", "mktValue", "avgCost", "unrealizedPnl"}
SPLIT = {name: {"long", "short"} for name in ("assetClass", "sector", "group")}
TAKEN = [{"order_id", "order_status", "encrypt_message"}]
ORDER_ROW = {"orderId", "conid", "side", "status", "ticker", "remainingQuantity", "price", "timeInForce"}
STATUS_ROW = {"order_id", "conid", "side", "order_status", "size", "total_size", "limit_price", "order_time"}
TRADE = {"execution_id", "conid", "side", "size", "price", "commission", "trade_time", "trade_time_r"}
NOTICE = {"ID", "D", "FC", "MD", "MS", "R"}
ACKNOWLEDGED = {"V", "T"}
SUCCESS = {"success"}
ALERT = {"order_id", "alert_name", "alert_active", "conditions", "tool_id"}
ALERT_DONE = {"request_id", "order_id", "success", "text"}
MADE = {
    "alertName": "IBM",
    "alertMessage": "IBM is dear",
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
# The record is of the first page before the contracts are known, when a strike is a number.
_STRIKE = ("[].strike is string, not float",)
# The record mixes the questions that an order raises with the answer that takes it.
NO_QUESTION = tuple(
    f"[].{name} is missing" for name in ("id", "message", "messageIds", "messageOptions", "isSuppressed")
)

SESSION = (
    Asked(
        "POST /iserver/auth/ssodh/init",
        {"authenticated", "connected"},
        body={"publish": True, "compete": True},
    ),
    Asked("POST /iserver/auth/status", STATUS, body={}),
    Asked("POST /tickle", {"session", "ssoExpires", "collission", "userId", "hmds", "iserver"}, body={}),
    Asked("GET /sso/validate", {"USER_ID", "USER_NAME", "RESULT", "AUTH_TIME", "EXPIRES", "IP", "features"}),
    Asked("POST /logout", {"status"}, body={}),
)
ACCOUNTS = (
    Asked(
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
    Asked("POST /iserver/account", SUCCESS, body={"acctId": ACCOUNT}),
    Asked(
        "GET /iserver/account/pnl/partitioned",
        {"upnl": {"*": {"rowType", "dpl", "nl", "upl", "uel", "el", "mv"}}},
    ),
    Asked(
        "GET /iserver/account/{accountId}/summary",
        {"netLiquidationValue", "buyingPower", "cashBalances"},
        OWN,
    ),
    Asked("GET /iserver/account/{accountId}/summary/available_funds", SEGMENTS, OWN),
    Asked("GET /iserver/account/{accountId}/summary/balances", SEGMENTS, OWN),
    Asked("GET /iserver/account/{accountId}/summary/margins", SEGMENTS, OWN),
    Asked("GET /iserver/account/{accountId}/summary/market_value", {"*": {"total_cash", "stock"}}, OWN),
    Asked(
        "GET /iserver/account/search/{searchPattern}",
        {"matchedAccounts", "pattern"},
        {"searchPattern": "DU"},
        profile="dynamic",
    ),
    Asked("POST /iserver/dynaccount", {"set", "acctId"}, before=_found, profile="dynamic"),
    Asked("GET /acesws/{accountId}/signatures-and-owners", {"accountId", "users", "applicant"}, OWN),
)
ALERTS = (
    Asked(
        "GET /iserver/account/{accountId}/alerts",
        [{"order_id", "account", "alert_name", "alert_active", "order_time", "alert_triggered"}],
        OWN,
    ),
    Asked("GET /iserver/account/alert/{alertId}", ALERT, query={"type": "Q"}, before=_alert),
    Asked("GET /iserver/account/mta", ALERT),
    Asked("POST /iserver/account/{accountId}/alert", ALERT_DONE, OWN, body=MADE),
    Asked("POST /iserver/account/{accountId}/alert/activate", ALERT_DONE, OWN, before=_alert),
    Asked("DELETE /iserver/account/{accountId}/alert/{alertId}", ALERT_DONE, OWN, before=_alert),
)
CONTRACTS = (
    Asked("GET /iserver/secdef/search", [FOUND], query={"symbol": "AAPL", "secType": "STK"}),
    Asked("POST /iserver/secdef/search", [FOUND], body={"symbol": "AAPL", "secType": "STK"}),
    Asked(
        "GET /iserver/secdef/strikes",
        {"call", "put"},
        query={"conid": IBM, "sectype": "OPT", "month": "{month}"},
        before=_strikes,
    ),
    Asked(
        "GET /iserver/secdef/info",
        [{"conid", "symbol", "secType", "right", "strike", "maturityDate"}],
        query={"conid": IBM, "sectype": "OPT", "month": "{month}", "strike": "{strike}", "right": "C"},
        before=_strikes,
    ),
    Asked(
        "GET /iserver/secdef/bond-filters", {"bondFilters"}, query={"symbol": "BOND", "issuerId": "e1400789"}
    ),
    Asked("GET /iserver/contract/{conid}/info", CONTRACT, {"conid": IBM}),
    Asked(
        "GET /iserver/contract/{conid}/info-and-rules",
        {*CONTRACT, "rules"},
        {"conid": IBM},
        {"isBuy": "true"},
    ),
    Asked(
        "GET /iserver/contract/{conid}/algos",
        {"algos": [{"id", "name"}]},
        {"conid": IBM},
        {
            "addDescription": "1",
            "addParams": "1",
        },
    ),
    Asked("POST /iserver/contract/rules", RULES, body={"conid": IBM, "isBuy": True}),
    Asked("GET /iserver/currency/pairs", {"*": [{"symbol", "conid", "ccyPair"}]}, query={"currency": "USD"}),
    Asked("GET /iserver/exchangerate", {"rate"}, query={"source": "USD", "target": "EUR"}),
    Asked(
        "GET /trsrv/stocks",
        {"*": [{"name", "chineseName", "assetClass", "contracts"}]},
        query={"symbols": "IBM"},
    ),
    Asked(
        "GET /trsrv/futures",
        {"*": [{"symbol", "conid", "underlyingConid", "expirationDate", "ltd"}]},
        query={"symbols": ES_FUTURES},
    ),
    Asked(
        "GET /trsrv/secdef", {"secdef": [{"conid", "name", "assetClass"}]}, query={"conids": f"{AAPL},{IBM}"}
    ),
    Asked(
        "GET /trsrv/secdef/schedule",
        [{"id", "tradeVenueId", "exchange", "schedules"}],
        query={"assetClass": "STK", "symbol": "AAPL"},
    ),
    Asked("GET /trsrv/all-conids", [{"ticker", "conid", "exchange"}], query={"exchange": "NYSE"}),
    Asked("GET /contract/trading-schedule", {"exchange_time_zone", "schedules"}, query={"conid": IBM}),
)
EVENT_CONTRACTS = (
    Asked("GET /forecast/category/tree", {"categories": {"*": {"name"}}}),
    Asked(
        "GET /forecast/contract/market",
        {"market_name", "exchange", "symbol", "contracts"},
        query={"underlyingConid": EMISSIONS},
    ),
    Asked(
        "GET /forecast/contract/details",
        {"conid_yes", "conid_no", "question", "side", "strike", "expiration", "underlying_conid", "payout"},
        query={"conid": "{conid}"},
        before=_contract,
    ),
    Asked(
        "GET /forecast/contract/rules",
        {"asset_class", "description", "threshold", "last_trade_time", "payout", "price_increment"},
        query={"conid": "{conid}"},
        before=_contract,
    ),
    Asked(
        "GET /forecast/contract/schedules",
        {"timezone", "trading_schedules"},
        query={"conid": "{conid}"},
        before=_contract,
    ),
)
_GROUPS = "/iserver/account/allocation"
FA_ALLOCATION = (
    Asked(f"GET {_GROUPS}/accounts", {"accounts": [{"name", "data"}]}, profile="fa"),
    Asked(
        f"GET {_GROUPS}/group", {"data": [{"name", "allocation_method", "size"}]}, before=_group, profile="fa"
    ),
    Asked(f"POST {_GROUPS}/group", SUCCESS, body=GROUP, profile="fa"),
    Asked(f"PUT {_GROUPS}/group", SUCCESS, body=GROUP, before=_group, profile="fa"),
    Asked(
        f"POST {_GROUPS}/group/single",
        {"name", "accounts", "default_method"},
        body={"name": "Mine"},
        before=_group,
        profile="fa",
    ),
    Asked(f"POST {_GROUPS}/group/delete", SUCCESS, body={"name": "Mine"}, before=_group, profile="fa"),
    Asked(
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
    Asked(f"POST {_GROUPS}/presets", SUCCESS, body={"strict_credit_check": True}, profile="fa"),
)
_OF_MODEL = {"reqID": 1, "model": MODEL}
FA_MODELS = (
    Asked(
        "POST /fa/model/list",
        {"reqID", "models", "baseCcy", "masterAccount"},
        body={"reqID": 1},
        profile="fa",
    ),
    Asked(
        "POST /fa/model/summary",
        {"reqID", "model", "desc", "nlv", "numAccounts", "isStatic", "mismatch"},
        body=_OF_MODEL,
        profile="fa",
    ),
    Asked(
        "POST /fa/model/positions",
        {"reqID", "model", "cash", "positionList", "nlv", "totalMv"},
        body=_OF_MODEL,
        profile="fa",
    ),
    Asked(
        "POST /fa/model/accounts-details",
        {"reqID", "model", "accountInfoList", "baseCcyMaster"},
        body=_OF_MODEL,
        profile="fa",
    ),
    Asked(
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
    Asked(
        "POST /fa/model/invest-divest",
        {"reqID", "transfersInstructionId"},
        profile="fa",
        body={
            **_OF_MODEL,
            "accountList": [{"account": CLIENT, "amtToInvest": 1000}],
        },
    ),
    Asked(
        "POST /fa/model/invest-divest-positions",
        {"reqID", "model", "accountList", "baseCcyMaster"},
        body=_OF_MODEL,
        profile="fa",
    ),
    Asked("POST /fa/model/submit-transfers", {"reqID", "success"}, before=_draft, profile="fa"),
    Asked(
        "POST /fa/fa-preset/get",
        {"reqID", "keepModelOpen", "useToleranceRange"},
        body={"reqID": 1},
        profile="fa",
    ),
    Asked(
        "POST /fa/fa-preset/save",
        {"reqID", "success"},
        body={"reqID": 1, "keepModelOpen": True},
        profile="fa",
    ),
)
NOTIFICATIONS = (
    Asked("GET /fyi/unreadnumber", {"BN"}),
    Asked("GET /fyi/notifications", [NOTICE], query={"max": 5}, unlike=("[].HT is missing",)),
    Asked("GET /fyi/notifications/more", list, query={"id": "{id}"}, before=_notification),
    Asked("PUT /fyi/notifications/{notificationId}", {*ACKNOWLEDGED, "P"}, body={}, before=_notification),
    Asked("GET /fyi/settings", [{"FC", "H"}]),
    Asked("POST /fyi/settings/{typecode}", ACKNOWLEDGED, {"typecode": "BA"}, body={"enabled": True}),
    Asked("GET /fyi/disclaimer/{typecode}", {"FC", "DT"}, {"typecode": "BA"}),
    Asked("PUT /fyi/disclaimer/{typecode}", ACKNOWLEDGED, {"typecode": "BA"}, body={}),
    Asked("GET /fyi/deliveryoptions", {"E", "M"}, before=_device),
    Asked("PUT /fyi/deliveryoptions/email", ACKNOWLEDGED, query={"enabled": "true"}, body={}),
    Asked("POST /fyi/deliveryoptions/device", ACKNOWLEDGED, body={"deviceId": DEVICE, "enabled": True}),
    Asked("DELETE /fyi/deliveryoptions/{deviceId}", None, before=_device),
)
MARKET_DATA = (
    Asked(
        "GET /iserver/marketdata/snapshot",
        [{"conid", "conidEx", "server_id", "_updated", "6119", "6509", "31"}],
        query={"conids": f"{AAPL},{IBM}", "fields": "31,84,86"},
    ),
    Asked(
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
    Asked("POST /iserver/marketdata/unsubscribe", SUCCESS, body={"conid": IBM}, before=_quoted),
    Asked("GET /iserver/marketdata/unsubscribeall", {"unsubscribed"}),
)
SCANNER = (
    Asked(
        "GET /iserver/scanner/params",
        {
            "scan_type_list",
            "instrument_list",
            "filter_list",
            "location_tree",
        },
    ),
    Asked(
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
    Asked("GET /iserver/account/orders", {"orders": [ORDER_ROW], "snapshot": bool}),
    Asked("GET /iserver/account/order/status/{orderId}", STATUS_ROW, before=_working),
    Asked("GET /iserver/account/trades", [TRADE]),
)
ORDERS = (
    Asked("POST /iserver/account/{accountId}/orders", TAKEN, OWN, before=_ticket, unlike=NO_QUESTION),
    Asked(
        "POST /iserver/account/{accountId}/orders/whatif",
        {"amount", "equity", "initial", "maintenance", "position", "warn", "error"},
        OWN,
        before=_ticket,
        # The record is of an order without market data, which is what the warning was about.
        unlike=("warn is null, not string",),
    ),
    Asked(
        "POST /iserver/account/{accountId}/order/{orderId}", TAKEN, OWN, before=_working, unlike=NO_QUESTION
    ),
    Asked(
        "DELETE /iserver/account/{accountId}/order/{orderId}",
        {"msg", "order_id", "conid", "account"},
        OWN,
        before=_working,
    ),
    Asked("POST /iserver/reply/{replyId}", TAKEN, body={"confirmed": True}, before=_question),
    Asked("POST /iserver/questions/suppress", {"status"}, body={"messageIds": ["o163"]}),
    Asked("POST /iserver/questions/suppress/reset", {"status"}, body={}),
    Asked("POST /iserver/notification", str, before=_prompt),
)
PORTFOLIO = (
    Asked("GET /portfolio/accounts", [ACCOUNT_KEYS]),
    Asked("GET /portfolio/subaccounts", [ACCOUNT_KEYS]),
    Asked(
        "GET /portfolio/subaccounts2",
        {"metadata": {"total", "pageSize", "pageNum"}, "subaccounts": [ACCOUNT_KEYS]},
    ),
    Asked("GET /portfolio/{accountId}/meta", ACCOUNT_KEYS, OWN),
    Asked(
        "GET /portfolio/{accountId}/summary",
        {"*": {"amount", "currency", "isNull", "timestamp", "value", "severity"}},
        OWN,
    ),
    Asked(
        "GET /portfolio/{accountId}/ledger", {"*": {"cashbalance", "netliquidationvalue", "secondkey"}}, OWN
    ),
    Asked(
        "GET /portfolio/{accountId}/allocation",
        SPLIT,
        OWN,
        unlike=("sector.long.Others is missing", "group.long.Others is missing"),
    ),
    Asked("POST /portfolio/allocation", SPLIT, body={"acctIds": [ACCOUNT]}, before=_positions),
    Asked(
        "GET /portfolio/{accountId}/positions/{pageId}", [POSITION], {**OWN, "pageId": "0"}, unlike=_STRIKE
    ),
    Asked(
        "GET /portfolio2/{accountId}/positions", [{"conid", "position", "marketPrice", "description"}], OWN
    ),
    Asked("GET /portfolio/{accountId}/position/{conid}", [POSITION], {**OWN, "conid": IBM}),
    Asked("GET /portfolio/positions/{conid}", {"*": [POSITION]}, {"conid": IBM}),
    Asked("GET /portfolio/{accountId}/combo/positions", list, OWN),
    Asked("POST /portfolio/{accountId}/positions/invalidate", {"message"}, OWN, body={}),
)
PORTFOLIO_ANALYST = (
    Asked(
        "POST /pa/performance",
        {"nav", "cps", "tpps", "nd", "id", "included", "pm", "currencyType", "rc"},
        body={"acctIds": [ACCOUNT], "period": "1M"},
    ),
    Asked(
        "POST /pa/allperiods",
        {"currencyType", "rc", "view", "nd", "id", "included", "pm", ACCOUNT},
        body={"acctIds": [ACCOUNT]},
    ),
    Asked(
        "POST /pa/transactions",
        {"rpnl": {"data", "amt"}, "transactions": list, "currency": str, "from": int, "to": int, "nd": int},
        body={"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"},
    ),
    Asked(
        "POST /pa/allocation",
        {"id": str, "currency": str, "realtime": bool, "allocations": {"*": {"long"}}},
        body={"acctIds": [ACCOUNT], "type": "ALL"},
    ),
)
WATCHLISTS = (
    Asked(
        "GET /iserver/watchlists",
        {"data": {"user_lists"}, "action": str, "MID": str},
        query={"SC": "USER_WATCHLIST"},
    ),
    Asked(
        "GET /iserver/watchlist",
        {"id", "hash", "name", "readOnly", "instruments"},
        query={"id": "{id}"},
        before=_watchlist,
    ),
    Asked(
        "POST /iserver/watchlist",
        {"id", "hash", "name", "readOnly", "instruments"},
        body={
            "id": "99",
            "name": "Another",
            "rows": [{"C": AAPL}, {"H": ""}],
        },
    ),
    Asked(
        "DELETE /iserver/watchlist",
        {"data": {"deleted"}, "action": str, "MID": str},
        query={"id": "{id}"},
        before=_watchlist,
    ),
)

EVERY = (
    *SESSION, *ACCOUNTS, *ALERTS, *CONTRACTS, *EVENT_CONTRACTS, *FA_ALLOCATION, *FA_MODELS, *NOTIFICATIONS,
    *MARKET_DATA, *SCANNER, *MONITORING, *ORDERS, *PORTFOLIO, *PORTFOLIO_ANALYST, *WATCHLISTS,
)  # fmt: skip
