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
async def asks(gateway: httpx.AsyncClient) -> ApiClient:
    return await ApiClient(gateway).prepare_session()


async def row(asks: ApiClient, skip: Skip, conid: int, fields: str) -> dict[str, Any]:
    """A contract's row after its first values have come."""
    await asks.get_json(SNAPSHOT, conids=conid, fields=fields)
    skip(1.0)
    (found,) = await asks.get_json(SNAPSHOT, conids=conid, fields=fields)
    assert isinstance(found, dict)
    return found


async def test_a_snapshot_wants_the_accounts_first(gateway: httpx.AsyncClient) -> None:
    for path in (f"{SNAPSHOT}?conids=8314&fields=31", f"{HISTORY}?conid=8314&period=1d&bar=1h"):
        reply = await gateway.get(f"/v1/api{path}")
        assert reply.status_code == 400
        assert reply.json()["error"] == "Please query /accounts first"


async def test_the_first_snapshot_is_a_receipt_and_the_second_is_full(asks: ApiClient, skip: Skip) -> None:
    first = await asks.get_json(SNAPSHOT, conids=f"{AAPL},{IBM}", fields="31,84,86")
    assert first == [{"conid": AAPL, "conidEx": str(AAPL)}, {"conid": IBM, "conidEx": str(IBM)}]
    skip(1.0)
    second = await asks.get_json(SNAPSHOT, conids=f"{AAPL},{IBM}", fields="31,84,86")
    for number, found in enumerate(second):
        assert {"31", "84", "86", "6509", "6119", "server_id", "_updated"} <= set(found)
        assert found["server_id"] == found["6119"] == f"q{number}"


async def test_asking_again_at_once_gives_the_receipt_again(asks: ApiClient, skip: Skip) -> None:
    for _ in range(4):
        found = await asks.get_json(SNAPSHOT, conids=AAPL, fields="31")
        assert found == [{"conid": AAPL, "conidEx": str(AAPL)}]
        skip(0.1)


async def test_everything_is_text_but_conids_and_the_time(asks: ApiClient, skip: Skip) -> None:
    found = await row(asks, skip, AAPL, "31,55,73,76,82,83,84,85,86,87,88,6008,7051,7059,7295,7741,7762,7920")
    whole = {key for key, value in found.items() if isinstance(value, int)}
    assert whole == {"conid", "_updated", "6008"}
    assert all(isinstance(found[key], str) for key in found.keys() - whole)
    assert found["83"].endswith("%")
    assert found["87"][-1] in "KM"
    assert "," not in found["7762"]
    assert int(found["7762"]) > 1_000_000


async def test_a_new_field_starts_its_own_wait(asks: ApiClient, skip: Skip) -> None:
    await row(asks, skip, AAPL, "31")
    (found,) = await asks.get_json(SNAPSHOT, conids=AAPL, fields="31,7295")
    assert "31" in found
    assert "7295" not in found
    skip(1.0)
    (found,) = await asks.get_json(SNAPSHOT, conids=AAPL, fields="31,7295")
    assert {"31", "7295"} <= set(found)


