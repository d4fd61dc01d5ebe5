from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches

PARAMS, RUN = "/iserver/scanner/params", "/iserver/scanner/run"
GAINERS = {"instrument": "STK", "type": "TOP_PERC_GAIN", "location": "STK.US.MAJOR"}


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def test_scanner_parameters_match_the_recorded_types(api: ApiClient) -> None:
    body = await api.get_json(PARAMS)
    assert type_mismatches("GET /iserver/scanner/params", body) == []
    assert list(body) == ["scan_type_list", "instrument_list", "filter_list", "location_tree"]
    gainers = next(each for each in body["scan_type_list"] if each["code"] == "TOP_PERC_GAIN")
    assert gainers["display_name"] == "Top % Gainers"
    assert "STK" in gainers["instruments"]


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_scanner_parameters_are_limited_to_one_request_per_15_minutes(
    api: ApiClient, simulation: Simulation
) -> None:
    assert (await api.get(PARAMS)).status_code == 200
    assert (await api.get(PARAMS)).status_code == 429
    simulation.clock.advance(901)
    simulation.session.establish()
    assert (await api.get(PARAMS)).status_code == 200


async def test_a_scan_matches_the_recorded_types_and_has_no_values(api: ApiClient) -> None:
    bounds = [{"code": "priceAbove", "value": 240}, {"code": "priceBelow", "value": 340}]
    reply = await api.post(RUN, {**GAINERS, "filter": bounds})
    body = reply.json()
    assert type_mismatches("POST /iserver/scanner/run", body) == []
    rows = body["contracts"]
    assert [row["server_id"] for row in rows] == [str(rank) for rank in range(len(rows))]
    assert body["scan_data_column_name"] == rows[0]["column_name"] == "Chg%"
    assert [row for row in rows[1:] if "column_name" in row] == []
    assert [row for row in rows if "scan_data" in row] == []
    apple = next(row for row in rows[1:] if row["symbol"] == "AAPL")
    assert apple == {
        "server_id": apple["server_id"],
        "symbol": "AAPL",
        "conidex": "265598",
        "con_id": 265598,
        "available_chart_periods": "#R|1",
        "company_name": "APPLE INC",
        "contract_description_1": "AAPL",
        "listing_exchange": "NASDAQ.NMS",
        "sec_type": "STK",
    }


async def test_a_future_is_described_by_its_local_symbol(api: ApiClient) -> None:
    body = (
        await api.post(RUN, {"instrument": "FUT.US", "type": "MOST_ACTIVE", "location": "FUT.CME"})
    ).json()
    assert "ESH6" in [row["contract_description_1"] for row in body["contracts"]]
    assert {row["sec_type"] for row in body["contracts"]} == {"FUT"}


async def test_a_scan_that_finds_nothing_is_an_empty_list(api: ApiClient) -> None:
    reply = await api.post(RUN, {**GAINERS, "filter": [{"code": "priceAbove", "value": 1e9}]})
    assert reply.json() == {"contracts": [], "scan_data_column_name": "Chg%"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"type": "NONSENSE"}, 500),
        ({"location": "STK.HK.SEHK"}, 500),
        ({"instrument": "NONSENSE"}, 500),
        ({"filter": [{"code": "nonsense", "value": 1}]}, 500),
        ({"filter": [{"code": "priceAbove"}]}, 500),
        ({"type": None}, 400),
        ({"location": ""}, 400),
        ({"instrument": 5}, 400),
        ({"filter": "priceAbove"}, 400),
        ({"filter": ["priceAbove"]}, 400),
        ({"filter": [{"name": "priceAbove", "value": 1}]}, 400),
    ],
)
async def test_an_unsupported_scan_is_rejected(api: ApiClient, change: dict[str, Any], status: int) -> None:
    reply = await api.post(RUN, {**GAINERS, **change})
    assert reply.status_code == status
    assert reply.json()["error"]


@pytest.mark.parametrize("body", [{}, []])
async def test_a_scan_without_a_body_is_a_bad_request(api: ApiClient, body: Any) -> None:
    assert (await api.post(RUN, body)).status_code == 400
