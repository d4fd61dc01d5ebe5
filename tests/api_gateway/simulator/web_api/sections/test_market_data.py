from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches

SNAPSHOT, HISTORY = "/iserver/marketdata/snapshot", "/iserver/marketdata/history"
UNSUBSCRIBE, UNSUBSCRIBE_ALL = "/iserver/marketdata/unsubscribe", "/iserver/marketdata/unsubscribeall"
AAPL, IBM, SPX, EUR_USD = 265598, 8314, 416904, 12087792
NEW_YORK = ZoneInfo("America/New_York")

Skip = Callable[[float], None]


@pytest.fixture
async def api(gateway: httpx.AsyncClient) -> ApiClient:
    return await ApiClient(gateway).prepare_session()


async def row(api: ApiClient, skip: Skip, conid: int | str, fields: str) -> dict[str, Any]:
    """Return a contract's row after its first values have arrived."""
    await api.get_json(SNAPSHOT, conids=conid, fields=fields)
    skip(1.0)
    (result,) = await api.get_json(SNAPSHOT, conids=conid, fields=fields)
    assert isinstance(result, dict)
    return result


async def test_a_snapshot_requires_the_accounts_call(gateway: httpx.AsyncClient) -> None:
    for path in (f"{SNAPSHOT}?conids=8314&fields=31", f"{HISTORY}?conid=8314&period=1d&bar=1h"):
        reply = await gateway.get(f"/v1/api{path}")
        assert reply.status_code == 400
        assert reply.json()["error"] == "Please query /accounts first"


async def test_the_first_snapshot_only_acknowledges_and_the_second_is_complete(
    api: ApiClient, skip: Skip
) -> None:
    first = await api.get_json(SNAPSHOT, conids=f"{AAPL},{IBM}", fields="31,84,86")
    assert first == [{"conid": AAPL, "conidEx": str(AAPL)}, {"conid": IBM, "conidEx": str(IBM)}]
    skip(1.0)
    second = await api.get_json(SNAPSHOT, conids=f"{AAPL},{IBM}", fields="31,84,86")
    for number, result in enumerate(second):
        assert {"31", "84", "86", "6509", "6119", "server_id", "_updated"} <= set(result)
        assert result["server_id"] == result["6119"] == f"q{number}"


async def test_an_immediate_second_snapshot_still_only_acknowledges(api: ApiClient, skip: Skip) -> None:
    for _ in range(4):
        result = await api.get_json(SNAPSHOT, conids=AAPL, fields="31")
        assert result == [{"conid": AAPL, "conidEx": str(AAPL)}]
        skip(0.1)


async def test_every_snapshot_value_is_text_except_conid_and_time(api: ApiClient, skip: Skip) -> None:
    result = await row(api, skip, AAPL, "31,55,73,76,82,83,84,85,86,87,88,6008,7051,7059,7295,7741,7762,7920")
    integer_keys = {key for key, value in result.items() if isinstance(value, int)}
    assert integer_keys == {"conid", "_updated", "6008"}
    assert all(isinstance(result[key], str) for key in result.keys() - integer_keys)
    assert result["83"].endswith("%")
    assert result["87"][-1] in "KM"
    assert "," not in result["7762"]
    assert int(result["7762"]) > 1_000_000


async def test_a_new_field_arrives_after_a_separate_delay(api: ApiClient, skip: Skip) -> None:
    await row(api, skip, AAPL, "31")
    (result,) = await api.get_json(SNAPSHOT, conids=AAPL, fields="31,7295")
    assert "31" in result
    assert "7295" not in result
    skip(1.0)
    (result,) = await api.get_json(SNAPSHOT, conids=AAPL, fields="31,7295")
    assert {"31", "7295"} <= set(result)


async def test_a_snapshot_agrees_with_the_quote(api: ApiClient, skip: Skip, simulation: Simulation) -> None:
    result = await row(api, skip, AAPL, "31,84,86,70,71,7741,82")
    quote = simulation.prices.quote(simulation.selected_account.instrument(AAPL))
    assert result["31"] == f"{quote.last:.2f}"
    assert (result["84"], result["86"]) == (f"{quote.bid:.2f}", f"{quote.ask:.2f}")
    assert result["82"] == f"{quote.last - quote.prior_close:.2f}"
    assert result["_updated"] == simulation.clock.now_ms() // 500 * 500