async def test_the_snapshot_says_what_the_prices_are(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    found = await row(asks, skip, AAPL, "31,84,86,70,71,7741,82")
    quote = simulation.prices.quote(simulation.selected_account.instrument(AAPL))
    assert found["31"] == f"{quote.last:.2f}"
    assert (found["84"], found["86"]) == (f"{quote.bid:.2f}", f"{quote.ask:.2f}")
    assert found["82"] == f"{quote.last - quote.prior_close:.2f}"
    assert found["_updated"] == simulation.clock.now_ms() // 500 * 500


async def test_on_a_closed_market_the_last_price_is_marked_and_the_line_is_frozen(
    asks: ApiClient, skip: Skip, clock: Clock, simulation: Simulation
) -> None:
    skip(datetime(2026, 3, 7, 12, tzinfo=NEW_YORK).timestamp() - clock.now())
    simulation.session.establish()
    await asks.prepare_session()
    found = await row(asks, skip, AAPL, "31")
    assert found["31"].startswith("C")
    assert found["6509"] == "ZpB"
    friday = datetime(2026, 3, 6, 20, tzinfo=NEW_YORK).timestamp()
    assert found["_updated"] == friday * 1000


async def test_a_halted_contract_is_marked(asks: ApiClient, skip: Skip, simulation: Simulation) -> None:
    simulation.prices.halt(IBM)
    assert (await row(asks, skip, IBM, "31"))["31"].startswith("H")


async def test_sizes_have_thousands_separators(asks: ApiClient, skip: Skip) -> None:
    assert "," in (await row(asks, skip, EUR_USD, "85,88"))["88"]


async def test_an_index_has_no_bid_and_no_ask(asks: ApiClient, skip: Skip) -> None:
    found = await row(asks, skip, SPX, "31,84,86,88")
    assert "31" in found
    assert not {"84", "86", "88"} & set(found)


async def test_a_derivative_has_no_values_until_its_underlying_was_searched_for(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    option = simulation.universe.options_of(AAPL)[0].conid
    found = await row(asks, skip, option, "31,7308,7633,6457")
    assert found == {"conid": option, "conidEx": str(option)}
    await asks.get_json("/iserver/secdef/search", symbol="AAPL")
    found = await row(asks, skip, option, "31,7308,7633,6457")
    assert 0 < float(found["7308"]) <= 1
    assert found["7633"].endswith("%")
    assert found["6457"] == AAPL


async def test_a_position_shows_in_the_fields_of_its_contract(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    found = await row(asks, skip, IBM, "73,74,75,76,77,78,79,80,7292,7639,7920,7921")
    line = simulation.selected_account.valuation().open_position(IBM)
    assert line is not None
    assert found["76"] == "150"
    assert found["7921"] == f"{line.cost:.2f}"
    assert found["73"].replace(",", "") == f"{line.market_value:.2f}"
    nothing_held = await row(asks, skip, 4762, "73,76,7920")
    assert not {"73", "76", "7920"} & set(nothing_held)


async def test_what_is_unknown_gives_an_empty_row(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    assert await row(asks, skip, 0, "31") == {"conid": 0, "conidEx": "0"}
    assert not simulation.preflights.subscriptions
    assert "99999" not in await row(asks, skip, AAPL, "31,99999,abc")


async def test_an_exchange_can_be_named_with_the_conid(asks: ApiClient, skip: Skip) -> None:
    await asks.get_json(SNAPSHOT, conids=f"{IBM}@NYSE", fields="31")
    skip(1.0)
    (found,) = await asks.get_json(SNAPSHOT, conids=f"{IBM}@NYSE", fields="31")
    assert (found["conid"], found["conidEx"]) == (IBM, f"{IBM}@NYSE")


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
async def test_nonsense_and_too_much_at_once_are_a_bad_request(
    asks: ApiClient, simulation: Simulation, query: dict[str, str]
) -> None:
    assert (await asks.get(SNAPSHOT, **query)).status_code == 400
    assert not simulation.preflights.subscriptions


async def test_beyond_a_hundred_lines_a_snapshot_never_completes(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    many = [i.conid for i in simulation.universe.all() if i.sec_type in ("STK", "OPT")][:100]
    await asks.get_json(SNAPSHOT, conids=",".join(map(str, many)), fields="31")
    assert len(simulation.preflights.subscriptions) == 100
    for _ in range(3):
        assert await row(asks, skip, SPX, "31") == {"conid": SPX, "conidEx": str(SPX)}
    await asks.post(UNSUBSCRIBE, {"conid": many[0]})
    assert "31" in await row(asks, skip, SPX, "31")


@pytest.mark.parametrize(
    ("options", "code", "priced"),
    [
        (SimulationOptions(login=True, rate_limits=False, availability="DPB"), "DPB", True),
        (SimulationOptions(login=True, rate_limits=False, profile="delayed"), "DPB", True),
        (SimulationOptions(login=True, rate_limits=False, availability="N"), "N", False),
        (SimulationOptions(login=True, rate_limits=False, availability="Z"), "Z", True),
    ],
)
async def test_the_line_says_how_good_its_data_is(
    asks: ApiClient, skip: Skip, code: str, priced: bool
) -> None:
    found = await row(asks, skip, AAPL, "31,55")
    assert found["6509"] == code
    assert ("31" in found) is priced
    assert found["55"] == "AAPL"
    if code == "Z":
        assert found["31"].startswith("C")


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, profile="delayed")])
async def test_delayed_prices_are_a_quarter_of_an_hour_old(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    found = await row(asks, skip, AAPL, "31")
    then = simulation.clock.now() - 900
    assert float(found["31"]) == simulation.prices.price_at(
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
async def test_history_ends_where_the_snapshot_does_and_says_how_late_that_is(
    asks: ApiClient, skip: Skip, delay: int
) -> None:
    found = await row(asks, skip, AAPL, "31")
    bars = await asks.get_json(HISTORY, conid=AAPL, period="1d", bar="1min", outsideRth="true")
    assert f"{bars['data'][-1]['c']:.2f}" == found["31"].lstrip("C")
    assert bars["mktDataDelay"] == delay


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, availability="N")])
async def test_without_permission_there_is_no_history(asks: ApiClient) -> None:
    reply = await asks.get(HISTORY, conid=AAPL, period="1d", bar="1h")
    assert reply.status_code == 500
    assert reply.json()["error"]


async def test_a_line_can_be_given_back_once(asks: ApiClient) -> None:
    await asks.get_json(SNAPSHOT, conids=AAPL, fields="31")
    reply = await asks.post(UNSUBSCRIBE, {"conid": AAPL})
    assert reply.json() == {"success": True}
    again = await asks.post(UNSUBSCRIBE, {"conid": AAPL})
    assert (again.status_code, again.json()) == (500, {"error": "unknown"})


@pytest.mark.parametrize("body", [{}, {"conid": "265598"}, {"conid": True}, []])
async def test_only_a_conid_can_be_given_back(asks: ApiClient, body: Any) -> None:
    assert (await asks.post(UNSUBSCRIBE, body)).status_code == 400


async def test_giving_all_lines_back_starts_from_the_receipt_again(
    asks: ApiClient, skip: Skip, simulation: Simulation
) -> None:
    await row(asks, skip, AAPL, "31")
    reply = await asks.get_json(UNSUBSCRIBE_ALL)
    assert type_mismatches("GET /iserver/marketdata/unsubscribeall", reply) == []
    assert reply == {"unsubscribed": True}
    assert not simulation.preflights.subscriptions
    assert await asks.get_json(SNAPSHOT, conids=AAPL, fields="31") == [{"conid": AAPL, "conidEx": str(AAPL)}]


async def test_history_has_the_types_seen_on_the_wire(asks: ApiClient) -> None:
    found = await asks.get_json(HISTORY, conid=AAPL, period="1w", bar="1d")
    assert type_mismatches("GET /iserver/marketdata/history", found) == []
    assert (found["barLength"], found["timePeriod"], found["mdAvailability"]) == (86400, "1w", "S")
    assert found["points"] == len(found["data"]) - 1
    assert found["startTime"] == "20260225-14:30:00"
    assert found["data"][0]["t"] == 1772029800000


async def test_the_last_bar_closes_at_the_snapshot(asks: ApiClient, skip: Skip) -> None:
    found = await row(asks, skip, AAPL, "31,7762")
    bars = await asks.get_json(HISTORY, conid=AAPL, period="1d", bar="1min", outsideRth="true")
    assert f"{bars['data'][-1]['c']:.2f}" == found["31"]
    volume = sum(bar["v"] for bar in bars["data"]) * bars["volumeFactor"]
    assert volume == pytest.approx(int(found["7762"]), abs=1)


async def test_start_time_is_the_end_of_the_window(asks: ApiClient) -> None:
    found = await asks.get_json(HISTORY, conid=AAPL, period="1d", bar="30min", startTime="20260224-21:00:00")
    assert len(found["data"]) == 13
    assert found["startTime"] == "20260224-14:30:00"
    assert (await asks.get(HISTORY, conid=AAPL, period="1d", startTime="yesterday")).status_code == 400


@pytest.mark.parametrize("end", ["00010101-00:00:00", "19691231-23:59:59"])
async def test_there_is_no_chart_of_the_time_before_1970(asks: ApiClient, end: str) -> None:
    reply = await asks.get(HISTORY, conid=AAPL, period="15y", bar="1w", startTime=end)
    assert (reply.status_code, reply.json()["error"]) == (500, "Chart data unavailable")


async def test_pages_back_in_time_join_without_a_gap(asks: ApiClient) -> None:
    late = await asks.get_json(HISTORY, conid=AAPL, period="2h", bar="10min")
    early = await asks.get_json(HISTORY, conid=AAPL, period="2h", bar="10min", startTime=late["startTime"])
    assert early["data"][-1]["c"] == late["data"][0]["o"]
    assert early["data"][-1]["t"] + 600_000 == late["data"][0]["t"]


@pytest.mark.parametrize("period", ["1D", "nonsense", "99y", "31min"])
async def test_an_unknown_period_is_replaced_by_a_window_of_84_bars(asks: ApiClient, period: str) -> None:
    found = await asks.get_json(HISTORY, conid=AAPL, period=period, bar="5min")
    assert len(found["data"]) == 84


async def test_a_bar_beyond_the_table_is_replaced(asks: ApiClient) -> None:
    found = await asks.get_json(HISTORY, conid=AAPL, period="1y", bar="1min")
    assert found["barLength"] == 86400


async def test_forward_and_unknown_contracts_have_no_chart(asks: ApiClient) -> None:
    for query in ({"conid": AAPL, "direction": 1}, {"conid": 999}):
        reply = await asks.get(HISTORY, period="1d", bar="1h", **query)
        assert reply.status_code == 500
        assert reply.json()["error"] == "Chart data unavailable"
    assert (await asks.get(HISTORY, period="1d", bar="1h")).status_code == 400


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=True, rate_limits=False, profile="fa")], ids=["fa"]
)
async def test_the_position_on_a_line_is_the_selected_accounts(
    asks: ApiClient, skip: Skip, options: SimulationOptions
) -> None:
    assert options.profile == "fa"
    positions = {}
    for account in ("DU1234567", "DU1234568", "DU1234569"):
        await asks.post("/iserver/account", {"acctId": account})
        positions[account] = (await row(asks, skip, AAPL, "76")).get("76")
    assert positions == {"DU1234567": "260", "DU1234568": "40", "DU1234569": None}
