"""Calls of ibind's REST methods: what each is called with, and what must hold for its result.

`METHODS` has every method that IBKR still serves, `NOT_SERVED` the others. Methods that need a profile other
than `retail` are in separate tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ibind import IbkrClient

AAPL, IBM = "265598", "8314"
QUOTE = ["31", "84", "86"]
FIVE_SECONDS, A_MINUTE, FIFTEEN_MINUTES = 6, 61, 901

Call = Callable[[IbkrClient], Any]
Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Method:
    """A call, what its result must satisfy, and the seconds that the clock moves before it.

    Of the methods with `subscribes`, the first reply only opens a subscription: the data is in the second.
    """

    call: Call
    holds: Check
    wait: float = 1
    subscribes: bool = False


def _has(*keys: str) -> Check:
    return lambda data: isinstance(data, dict) and set(keys) <= set(data)


def _rows(*keys: str) -> Check:
    return lambda data: isinstance(data, list) and bool(data) and set(keys) <= set(data[0])


def _next_month(client: IbkrClient) -> str:
    sections = client.search_contract_by_symbol("AAPL").data[0]["sections"]
    months = next(section["months"] for section in sections if section["secType"] == "OPT")
    return str(months.split(";")[1])


def _option_info(client: IbkrClient) -> Any:
    month = _next_month(client)
    strikes = client.search_strikes_by_conid(AAPL, "OPT", month).data["call"]
    strike = str(strikes[len(strikes) // 2])
    return client.search_secdef_info_by_conid(AAPL, "OPT", month, strike=strike, right="C")


def _bond_filters(client: IbkrClient) -> Any:
    found = client.search_contract_by_symbol("US-T", sec_type="BOND").data
    return client.search_bond_filter_information("BOND", found[0]["issuers"][0]["id"])


def _watchlist_round_trip(client: IbkrClient) -> Any:
    client.create_watchlist("4711", "From ibind", [{"C": 265598}])
    return client.get_watchlist_information("4711")


METHODS: Mapping[str, Method] = {
    "account_summary": Method(
        lambda c: c.account_summary(), _has("netLiquidationValue", "buyingPower"), wait=FIVE_SECONDS
    ),
    "account_profit_and_loss": Method(lambda c: c.account_profit_and_loss(), _has("upnl"), wait=FIVE_SECONDS),
    "signatures_and_owners": Method(lambda c: c.signatures_and_owners(), _has("accountId", "users")),
    "switch_account": Method(lambda c: c.switch_account(c.account_id), _has("success")),
    "receive_brokerage_accounts": Method(
        lambda c: c.receive_brokerage_accounts(),
        lambda data: data["selectedAccount"] in data["accounts"],
        wait=FIVE_SECONDS,
    ),
    "security_definition_by_conid": Method(
        lambda c: c.security_definition_by_conid([AAPL, IBM]),
        lambda data: {row["ticker"] for row in data["secdef"]} == {"AAPL", "IBM"},
    ),
    "all_conids_by_exchange": Method(lambda c: c.all_conids_by_exchange("NASDAQ"), _rows("ticker", "conid")),
    "contract_information_by_conid": Method(
        lambda c: c.contract_information_by_conid(AAPL),
        lambda data: data["symbol"] == "AAPL" and data["con_id"] == 265598,
    ),
    "currency_pairs": Method(lambda c: c.currency_pairs("USD"), lambda data: len(data["USD"]) >= 5),
    "currency_exchange_rate": Method(
        lambda c: c.currency_exchange_rate("EUR", "USD"), lambda data: data["rate"] > 0
    ),
    "info_and_rules_by_conid": Method(
        lambda c: c.info_and_rules_by_conid(AAPL, True), _has("rules", "symbol")
    ),
    "algo_params_by_conid": Method(
        lambda c: c.algo_params_by_conid(AAPL, add_description="1", add_params="1"),
        lambda data: (
            all(row["description"] and row["parameters"] for row in data["algos"]) and data["algos"] != []
        ),
        subscribes=True,
    ),
    "search_bond_filter_information": Method(_bond_filters, lambda data: data["bondFilters"] != []),
    "search_contract_by_symbol": Method(
        lambda c: c.search_contract_by_symbol("AAPL", name=False, sec_type="STK"),
        _rows("conid", "companyName", "sections"),
    ),
    "search_contract_rules": Method(
        lambda c: c.search_contract_rules(AAPL, is_buy=True), _has("orderTypes", "error")
    ),
    "search_secdef_info_by_conid": Method(_option_info, _rows("conid", "strike", "maturityDate")),
    "search_strikes_by_conid": Method(
        lambda c: c.search_strikes_by_conid(AAPL, "OPT", _next_month(c)),
        lambda data: len(data["call"]) > 5 and len(data["put"]) > 5,
    ),
    "security_future_by_symbol": Method(
        lambda c: c.security_future_by_symbol(["ES", "CL"]),
        lambda data: all(len(data[symbol]) >= 2 for symbol in ("ES", "CL")),
    ),
    "security_stocks_by_symbol": Method(
        lambda c: c.security_stocks_by_symbol(["AAPL", "IBM"]), _has("AAPL", "IBM")
    ),
    "stock_conid_by_symbol": Method(
        lambda c: c.stock_conid_by_symbol(["AAPL", "IBM"]), lambda data: data == {"AAPL": 265598, "IBM": 8314}
    ),
    "trading_schedule_by_symbol": Method(
        lambda c: c.trading_schedule_by_symbol("STK", "AAPL"), _rows("schedules")
    ),
    "live_marketdata_snapshot": Method(
        lambda c: c.live_marketdata_snapshot([AAPL], QUOTE), _rows("conid", "31", "84", "86"), subscribes=True
    ),
    "live_marketdata_snapshot_by_symbol": Method(
        lambda c: c.live_marketdata_snapshot_by_symbol(["IBM"], QUOTE),
        lambda data: float(data["IBM"]["bid_price"]) > 0,
        subscribes=True,
    ),
    "marketdata_history_by_conid": Method(
        lambda c: c.marketdata_history_by_conid(AAPL, "1h", period="5d"), _has("data", "symbol")
    ),
    "marketdata_history_by_symbol": Method(
        lambda c: c.marketdata_history_by_symbol("AAPL", "1d", period="1m"), _has("data")
    ),
    "marketdata_history_by_conids": Method(
        lambda c: c.marketdata_history_by_conids([AAPL, IBM], "1d", "1m"),
        lambda data: all(data[conid][0]["close"] > 0 for conid in (AAPL, IBM)),
    ),
    "marketdata_history_by_symbols": Method(
        lambda c: c.marketdata_history_by_symbols(["AAPL", "IBM"], "1d", "1m"),
        lambda data: all(data[symbol][0]["close"] > 0 for symbol in ("AAPL", "IBM")),
    ),
    "marketdata_unsubscribe": Method(
        lambda c: (c.live_marketdata_snapshot([IBM], QUOTE), c.marketdata_unsubscribe([IBM]))[1],
        lambda results: all(result.data["success"] for result in results.values()),
    ),
    "marketdata_unsubscribe_all": Method(lambda c: c.marketdata_unsubscribe_all(), _has("unsubscribed")),
    "live_orders": Method(lambda c: c.live_orders(), _has("orders", "snapshot"), wait=FIVE_SECONDS),
    "trades": Method(lambda c: c.trades("3"), lambda data: isinstance(data, list), wait=FIVE_SECONDS),
    "suppress_messages": Method(lambda c: c.suppress_messages(["o10331"]), _has("status")),
    "reset_suppressed_messages": Method(lambda c: c.reset_suppressed_messages(), _has("status")),
    "portfolio_accounts": Method(
        lambda c: c.portfolio_accounts(), _rows("accountId", "currency"), wait=FIVE_SECONDS
    ),
    "portfolio_subaccounts": Method(
        lambda c: c.portfolio_subaccounts(), _rows("accountId"), wait=FIVE_SECONDS
    ),
    "large_portfolio_subaccounts": Method(
        lambda c: c.large_portfolio_subaccounts(0), _has("metadata", "subaccounts")
    ),
    "portfolio_account_information": Method(
        lambda c: c.portfolio_account_information(), _has("accountId", "currency")
    ),
    "portfolio_account_allocation": Method(
        lambda c: c.portfolio_account_allocation(), _has("assetClass", "sector", "group")
    ),
    "combination_positions": Method(
        lambda c: c.combination_positions(no_cache=True), lambda data: isinstance(data, list)
    ),
    "positions": Method(lambda c: c.positions(), _rows("conid", "position", "mktPrice")),
    "positions2": Method(lambda c: c.positions2(), _rows("conid", "position", "marketPrice")),
    "positions_by_conid": Method(lambda c: c.positions_by_conid(c.account_id, AAPL), _rows("position")),
    "invalidate_backend_portfolio_cache": Method(
        lambda c: c.invalidate_backend_portfolio_cache(), _has("message")
    ),
    "portfolio_summary": Method(lambda c: c.portfolio_summary(), _has("netliquidation", "buyingpower")),
    "get_ledger": Method(lambda c: c.get_ledger(), _has("BASE", "USD")),
    "position_and_contract_info": Method(
        lambda c: c.position_and_contract_info(AAPL), lambda data: data != {}
    ),
    "account_performance": Method(
        lambda c: c.account_performance([c.account_id], "1M"),
        _has("cps", "nav", "tpps"),
        wait=FIFTEEN_MINUTES,
    ),
    "all_periods": Method(
        lambda c: c.all_periods([c.account_id]), lambda data: len(data["view"]) == 1, wait=FIFTEEN_MINUTES
    ),
    "transaction_history": Method(
        lambda c: c.transaction_history([c.account_id], [AAPL], "USD", 90),
        _has("transactions", "rpnl"),
        wait=FIFTEEN_MINUTES,
    ),
    "scanner_parameters": Method(
        lambda c: c.scanner_parameters(), _has("scan_type_list", "filter_list"), wait=FIFTEEN_MINUTES
    ),
    "market_scanner": Method(
        lambda c: c.market_scanner(
            "STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [{"code": "priceAbove", "value": 5}]
        ),
        lambda data: len(data["contracts"]) > 0,
    ),
    "authentication_status": Method(lambda c: c.authentication_status(), lambda data: data["authenticated"]),
    "initialize_brokerage_session": Method(
        lambda c: c.initialize_brokerage_session(), _has("authenticated", "connected")
    ),
    "tickle": Method(lambda c: c.tickle(), _has("session", "iserver")),
    "validate": Method(lambda c: c.validate(), _has("USER_NAME", "EXPIRES"), wait=A_MINUTE),
    "check_health": Method(lambda c: c.check_health(), lambda healthy: healthy is True),
    "check_auth_status": Method(lambda c: c.check_auth_status(), lambda healthy: healthy is True),
    "create_watchlist": Method(
        lambda c: c.create_watchlist("4712", "Two", [{"C": 265598}]), _has("id", "name")
    ),
    "get_all_watchlists": Method(lambda c: c.get_all_watchlists(), _has("data")),
    "get_watchlist_information": Method(
        _watchlist_round_trip, lambda data: [row["C"] for row in data["instruments"]] == [AAPL]
    ),
}
"""What IBKR serves to a retail login, except for orders."""

ORDER_METHODS = {
    "place_order",
    "reply",
    "whatif_order",
    "order_status",
    "modify_order",
    "cancel_order",
}
"""Tested by the stories of orders."""

CLIENT_FAULTS: Mapping[str, tuple[Call, int]] = {
    "portfolio_account_allocations": (lambda c: c.portfolio_account_allocations([c.account_id]), 405),
    "delete_watchlist": (lambda c: c.delete_watchlist("101"), 400),
}
"""ibind sends something else than IBKR documents: a POST with a body, and an ID in the query string."""

NOT_SERVED: Mapping[str, tuple[Call, int]] = {
    "regulatory_snapshot": (lambda c: c.regulatory_snapshot(AAPL), 404),
    "historical_marketdata_beta": (lambda c: c.historical_marketdata_beta(AAPL, "1d", "1h"), 404),
    "hmds_scanner_parameters": (lambda c: c.hmds_scanner_parameters(), 404),
    "hmds_market_scanner": (
        lambda c: c.hmds_market_scanner("BOND", "BOND.US", "HIGH_BOND_ASK_YIELD_ALL", "BOND", []),
        404,
    ),
}
"""Removed by IBKR, with the status that it returns now."""

DEPRECATED = {"reauthenticate"}
"""Still answered, although out of every published document."""

ENDS_THE_LOGIN = {"logout"}

DYNAMIC_METHODS: Mapping[str, Method] = {
    "search_dynamic_account": Method(lambda c: c.search_dynamic_account("U"), _has("matchedAccounts")),
    "set_dynamic_account": Method(lambda c: c.set_dynamic_account(c.account_id), _has("set", "acctId")),
}
"""For a broker's login with many accounts."""

