from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.paper_account import AAPL, ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches

USCE, FED, ILLINOIS = 732764706, 658663572, 848769488
MARKET, DETAILS = "/forecast/contract/market", "/forecast/contract/details"
RULES, SCHEDULES = "/forecast/contract/rules", "/forecast/contract/schedules"


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def contracts(api: ApiClient, market: int = FED) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await api.get_json(MARKET, underlyingConid=market))["contracts"]
    return rows


async def test_the_category_tree_has_four_roots_and_six_markets(api: ApiClient) -> None:
    tree = await api.get_json("/forecast/category/tree")
    assert type_mismatches("GET /forecast/category/tree", tree) == []
    categories = tree["categories"]
    roots = [row for row in categories.values() if "parent_id" not in row]
    assert {row["name"] for row in roots} == {"Economics", "Environmental", "Elections", "Weather"}
    assert {row["parent_id"] for row in categories.values() if "parent_id" in row} <= categories.keys()
    markets = [market for row in categories.values() for market in row.get("markets", [])]
    assert len(markets) == 6
    for market in markets:
        assert market.keys() == {"name", "symbol", "exchange", "is_restricted", "conid", "product_conid"}
        assert isinstance(market["conid"], int)
    assert "markets" not in categories["g22973"]


async def test_a_market_lists_a_yes_and_a_no_for_every_strike_and_event(api: ApiClient) -> None:
    body = await api.get_json(MARKET, underlyingConid=FED)
    assert body.keys() == {
        "market_name", "exchange", "symbol", "logo_category", "exclude_historical_data", "payout",
        "contracts",
    }  # fmt: skip
    assert (body["market_name"], body["symbol"], body["payout"]) == ("US Fed Funds Target Rate", "FF", 1.0)
    rows = body["contracts"]
    assert [row["side"] for row in rows] == ["Y", "N"] * 6
    assert {row["expiration"] for row in rows} == {"20260325", "20260527"}
    first = rows[0]
    assert first.keys() == {
        "conid", "side", "expiration", "strike", "strike_label", "expiry_label", "underlying_conid",
        "time_specifier",
    }  # fmt: skip
    assert (first["strike"], first["strike_label"]) == (3.125, "Above 3.125%")
    assert (first["expiry_label"], first["time_specifier"]) == ("March 25, 2026", "2026.3.26")


async def test_candidates_have_a_name_and_a_party(api: ApiClient) -> None:
    rows = await contracts(api, ILLINOIS)
    assert {(row["strike_label"], row["party"]) for row in rows} == {
        ("Democratic candidate", "Democrat"),
        ("Republican candidate", "Republican"),
    }
    details = await api.get_json(DETAILS, conid=rows[0]["conid"])
    assert (details["party"], details["expiration"]) == ("Democrat", "20261204")
    assert (await api.get_json(RULES, conid=rows[0]["conid"]))["threshold"] == "Democratic candidate"


async def test_the_exchange_filters_the_contracts(api: ApiClient) -> None:
    assert (await api.get_json(MARKET, underlyingConid=FED, exchange="CME"))["contracts"] == []
    assert (await api.get_json(MARKET, underlyingConid=FED, exchange="FORECASTX"))["contracts"] != []


async def test_contract_details_match_the_recorded_types(api: ApiClient) -> None:
    yes, no = (await contracts(api))[:2]
    body = await api.get_json(DETAILS, conid=yes["conid"])
    assert body.keys() == {
        "conid_yes", "conid_no", "question", "side", "strike_label", "strike", "exchange", "expiration",
        "symbol", "category", "logo_category", "measured_period", "market_name", "underlying_conid", "payout",
        "product_conid", "is_restricted",
    }  # fmt: skip
    assert (body["conid_yes"], body["conid_no"]) == (yes["conid"], no["conid"])
    assert (body["strike"], type(body["strike"]), type(body["underlying_conid"])) == (3.125, float, int)
    assert (body["category"], body["logo_category"]) == ("g1003", "g13834")
    assert body["measured_period"] == "Mar26'26"
    assert "above 3.125%" in body["question"]
    other = await api.get_json(DETAILS, conid=no["conid"])
    assert (other["side"], other["conid_yes"]) == ("N", yes["conid"])