async def test_a_closed_market_marks_the_last_price_and_freezes_the_data(
    api: ApiClient, skip: Skip, clock: Clock, simulation: Simulation
) -> None:
    skip(datetime(2026, 3, 7, 12, tzinfo=NEW_YORK).timestamp() - clock.now())
    simulation.session.establish()
    await api.prepare_session()
    result = await row(api, skip, AAPL, "31")
    assert result["31"].startswith("C")
    assert result["6509"] == "ZpB"
    friday = datetime(2026, 3, 6, 20, tzinfo=NEW_YORK).timestamp()
    assert result["_updated"] == friday * 1000


async def test_a_halted_contract_is_marked(api: ApiClient, skip: Skip, simulation: Simulation) -> None:
    simulation.prices.halt(IBM)
    assert (await row(api, skip, IBM, "31"))["31"].startswith("H")


async def test_sizes_have_thousands_separators(api: ApiClient, skip: Skip) -> None:
    assert "," in (await row(api, skip, EUR_USD, "85,88"))["88"]


async def test_an_index_has_no_bid_and_no_ask(api: ApiClient, skip: Skip) -> None:
    result = await row(api, skip, SPX, "31,84,86,88")
    assert "31" in result
    assert not {"84", "86", "88"} & set(result)


async def test_a_derivative_has_no_values_until_its_underlying_has_been_searched_for(
    api: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    option = simulation.universe.options_of(AAPL)[0].conid
    result = await row(api, skip, option, "31,7308,7633,6457")
    assert result == {"conid": option, "conidEx": str(option)}
    await api.get_json("/iserver/secdef/search", symbol="AAPL")
    result = await row(api, skip, option, "31,7308,7633,6457")
    assert 0 < float(result["7308"]) <= 1
    assert result["7633"].endswith("%")
    assert result["6457"] == AAPL


async def test_a_position_shows_in_the_fields_of_its_contract(
    api: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    result = await row(api, skip, IBM, "73,74,75,76,77,78,79,80,7292,7639,7920,7921")
    position = simulation.selected_account.valuation().open_position(IBM)
    assert position is not None
    assert result["76"] == "150"
    assert result["7921"] == f"{position.cost:.2f}"
    assert result["73"].replace(",", "") == f"{position.market_value:.2f}"
    nothing_held = await row(api, skip, 4762, "73,76,7920")
    assert not {"73", "76", "7920"} & set(nothing_held)


async def test_an_unknown_conid_has_an_empty_row(api: ApiClient, skip: Skip, simulation: Simulation) -> None:
    assert await row(api, skip, 0, "31") == {"conid": 0, "conidEx": "0"}
    assert not simulation.preflights.subscriptions
    assert "99999" not in await row(api, skip, AAPL, "31,99999,abc")


async def test_an_exchange_that_does_not_trade_a_contract_has_no_prices(api: ApiClient, skip: Skip) -> None:
    assert set(await row(api, skip, f"{AAPL}@NOPE", "31,84")) == {"conid", "conidEx"}
    for exchange, status in (("NOPE", 500), ("NASDAQ", 200)):
        reply = await api.get(HISTORY, conid=AAPL, period="1d", bar="1h", exchange=exchange)
        assert reply.status_code == status


async def test_a_conid_can_have_an_exchange(api: ApiClient, skip: Skip) -> None:
    await api.get_json(SNAPSHOT, conids=f"{IBM}@NYSE", fields="31")
    skip(1.0)
    (result,) = await api.get_json(SNAPSHOT, conids=f"{IBM}@NYSE", fields="31")
    assert (result["conid"], result["conidEx"]) == (IBM, f"{IBM}@NYSE")


@pytest.mark.parametrize(
    "query",
    [
        {"fields": "31"},
        {"conids": "abc", "fields": "31"},
        {"conids": f"{AAPL},-1", "fields": "31"},
        {"conids": ",".join(["8314"] * 101), "fields": "31"},
        {"conids": "8314", "fields": ",".join(str(7000 + i) for i in range(51))},
    ],
)
async def test_invalid_or_too_many_parameters_are_a_bad_request(
    api: ApiClient, simulation: Simulation, query: dict[str, str]
) -> None:
    assert (await api.get(SNAPSHOT, **query)).status_code == 400
    assert not simulation.preflights.subscriptions


async def test_a_snapshot_never_completes_without_a_free_line(
    api: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    many = [option.conid for option in simulation.universe.options_of(AAPL)[:100]]
    await api.get_json(SNAPSHOT, conids=",".join(map(str, many)), fields="31")
    assert len(simulation.preflights.subscriptions) == 100
    for _ in range(3):
        assert await row(api, skip, SPX, "31") == {"conid": SPX, "conidEx": str(SPX)}
    await api.post(UNSUBSCRIBE, {"conid": many[0]})
    assert "31" in await row(api, skip, SPX, "31")


@pytest.mark.parametrize(
    ("options", "code", "priced"),
    [
        (SimulationOptions(login=True, rate_limits=False, availability="DPB"), "DPB", True),
        (SimulationOptions(login=True, rate_limits=False, profile="delayed"), "DPB", True),
        (SimulationOptions(login=True, rate_limits=False, availability="N"), "N", False),
        (SimulationOptions(login=True, rate_limits=False, availability="Z"), "Z", True),
    ],
)
async def test_a_snapshot_reports_its_market_data_availability(
    api: ApiClient, skip: Skip, code: str, priced: bool
) -> None:
    result = await row(api, skip, AAPL, "31,55")
    assert result["6509"] == code
    assert ("31" in result) is priced
    assert result["55"] == "AAPL"
    if code == "Z":
        assert result["31"].startswith("C")


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, profile="delayed")])
async def test_delayed_prices_are_15_minutes_old(api: ApiClient, skip: Skip, simulation: Simulation) -> None:
    result = await row(api, skip, AAPL, "31")
    then = simulation.clock.now() - 900
    assert float(result["31"]) == simulation.prices.price_at(
        simulation.selected_account.instrument(AAPL), then
    )


