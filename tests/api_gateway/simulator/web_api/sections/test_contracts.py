from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.paper_account import ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches

SEARCH, STRIKES, INFO = "/iserver/secdef/search", "/iserver/secdef/strikes", "/iserver/secdef/info"
AAPL, ES, NOBODY = 265598, 11004968, 999


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


def listings(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that are listings, not bonds."""
    return [row for row in rows if "issuers" not in row]


async def test_a_symbol_search_returns_all_listings_with_text_conids(api: ApiClient) -> None:
    rows = await api.get_json(SEARCH, symbol="IBM")
    assert type_mismatches("GET /iserver/secdef/search", listings(rows)) == []
    assert [row["description"] for row in listings(rows)] == ["NYSE", "IBIS", "MEXI", "LSE", "AEQLIT"]
    assert rows[0]["conid"] == "8314"
    sections = {section["secType"]: section for section in rows[0]["sections"]}
    assert sections["OPT"]["months"].startswith("MAR26;APR26;MAY26;JUN26;SEP26;")
    assert sections["OPT"]["exchange"].startswith("SMART;AMEX;")
    assert sections["CFD"]["conid"] == "118239202"
    assert rows[-1]["issuers"] == [{"id": "e1400789", "name": "International Business Machines Corp"}]


async def test_a_search_by_body_equals_a_search_by_query(api: ApiClient) -> None:
    reply = await api.post(SEARCH, {"symbol": "AAPL", "name": False, "secType": "STK"})
    assert type_mismatches("POST /iserver/secdef/search", reply.json()) == []
    assert reply.json() == await api.get_json(SEARCH, symbol="AAPL", secType="STK")


async def test_a_search_for_an_unknown_symbol_is_an_empty_list(api: ApiClient) -> None:
    assert await api.get_json(SEARCH, symbol="NOSUCH") == []


async def test_an_index_is_marked_and_has_futures(api: ApiClient) -> None:
    row = (await api.get_json(SEARCH, symbol="ES", secType="IND"))[0]
    assert row["restricted"] == "IND"
    assert [section["secType"] for section in row["sections"]] == ["IND", "FUT", "FOP"]
    assert row["sections"][1]["months"] == "MAR26;JUN26;SEP26;DEC26;MAR27"


@pytest.mark.parametrize("query", [{}, {"symbol": ""}, {"symbol": "AAPL", "secType": "XYZ"}])
async def test_an_invalid_search_is_a_bad_request(api: ApiClient, query: dict[str, str]) -> None:
    assert (await api.get(SEARCH, **query)).status_code == 400
    assert (await api.post(SEARCH, query)).status_code == 400


async def test_strikes_are_empty_until_the_underlying_has_been_searched_for(api: ApiClient) -> None:
    query: dict[str, str | int] = {"conid": AAPL, "sectype": "OPT", "month": "MAR26"}
    empty: dict[str, list[float]] = {"call": [], "put": []}
    assert await api.get_json(STRIKES, **query) == empty
    await api.get_json(SEARCH, symbol="apple", name="true")
    assert await api.get_json(STRIKES, **query) == empty
    await api.get_json(SEARCH, symbol="AAPL")
    result = await api.get_json(STRIKES, **query)
    assert result["call"] == result["put"] == sorted(result["call"])
    assert all(isinstance(strike, float) for strike in result["call"])
    assert 270.0 in result["call"]


async def test_a_new_session_requires_the_search_again(api: ApiClient, simulation: Simulation) -> None:
    await api.get_json(SEARCH, symbol="AAPL")
    simulation.preflights.reset()
    assert (await api.get_json(STRIKES, conid=AAPL, sectype="OPT", month="MAR26"))["call"] == []


@pytest.mark.parametrize("month", ["202603", "Mar26", "FEB29", "XXX99"])
async def test_strikes_of_an_unknown_month_are_empty(api: ApiClient, month: str) -> None:
    await api.get_json(SEARCH, symbol="AAPL")
    assert await api.get_json(STRIKES, conid=AAPL, sectype="OPT", month=month) == {"call": [], "put": []}


@pytest.mark.parametrize(
    "query",
    [
        {"sectype": "OPT", "month": "MAR26"},
        {"conid": AAPL, "month": "MAR26"},
        {"conid": AAPL, "sectype": "OPT"},
        {"conid": AAPL, "sectype": "STK", "month": "MAR26"},
        {"conid": "x", "sectype": "OPT", "month": "MAR26"},
        {"conid": ES, "sectype": "FOP", "month": "MAR26"},
    ],
)
async def test_strikes_require_their_parameters(api: ApiClient, query: dict[str, Any]) -> None:
    assert (await api.get(STRIKES, **query)).status_code == 400


async def test_search_strikes_and_info_identify_one_option(api: ApiClient, simulation: Simulation) -> None:
    await api.get_json(SEARCH, symbol="AAPL")
    rows = await api.get_json(INFO, conid=AAPL, sectype="OPT", month="MAR26", strike=270, right="C")
    row = next(row for row in rows if row["maturityDate"] == "20260320")
    assert (row["symbol"], row["right"], row["strike"], row["maturityDate"]) == (
        "AAPL",
        "C",
        270.0,
        "20260320",
    )
    assert isinstance(row["conid"], int)
    assert row["desc2"] == "MAR 20 '26 270 Call"
    option = simulation.universe.by_conid(row["conid"])
    assert option is not None
    assert option.underlying_conid == AAPL
    both = await api.get_json(INFO, conid=AAPL, sectype="OPT", month="MAR26", strike=270)
    assert {result["right"] for result in both} == {"C", "P"}


async def test_info_returns_every_expiry_and_class_of_a_month(api: ApiClient) -> None:
    await api.get_json(SEARCH, symbol="SPX")
    query: dict[str, Any] = {"conid": 416904, "month": "MAR26", "strike": 6700, "right": "P"}
    rows = await api.get_json(INFO, sectype="OPT", **query)
    assert rows == await api.get_json(INFO, secType="OPT", **query)
    third_friday = [row["tradingClass"] for row in rows if row["maturityDate"] == "20260320"]
    assert third_friday == ["SPX", "SPXW"]
    assert len({row["maturityDate"] for row in rows}) > 10
    assert len({row["conid"] for row in rows}) == len(rows)


async def test_strikes_cover_all_expiries_of_the_month(api: ApiClient, simulation: Simulation) -> None:
    await api.get_json(SEARCH, symbol="AAPL")
    listed = (await api.get_json(STRIKES, conid=AAPL, secType="OPT", month="MAR26"))["call"]
    monthly = {option.strike for option in simulation.universe.options_of(AAPL, expiry="20260320")}
    weekly = {option.strike for option in simulation.universe.options_of(AAPL, expiry="20260306")}
    assert set(listed) >= monthly | weekly
    assert monthly != weekly
    assert (await api.get_json(STRIKES, conid=AAPL, sectype="OPT", month="MAR26", exchange="LSE"))[
        "put"
    ] == []


async def test_options_on_futures_are_found_through_the_index_of_the_product(
    api: ApiClient, simulation: Simulation
) -> None:
    (row,) = await api.get_json(SEARCH, symbol="ES")
    sections = {section["secType"]: section for section in row["sections"]}
    assert sections["FOP"]["exchange"] == "CME"
    month = sections["FOP"]["months"].split(";")[0]
    query: dict[str, Any] = {"conid": ES, "sectype": "FOP", "month": month, "exchange": "CME"}
    strike = (await api.get_json(STRIKES, **query))["call"][40]
    rows = await api.get_json(INFO, strike=strike, right="C", **query)
    assert {(each["secType"], each["multiplier"], each["listingExchange"]) for each in rows} == {
        ("FOP", "50", "CME")
    }
    option = simulation.universe.by_conid(rows[-1]["conid"])
    assert option is not None
    future = simulation.universe.by_conid(option.underlying_conid or 0)
    assert future is not None
    assert (future.sec_type, future.underlying_conid) == ("FUT", ES)
    (definition,) = (await api.get_json("/trsrv/secdef", conids=option.conid))["secdef"]
    assert (definition["assetClass"], definition["undConid"]) == ("FOP", future.conid)


async def test_info_finds_futures_the_underlying_and_the_contract_itself(api: ApiClient) -> None:
    await api.get_json(SEARCH, symbol="ES")
    (future,) = await api.get_json(INFO, conid=ES, sectype="FUT", month="MAR26")
    assert (future["multiplier"], future["listingExchange"]) == ("50", "CME")
    assert await api.get_json(INFO, conid=future["conid"], sectype="FUT", month="MAR26") == [future]
    (stock,) = await api.get_json(INFO, conid=8314, sectype="STK")
    assert (stock["ticker"], stock["right"], stock["strike"]) == ("IBM", "?", 0.0)


@pytest.mark.parametrize("query", [{}, {"month": "MAR26"}])
async def test_info_finds_the_cfd_of_a_stock_with_or_without_a_month(
    api: ApiClient, query: dict[str, str]
) -> None:
    await api.get_json(SEARCH, symbol="AAPL")
    (row,) = await api.get_json(INFO, conid=AAPL, sectype="CFD", **query)
    assert (row["secType"], row["symbol"], row["maturityDate"]) == ("CFD", "AAPL", None)


async def test_info_without_a_search_is_empty(api: ApiClient) -> None:
    assert await api.get_json(INFO, conid=AAPL, sectype="OPT", month="MAR26", strike=270, right="C") == []


@pytest.mark.parametrize("month", ["202603", ""])
async def test_a_month_in_digits_is_a_bad_request_before_a_search_too(api: ApiClient, month: str) -> None:
    reply = await api.get(INFO, conid=AAPL, sectype="OPT", month=month, strike=270)
    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"month": "202603", "strike": 270}, 400),
        ({"strike": 270}, 400),
        ({"month": "MAR26"}, 400),
        ({"month": "MAR26", "strike": 270, "right": "X"}, 400),
        ({"month": "MAR26", "strike": "x"}, 400),
    ],
)
async def test_info_about_options_needs_a_month_in_letters_and_a_strike(
    api: ApiClient, query: dict[str, Any], status: int
) -> None:
    await api.get_json(SEARCH, symbol="AAPL")
    assert (await api.get(INFO, conid=AAPL, sectype="OPT", **query)).status_code == status


async def test_bonds_are_found_by_issuer_and_narrowed_by_filters(api: ApiClient) -> None:
    (row,) = await api.get_json(SEARCH, symbol="IBM", secType="BOND")
    issuer = row["issuers"][0]["id"]
    filters = await api.get_json("/iserver/secdef/bond-filters", symbol="BOND", issuerId=issuer)
    assert [f["columnId"] for f in filters["bondFilters"]] == [27, 28, 25, 5]
    assert len(await api.get_json(INFO, issuerId=issuer)) == 2
    (bond,) = await api.get_json(INFO, issuerId=issuer, filters="27:203905,25:4.15")
    assert (bond["secType"], bond["coupon"], bond["maturityDate"]) == ("BOND", "4.15", "20390515")


async def test_an_unknown_issuer_has_no_filters(api: ApiClient) -> None:
    reply = await api.get_json("/iserver/secdef/bond-filters", symbol="BOND", issuerId="e0")
    assert reply == {"bondFilters": []}


async def test_a_contract_has_details_and_rules(api: ApiClient) -> None:
    info = await api.get_json("/iserver/contract/8314/info")
    assert type_mismatches("GET /iserver/contract/{id}/info", info) == []
    both = await api.get_json("/iserver/contract/8314/info-and-rules", isBuy="false")
    rules = both.pop("rules")
    assert both == info
    assert rules == (await api.post("/iserver/contract/rules", {"conid": 8314, "isBuy": False})).json()


@pytest.mark.parametrize("conid", ["0", "999", "-1", "abc", "1" * 30])
async def test_a_bad_conid_is_a_bad_request_but_503_for_algorithms(api: ApiClient, conid: str) -> None:
    assert (await api.get(f"/iserver/contract/{conid}/info")).status_code == 400
    assert (await api.get(f"/iserver/contract/{conid}/info-and-rules")).status_code == 400
    assert (await api.get(f"/iserver/contract/{conid}/algos")).status_code == 503
    assert (await api.get("/contract/trading-schedule", conid=conid)).status_code == 400


@pytest.mark.parametrize("body", [{}, {"conid": 0}, {"conid": "x"}, {"conid": True}, [1], {"conid": 8314.5}])
async def test_rules_without_a_contract_are_a_bad_request(api: ApiClient, body: Any) -> None:
    assert (await api.post("/iserver/contract/rules", body)).status_code == 400


async def test_algorithms_are_empty_on_the_first_call(api: ApiClient) -> None:
    path, query = f"/iserver/contract/{AAPL}/algos", {"addParams": 1, "addDescription": 1}
    assert await api.get_json(path, **query) == {"algos": []}
    result = await api.get_json(path, **query)
    assert type_mismatches("GET /iserver/contract/{id}/algos", result) == []
    assert len(result["algos"]) == 10
    few = await api.get_json(path, algos="Vwap;Twap;vwap")
    assert few == {"algos": [{"name": "TWAP", "id": "Twap"}, {"name": "VWAP", "id": "Vwap"}]}
    assert (await api.get(path, algos="a;b;c;d;e;f;g;h;i")).status_code == 400


async def test_currency_pairs_name_the_other_currency(api: ApiClient) -> None:
    result = await api.get_json("/iserver/currency/pairs", currency="USD")
    assert type_mismatches("GET /iserver/currency/pairs", result) == []
    assert {"symbol": "EUR.USD", "conid": 12087792, "ccyPair": "EUR"} in result["USD"]
    assert {"symbol": "USD.JPY", "conid": 15016059, "ccyPair": "JPY"} in result["USD"]
    assert await api.get_json("/iserver/currency/pairs", currency="XXX") == {}
    assert (await api.get("/iserver/currency/pairs")).status_code == 400


async def test_an_exchange_rate_is_the_price_of_the_source_in_the_target(
    api: ApiClient, simulation: Simulation
) -> None:
    euro = simulation.prices.quote(simulation.selected_account.instrument(12087792)).last
    assert await api.get_json("/iserver/exchangerate", target="USD", source="EUR") == {"rate": round(euro, 8)}
    assert await api.get_json("/iserver/exchangerate", target="USD", source="USD") == {"rate": 1.0}
    yen = await api.get_json("/iserver/exchangerate", target="JPY", source="EUR")
    assert 100 < yen["rate"] < 300
    assert (await api.get("/iserver/exchangerate", target="USD", source="XXX")).status_code == 400
    assert (await api.get("/iserver/exchangerate", target="USD")).status_code == 400


async def test_stocks_are_grouped_by_company_and_mark_the_us_listing(api: ApiClient) -> None:
    result = await api.get_json("/trsrv/stocks", symbols="IBM,NOSUCH")
    assert list(result) == ["IBM"]
    assert [company["name"] for company in result["IBM"]] == [
        "INTL BUSINESS MACHINES CORP",
        "INTL BUSINESS MACHINES C-CDR",
    ]
    contracts = result["IBM"][0]["contracts"]
    assert contracts[0] == {"conid": 8314, "exchange": "NYSE", "isUS": True}
    assert not any(contract["isUS"] for contract in contracts[1:])
    assert await api.get_json("/trsrv/stocks", symbols="NOSUCH") == {}
    assert (await api.get("/trsrv/stocks")).status_code == 400


async def test_futures_of_a_symbol_exclude_expired_ones(
    api: ApiClient, skip: Callable[[float], None], simulation: Simulation
) -> None:
    result = await api.get_json("/trsrv/futures", symbols="ES,CL,NOSUCH")
    assert set(result) == {"ES", "CL"}
    first = result["ES"][0]
    assert (first["underlyingConid"], first["expirationDate"]) == (ES, 20260320)
    assert all(isinstance(first[key], int) for key in ("conid", "ltd", "shortFuturesCutOff"))
    assert await api.get_json("/trsrv/futures", symbols="ES", exchange="NYMEX") == {}
    skip(20 * 86400)
    simulation.session.establish()
    later = await api.get_json("/trsrv/futures", symbols="ES")
    assert later["ES"][:-1] == result["ES"][1:]


async def test_security_definitions_omit_unknown_conids(api: ApiClient) -> None:
    result = await api.get_json("/trsrv/secdef", conids=f"8314,{NOBODY},{ES}")
    assert type_mismatches("GET /trsrv/secdef", result) == []
    assert [row["conid"] for row in result["secdef"]] == [8314, ES]
    assert result["secdef"][0]["strike"] == "0"
    assert await api.get_json("/trsrv/secdef", conids=NOBODY) == {"secdef": []}


@pytest.mark.parametrize("conids", ["", "x", "8314,y", ",".join(["8314"] * 201)])
async def test_security_definitions_of_invalid_or_too_many_conids_are_a_bad_request(
    api: ApiClient, conids: str
) -> None:
    assert (await api.get("/trsrv/secdef", conids=conids)).status_code == 400


async def test_the_definition_of_a_derivative_names_its_underlying(
    api: ApiClient, simulation: Simulation
) -> None:
    option = simulation.universe.options_of(AAPL, expiry="20260320")[0]
    (row,) = (await api.get_json("/trsrv/secdef", conids=option.conid))["secdef"]
    assert (row["undConid"], row["undSym"], row["putOrCall"]) == (AAPL, "AAPL", "C")
    assert (row["expiry"], row["multiplier"]) == ("20260320", 100.0)


async def test_a_schedule_is_found_by_symbol_on_each_exchange(api: ApiClient) -> None:
    path = "/trsrv/secdef/schedule"
    rows = await api.get_json(path, assetClass="STK", symbol="IBM")
    assert [row["exchange"] for row in rows] == ["NYSE", "IBIS", "MEXI", "LSE", "AEQLIT"]
    (row,) = await api.get_json(path, assetClass="STK", symbol="IBM", exchange="NYSE")
    assert row["timezone"] == "America/New_York"
    (pair,) = await api.get_json(path, assetClass="SWP", symbol="EUR.USD")
    assert pair["exchange"] == "IDEALPRO"
    (options,) = await api.get_json(path, assetClass="OPT", symbol="AAPL")
    assert options["timezone"] == "America/New_York"
    assert await api.get_json(path, assetClass="STK", symbol="NOSUCH") == []
    assert (await api.get(path, assetClass="XYZ", symbol="IBM")).status_code == 400
    assert (await api.get(path, assetClass="STK")).status_code == 400


async def test_a_schedule_is_found_by_conid(api: ApiClient) -> None:
    result = await api.get_json("/contract/trading-schedule", conid=AAPL)
    assert type_mismatches("GET /contract/trading-schedule", result) == []
    assert (await api.get("/contract/trading-schedule")).status_code == 400


async def test_all_stocks_of_an_exchange_are_listed(api: ApiClient) -> None:
    rows = await api.get_json("/trsrv/all-conids", exchange="NYSE")
    assert type_mismatches("GET /trsrv/all-conids", rows) == []
    assert {"ticker": "IBM", "conid": 8314, "exchange": "NYSE"} in rows
    assert await api.get_json("/trsrv/all-conids", exchange="NOSUCH") == []
    assert (await api.get("/trsrv/all-conids")).status_code == 400
