"""The rows of Contracts in the wire table."""

from __future__ import annotations

from typing import Any

from fastmcp import FastMCP

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

ROWS: list[Row] = [
    Row("search_contracts", {"symbol": "AAPL"}, "GET /iserver/secdef/search?symbol=AAPL"),
    Row(
        "search_contracts",
        {
            "symbol": "AT&T + Söhne/#1",
            "sec_type": "STK",
            "name": True,
            "more": False,
            "fund": True,
            "fund_family_conid_ex": "12@X",
            "pattern": True,
            "referrer": "watchlist",
        },
        "GET /iserver/secdef/search?symbol=AT%26T%20%2B%20S%C3%B6hne%2F%231&secType=STK&name=true&more=false"
        "&fund=true&fundFamilyConidEx=12%40X&pattern=true&referrer=watchlist",
    ),
    Row("search_contracts_by_body", {"symbol": "AAPL"}, "POST /iserver/secdef/search", {"symbol": "AAPL"}),
    Row(
        "search_contracts_by_body",
        {
            "symbol": "AT&T",
            "sec_type": "BOND",
            "name": True,
            "more": False,
            "fund": True,
            "fund_family_conid_ex": "12@X",
            "pattern": True,
            "referrer": "watchlist",
        },
        "POST /iserver/secdef/search",
        {
            "symbol": "AT&T",
            "secType": "BOND",
            "name": True,
            "more": False,
            "fund": True,
            "fundFamilyConidEx": "12@X",
            "pattern": True,
            "referrer": "watchlist",
        },
    ),
    Row(
        "get_strikes",
        {"conid": 265598, "sec_type": "OPT", "month": "JAN27"},
        "GET /iserver/secdef/strikes?conid=265598&sectype=OPT&month=JAN27",
    ),
    Row(
        "get_strikes",
        {"conid": 11004968, "sec_type": "FOP", "month": "DEC26", "exchange": "CME"},
        "GET /iserver/secdef/strikes?conid=11004968&sectype=FOP&month=DEC26&exchange=CME",
    ),
    Row(
        "get_secdef_info",
        {
            "conid": 265598,
            "sec_type": "OPT",
            "month": "JAN27",
            "exchange": "SMART",
            "strike": 250,
            "right": "C",
        },
        "GET /iserver/secdef/info?conid=265598&sectype=OPT&month=JAN27&exchange=SMART&strike=250&right=C",
    ),
    Row(
        "get_secdef_info",
        {"issuer_id": "e1234567", "sec_type": "BOND", "filters": ["27:202901", "5:USD"]},
        "GET /iserver/secdef/info?sectype=BOND&issuerId=e1234567&filters=27%3A202901,5%3AUSD",
    ),
    Row(
        "get_bond_filters",
        {"issuer_id": "e1234567"},
        "GET /iserver/secdef/bond-filters?symbol=BOND&issuerId=e1234567",
    ),
    Row("get_contract_info", {"conid": 265598}, "GET /iserver/contract/265598/info"),
    Row("get_contract_info_and_rules", {"conid": 265598}, "GET /iserver/contract/265598/info-and-rules"),
    Row(
        "get_contract_info_and_rules",
        {"conid": 265598, "is_buy": False},
        "GET /iserver/contract/265598/info-and-rules?isBuy=false",
    ),
    Row(
        "list_contract_algos",
        {"conid": 265598},
        "GET /iserver/contract/265598/algos?addDescription=0&addParams=0",
    ),
    Row(
        "list_contract_algos",
        {"conid": 265598, "algos": ["Adaptive", "Vwap"], "add_description": True, "add_params": True},
        "GET /iserver/contract/265598/algos?algos=Adaptive%3BVwap&addDescription=1&addParams=1",
    ),
    Row("get_contract_rules", {"conid": 265598}, "POST /iserver/contract/rules", {"conid": 265598}),
    Row(
        "get_contract_rules",
        {"conid": 265598, "is_buy": True, "exchange": "SMART", "modify_order": True, "order_id": 602801486},
        "POST /iserver/contract/rules",
        {"conid": 265598, "isBuy": True, "exchange": "SMART", "modifyOrder": True, "orderId": 602801486},
    ),
    Row("list_currency_pairs", {"currency": "EUR"}, "GET /iserver/currency/pairs?currency=EUR"),
    Row(
        "get_exchange_rate",
        {"source": "EUR", "target": "USD"},
        "GET /iserver/exchangerate?target=USD&source=EUR",
    ),
    Row("list_stocks", {"symbols": ["AAPL", "BRK B"]}, "GET /trsrv/stocks?symbols=AAPL,BRK%20B"),
    Row("list_stocks", {"symbols": ["M&M"]}, "GET /trsrv/stocks?symbols=M%26M"),
    Row("list_futures", {"symbols": ["ES", "NQ"]}, "GET /trsrv/futures?symbols=ES,NQ"),
    Row(
        "list_futures",
        {"symbols": ["ES"], "exchange": "CME"},
        "GET /trsrv/futures?symbols=ES&exchange=CME",
    ),
    Row(
        "get_symbol_schedule",
        {"asset_class": "STK", "symbol": "AAPL"},
        "GET /trsrv/secdef/schedule?assetClass=STK&symbol=AAPL",
    ),
    Row(
        "get_symbol_schedule",
        {
            "asset_class": "STK",
            "symbol": "AAPL",
            "conid": 265598,
            "exchange": "NASDAQ",
            "exchange_filter": ["NASDAQ", "NYSE"],
        },
        "GET /trsrv/secdef/schedule?assetClass=STK&symbol=AAPL&conid=265598&exchange=NASDAQ"
        "&exchangeFilter=NASDAQ,NYSE",
    ),
    Row("get_security_definitions", {"conids": [265598, 8314]}, "GET /trsrv/secdef?conids=265598,8314"),
    Row("list_exchange_conids", {"exchange": "NASDAQ"}, "GET /trsrv/all-conids?exchange=NASDAQ"),
    Row(
        "list_exchange_conids",
        {"exchange": "NASDAQ", "asset_class": "STK"},
        "GET /trsrv/all-conids?exchange=NASDAQ&assetClass=STK",
    ),
    Row("get_trading_schedule", {"conid": 265598}, "GET /contract/trading-schedule?conid=265598"),
    Row(
        "get_trading_schedule",
        {"conid": 265598, "exchange": "NASDAQ"},
        "GET /contract/trading-schedule?conid=265598&exchange=NASDAQ",
    ),
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(
        ("get_contract_info", {"conid": each})
        for each in [0, -1, 2**31, 10**30, "../1", "1/info", 1.5, "", "\u0663"]
    ),
    *(("get_security_definitions", {"conids": each}) for each in [[], [0], [1] * 201]),
    *(
        ("get_strikes", {"conid": 265598, "sec_type": "OPT", "month": each})
        for each in ["202713", "Jan 27", "JAN", "FOO27", "JAN27;FEB27", "20270115", ""]
    ),
    ("get_strikes", {"conid": 265598, "sec_type": "STK", "month": "JAN27"}),
    ("get_strikes", {"conid": 11004968, "sec_type": "FOP", "month": "DEC26"}),
    ("get_secdef_info", {}),
    ("get_secdef_info", {"conid": 265598, "sec_type": "OPT", "month": "JAN27"}),
    ("get_secdef_info", {"conid": 265598, "sec_type": "FUT"}),
    ("get_secdef_info", {"conid": 265598, "month": "27-01"}),
    ("get_secdef_info", {"conid": 265598, "right": "CALL"}),
    ("get_secdef_info", {"conid": 265598, "strike": 0}),
    *(("get_bond_filters", {"issuer_id": each}) for each in ["1234567", "e", "e1;e2"]),
    ("get_contract_rules", {"conid": 265598, "modify_order": True}),
    ("get_contract_rules", {"conid": 265598, "modify_order": True, "order_id": -1}),
    ("get_contract_rules", {"conid": 265598, "is_buy": "sell"}),
    ("list_contract_algos", {"conid": 265598, "algos": ["Adaptive;Vwap"]}),
    ("list_contract_algos", {"conid": 265598, "algos": ["Vwap"] * 9}),
    *(("list_currency_pairs", {"currency": each}) for each in ["US", "EUR.USD", "EUR&x=1"]),
    *(("list_stocks", {"symbols": each}) for each in [[], ["AAPL,MSFT"], ["A\nB"], ["&A"], ["A"] * 51]),
    *(("list_exchange_conids", {"exchange": each}) for each in ["NASDAQ,NYSE", ""]),
    *(("search_contracts", {"symbol": each}) for each in ["", "A\r\nB", "x" * 101]),
    *(("search_contracts_by_body", {"symbol": each}) for each in ["", "A\r\nB", True]),
    ("search_contracts", {"symbol": "AAPL", "sec_type": "OPT"}),
]


async def _known_issuer(_: FastMCP[Any]) -> dict[str, Any]:
    return {"issuer_id": "e1400789"}


PREPARED: dict[str, Prepare] = {"get_bond_filters": _known_issuer}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