@pytest.mark.parametrize(
    ("options", "delay"),
    [
        (SimulationOptions(login=True, rate_limits=False), 0),
        (SimulationOptions(login=True, rate_limits=False, availability="DPB"), 900_000),
        (SimulationOptions(login=True, rate_limits=False, profile="delayed"), 900_000),
        (SimulationOptions(login=True, rate_limits=False, availability="Z"), 0),
    ],
)
async def test_history_ends_at_the_snapshot_and_reports_the_delay(
    api: ApiClient, skip: Skip, delay: int
) -> None:
    result = await row(api, skip, AAPL, "31")
    bars = await api.get_json(HISTORY, conid=AAPL, period="1d", bar="1min", outsideRth="true")
    assert f"{bars['data'][-1]['c']:.2f}" == result["31"].lstrip("C")
    assert bars["mktDataDelay"] == delay


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, availability="N")])
async def test_history_requires_market_data_permission(api: ApiClient) -> None:
    reply = await api.get(HISTORY, conid=AAPL, period="1d", bar="1h")
    assert reply.status_code == 500
    assert reply.json()["error"]


async def test_a_market_data_line_can_be_released_once(api: ApiClient) -> None:
    await api.get_json(SNAPSHOT, conids=AAPL, fields="31")
    reply = await api.post(UNSUBSCRIBE, {"conid": AAPL})
    assert reply.json() == {"success": True}
    again = await api.post(UNSUBSCRIBE, {"conid": AAPL})
    assert (again.status_code, again.json()) == (500, {"error": "unknown"})


@pytest.mark.parametrize("body", [{}, {"conid": "265598"}, {"conid": True}, []])
async def test_releasing_a_line_requires_a_conid(api: ApiClient, body: Any) -> None:
    assert (await api.post(UNSUBSCRIBE, body)).status_code == 400