_MODEL = "US-Stocks"
_INVESTMENT = [{"account": "DU1234568", "amtToInvest": 10_000}]


def _save_model(client: IbkrClient) -> Any:
    targets = [{"conid": 265598, "target": 0.6}]
    return client.fa_model_save(
        1, "From-ibind", "One company", True, [{"ccy": "USD", "target": 0.4}], targets
    )


def _submit_transfers(client: IbkrClient) -> Any:
    draft = client.fa_model_invest_divest(1, _MODEL, _INVESTMENT).data
    return client.fa_model_submit_transfers(1, draft["transfersInstructionId"])


ADVISOR_METHODS: Mapping[str, Method] = {
    "fa_model_list": Method(lambda c: c.fa_model_list(1), _has("reqID", "models")),
    "fa_model_positions": Method(lambda c: c.fa_model_positions(1, _MODEL), _has("reqID", "positionList")),
    "fa_model_summary": Method(lambda c: c.fa_model_summary(1, _MODEL), _has("reqID")),
    "fa_model_accounts_details": Method(
        lambda c: c.fa_model_accounts_details(1, _MODEL, True), _has("reqID")
    ),
    "fa_model_save": Method(_save_model, _has("reqID", "success")),
    "fa_model_invest_divest": Method(
        lambda c: c.fa_model_invest_divest(1, _MODEL, _INVESTMENT), _has("reqID", "transfersInstructionId")
    ),
    "fa_model_invest_divest_positions": Method(
        lambda c: c.fa_model_invest_divest_positions(1, _MODEL), _has("reqID")
    ),
    "fa_model_submit_transfers": Method(_submit_transfers, _has("reqID", "success")),
    "fa_preset_get": Method(lambda c: c.fa_preset_get(1), _has("reqID")),
    "fa_preset_save": Method(lambda c: c.fa_preset_save(1, keep_model_open=True), _has("reqID")),
}
"""For an advisor's login."""