async def test_rules_have_times_in_seconds_and_amounts_as_text(api: ApiClient) -> None:
    conid = (await contracts(api))[0]["conid"]
    body = await api.get_json(RULES, conid=conid)
    assert type_mismatches("GET /forecast/contract/rules?conid=722489372", body) == []
    assert body["last_trade_time"] == body["release_time"] == 1774461600  # 13:00 in Chicago
    assert body["payout_time"] - body["release_time"] == 86400
    assert (body["payout"], body["threshold"], body["asset_class"]) == ("$1.00", "3.125", "OPT")
    assert body["price_increments"] == [{"lower_edge": "0.0", "increment": "$0.01"}]


async def test_the_schedule_is_a_week_from_saturday_in_chicago(api: ApiClient) -> None:
    conid = (await contracts(api))[0]["conid"]
    body = await api.get_json(SCHEDULES, conid=conid)
    assert type_mismatches("GET /forecast/contract/schedules?conid=722489372", body) == []
    assert body["timezone"] == "US/Central"
    days = body["trading_schedules"]
    assert [day["day_of_week"] for day in days][:3] == ["Saturday", "Sunday", "Monday"]
    assert len(days) == 7
    assert days[0]["trading_times"][0] == {"open": "12:00 AM", "close": "4:15 PM"}
    assert len(days[4]["trading_times"]) == 3


@pytest.mark.parametrize("path", [DETAILS, RULES, SCHEDULES])
@pytest.mark.parametrize(("conid", "status"), [(0, 500), (FED, 404), (AAPL, 404), (999, 404), ("x", 400)])
async def test_only_a_contract_has_details(api: ApiClient, path: str, conid: int | str, status: int) -> None:
    assert (await api.get(path, conid=conid)).status_code == status


@pytest.mark.parametrize(("conid", "status"), [(0, 500), (732764711, 404), (AAPL, 404), ("", 400)])
async def test_only_a_market_has_contracts(api: ApiClient, conid: int | str, status: int) -> None:
    assert (await api.get(MARKET, underlyingConid=conid)).status_code == status


async def test_an_expired_event_leaves_the_market_but_keeps_its_details(
    api: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    first = (await contracts(api))[0]
    skip(30 * 86400)
    simulation.session.login()
    assert {row["expiration"] for row in await contracts(api)} == {"20260527", "20260729"}
    assert (await api.get_json(DETAILS, conid=first["conid"]))["expiration"] == "20260325"


async def test_a_contract_of_a_requested_market_is_quoted_in_cents(
    api: ApiClient, skip: Callable[[float], None]
) -> None:
    await api.get("/iserver/accounts")
    conids = [row["conid"] for row in (await contracts(api, USCE))[:2]]
    query = {"conids": ",".join(map(str, conids)), "fields": "31,84,86,55,6070"}
    await api.get("/iserver/marketdata/snapshot", **query)
    skip(2)
    yes, no = await api.get_json("/iserver/marketdata/snapshot", **query)
    assert yes["55"] == "USCE"
    assert float(yes["31"]) + float(no["31"]) == pytest.approx(1.0)
    assert 0 < float(yes["84"]) <= float(yes["31"]) <= float(yes["86"]) < 1


async def test_a_contract_with_requested_details_is_quoted_too(
    api: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    await api.get("/iserver/accounts")
    conid = (await contracts(api, USCE))[0]["conid"]
    simulation.preflights.searched_conids.clear()
    query: dict[str, str | int] = {"conids": conid, "fields": "31"}
    await api.get("/iserver/marketdata/snapshot", **query)
    skip(2)
    assert "31" not in (await api.get_json("/iserver/marketdata/snapshot", **query))[0]
    await api.get(DETAILS, conid=conid)
    assert "31" in (await api.get_json("/iserver/marketdata/snapshot", **query))[0]


async def test_event_contracts_need_only_a_login(api: ApiClient, simulation: Simulation) -> None:
    simulation.session.drop()
    assert len(await contracts(api)) == 12
    simulation.session.logout()
    assert (await api.get("/forecast/category/tree")).status_code == 401