async def test_releasing_all_lines_makes_the_next_snapshot_acknowledge_again(
    api: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    await row(api, skip, AAPL, "31")
    reply = await api.get_json(UNSUBSCRIBE_ALL)
    assert type_mismatches("GET /iserver/marketdata/unsubscribeall", reply) == []
    assert reply == {"unsubscribed": True}
    assert not simulation.preflights.subscriptions
    assert await api.get_json(SNAPSHOT, conids=AAPL, fields="31") == [{"conid": AAPL, "conidEx": str(AAPL)}]


async def test_history_matches_the_recorded_types(api: ApiClient) -> None:
    result = await api.get_json(HISTORY, conid=AAPL, period="1w", bar="1d")
    assert type_mismatches("GET /iserver/marketdata/history", result) == []
    assert (result["barLength"], result["timePeriod"], result["mdAvailability"]) == (86400, "1w", "S")
    assert result["points"] == len(result["data"]) - 1
    assert result["startTime"] == "20260225-14:30:00"
    assert result["data"][0]["t"] == 1772029800000


async def test_the_last_bar_closes_at_the_snapshot(api: ApiClient, skip: Skip) -> None:
    result = await row(api, skip, AAPL, "31,7762")
    bars = await api.get_json(HISTORY, conid=AAPL, period="1d", bar="1min", outsideRth="true")
    assert f"{bars['data'][-1]['c']:.2f}" == result["31"]
    volume = sum(bar["v"] for bar in bars["data"]) * bars["volumeFactor"]
    assert volume == pytest.approx(int(result["7762"]), abs=1)


async def test_history_ends_at_start_time(api: ApiClient) -> None:
    result = await api.get_json(HISTORY, conid=AAPL, period="1d", bar="30min", startTime="20260224-21:00:00")
    assert len(result["data"]) == 13
    assert result["startTime"] == "20260224-14:30:00"
    assert (await api.get(HISTORY, conid=AAPL, period="1d", startTime="yesterday")).status_code == 400


@pytest.mark.parametrize("end", ["00010101-00:00:00", "19691231-23:59:59"])
async def test_history_before_1970_is_unavailable(api: ApiClient, end: str) -> None:
    reply = await api.get(HISTORY, conid=AAPL, period="15y", bar="1w", startTime=end)
    assert (reply.status_code, reply.json()["error"]) == (500, "Chart data unavailable")


async def test_consecutive_history_pages_have_no_gap(api: ApiClient) -> None:
    late = await api.get_json(HISTORY, conid=AAPL, period="2h", bar="10min")
    early = await api.get_json(HISTORY, conid=AAPL, period="2h", bar="10min", startTime=late["startTime"])
    assert early["data"][-1]["c"] == late["data"][0]["o"]
    assert early["data"][-1]["t"] + 600_000 == late["data"][0]["t"]


@pytest.mark.parametrize("period", ["1D", "nonsense", "99y", "31min"])
async def test_an_unknown_period_is_replaced_by_84_bars(api: ApiClient, period: str) -> None:
    result = await api.get_json(HISTORY, conid=AAPL, period=period, bar="5min")
    assert len(result["data"]) == 84


async def test_an_unavailable_bar_size_is_replaced(api: ApiClient) -> None:
    result = await api.get_json(HISTORY, conid=AAPL, period="1y", bar="1min")
    assert result["barLength"] == 86400


async def test_forward_history_and_unknown_contracts_are_unavailable(api: ApiClient) -> None:
    for query in ({"conid": AAPL, "direction": 1}, {"conid": 999}):
        reply = await api.get(HISTORY, period="1d", bar="1h", **query)
        assert reply.status_code == 500
        assert reply.json()["error"] == "Chart data unavailable"
    assert (await api.get(HISTORY, period="1d", bar="1h")).status_code == 400


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=True, rate_limits=False, profile="fa")], ids=["fa"]
)
async def test_a_snapshot_shows_the_position_of_the_selected_account(
    api: ApiClient, skip: Skip, options: SimulationOptions
) -> None:
    assert options.profile == "fa"
    positions = {}
    for account in ("DU1234567", "DU1234568", "DU1234569"):
        await api.post("/iserver/account", {"acctId": account})
        positions[account] = (await row(api, skip, AAPL, "76")).get("76")
    assert positions == {"DU1234567": "260", "DU1234568": "40", "DU1234569": None}


async def test_a_combination_is_quoted_by_either_spread_conid_and_uses_one_line(
    api: ApiClient, simulation: Simulation, skip: Skip
) -> None:
    legs = f"{AAPL}/1,{IBM}/-2"
    texts = [f"0;;;{legs}", f"28812380;;;{legs}"]
    await api.get(SNAPSHOT, conids=f"{texts[0]},{texts[1]},{AAPL}", fields="31,84,86,85,88,6070")
    skip(2)
    rows = await api.get_json(SNAPSHOT, conids=f"{texts[0]},{texts[1]},{AAPL}", fields="31,84,86,85,88,6070")
    assert [(row["conid"], row["conidEx"]) for row in rows] == [
        (0, texts[0]),
        (28812380, texts[1]),
        (AAPL, str(AAPL)),
    ]
    assert {row["6070"] for row in rows[:2]} == {"BAG"}
    assert float(rows[0]["84"]) < float(rows[0]["31"]) < 0
    assert float(rows[0]["86"]) < 0
    assert int(rows[0]["88"]) > 0 < int(rows[0]["85"])
    assert {key: rows[0][key] for key in ("31", "84", "86", "server_id")} == {
        key: rows[1][key] for key in ("31", "84", "86", "server_id")
    }
    assert len(simulation.preflights.subscriptions) == 2


async def test_an_impossible_combination_has_no_quote_and_a_malformed_one_is_a_bad_request(
    api: ApiClient, skip: Skip
) -> None:
    text = f"0;;;{AAPL}/1,5/-1"
    await api.get(SNAPSHOT, conids=text, fields="31")
    skip(2)
    assert await api.get_json(SNAPSHOT, conids=text, fields="31") == [{"conid": 0, "conidEx": text}]
    assert (await api.get(SNAPSHOT, conids=f"0;;;{AAPL}/1,5/x", fields="31")).status_code == 400
    assert (await api.get(SNAPSHOT, conids=f"{AAPL}/1,{IBM}/1", fields="31")).status_code == 400
