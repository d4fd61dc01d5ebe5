from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.order_calls import ORDER, ORDERS, Trader, ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM_IN_FRANKFURT

Skip = Callable[[float], None]
WHATIF = f"{ORDERS}/whatif"
LIVE, TRADES = "/iserver/account/orders", "/iserver/account/trades"


@pytest.fixture
def low(simulation: Simulation) -> Instrument:
    return option_near_money(simulation.universe, simulation.prices, simulation.clock.now())


@pytest.fixture
def high(simulation: Simulation) -> Instrument:
    return option_near_money(simulation.universe, simulation.prices, simulation.clock.now(), strikes_up=1)


@pytest.fixture
def vertical(low: Instrument, high: Instrument) -> str:
    """A debit spread when bought."""
    return conidex((low, 1), (high, -1))


@pytest.fixture
def puts(simulation: Simulation) -> tuple[Instrument, Instrument]:
    """Two puts that the account does not hold, the lower strike first."""
    universe, prices, now = simulation.universe, simulation.prices, simulation.clock.now()
    return (
        option_near_money(universe, prices, now, right="P"),
        option_near_money(universe, prices, now, right="P", strikes_up=1),
    )


@pytest.fixture
async def trader(gateway: httpx.AsyncClient) -> Trader:
    trader = Trader(gateway)
    await trader.get("/iserver/accounts")
    await trader.get("/iserver/secdef/search", symbol="AAPL")
    await trader.get(LIVE)
    await trader.get(TRADES)
    return trader


def order(text: str, price: float | None, **fields: Any) -> dict[str, Any]:
    """Return a limit order, or a market order if there is no price, for two units."""
    kind = {"orderType": "MKT"} if price is None else {"orderType": "LMT", "price": price}
    return ticket(**({"conid": None, "conidex": text, "quantity": 2} | kind | fields))


def quote(simulation: Simulation, text: str) -> Any:
    return simulation.prices.quote(make_combination(simulation.universe, text))


async def live_row(trader: Trader, order_id: int) -> dict[str, Any]:
    rows = (await trader.get_json(LIVE))["orders"]
    return next(row for row in rows if row["orderId"] == order_id)


async def test_a_combination_fills_all_its_legs_and_every_endpoint_shows_it(
    trader: Trader, simulation: Simulation, skip: Skip, vertical: str, low: Instrument, high: Instrument
) -> None:
    skip(6)
    price = round(quote(simulation, vertical).ask + 0.3, 2)
    (order_id,) = await trader.place(order(vertical, price, cOID="spread"))
    skip(60)
    row = await live_row(trader, order_id)
    assert (row["conid"], row["conidex"], row["secType"]) == (28812380, vertical, "BAG")
    assert (row["status"], row["filledQuantity"], row["ticker"]) == ("Filled", 2.0, "AAPL")
    assert "270" in row["description2"]
    status = await trader.get_json(f"/iserver/account/order/status/{order_id}")
    assert (status["conidex"], status["sec_type"], status["side"]) == (vertical, "BAG", "B")
    rows = [row for row in await trader.get_json(TRADES) if row["order_id"] == order_id]
    whole = [row for row in rows if row["sec_type"] == "BAG"]
    assert {(row["conid"], row["conidEx"]) for row in whole} == {(28812380, vertical)}
    legs = {row["conid"]: row for row in rows if row["sec_type"] == "OPT"}
    assert {conid: (row["side"], row["conidEx"]) for conid, row in legs.items()} == {
        low.conid: ("B", str(low.conid)),
        high.conid: ("S", str(high.conid)),
    }
    assert {row["order_ref"] for row in rows} == {"spread"}
    assert simulation.selected_account.positions[high.conid].quantity == -2


@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_the_side_of_the_order_multiplies_the_ratios(
    trader: Trader, simulation: Simulation, skip: Skip, low: Instrument, high: Instrument, side: str
) -> None:
    text, positions = conidex((low, 1), (high, -2)), simulation.selected_account.positions
    held = {conid: position.quantity for conid, position in positions.items()}
    await trader.place(order(text, None, side=side))
    skip(60)
    simulation.catch_up()
    sign = 1 if side == "BUY" else -1
    assert positions[low.conid].quantity - held.get(low.conid, 0) == 2 * sign
    assert positions[high.conid].quantity - held.get(high.conid, 0) == -4 * sign


async def test_a_credit_spread_is_bought_at_a_negative_price(
    trader: Trader, simulation: Simulation, skip: Skip, low: Instrument, high: Instrument
) -> None:
    text = conidex((low, -1), (high, 1))
    ask, cash = quote(simulation, text).ask, simulation.selected_account.cash["USD"]
    assert ask < 0
    (order_id,) = await trader.place(order(text, round(ask + 0.3, 2)))
    skip(60)
    row = await live_row(trader, order_id)
    assert (row["status"], float(row["avgPrice"]) < 0) == ("Filled", True)
    fees = simulation.selected_account.orders[order_id].fees
    assert simulation.selected_account.cash["USD"] - cash == pytest.approx(
        -200 * simulation.selected_account.orders[order_id].average_price - fees
    )


async def test_a_limit_price_of_zero_is_a_limit(
    trader: Trader, simulation: Simulation, skip: Skip, low: Instrument, high: Instrument
) -> None:
    text = conidex((low, 1), (high, -3))
    preview = await trader.submit(order(text, 0), path=WHATIF)
    assert float(preview["amount"]["amount"].split()[0]) == 0
    (order_id,) = await trader.place(order(text, 0, side="SELL", tif="GTC"))
    skip(60)
    row = await live_row(trader, order_id)
    assert (row["price"], row["status"]) == ("0.00", "Submitted")
    assert quote(simulation, text).last < 0


async def test_a_resting_combination_is_modified_and_cancelled(
    trader: Trader, simulation: Simulation, skip: Skip, vertical: str, low: Instrument, high: Instrument
) -> None:
    price = round(quote(simulation, vertical).bid - 1, 2)
    (order_id,) = await trader.place(order(vertical, price))
    skip(2)
    changed = order(f"28812380@SMART;;;{high.conid}/-1,{low.conid}/+1", round(price - 0.1, 2))
    reply = await trader.post(f"{ORDER}/{order_id}", changed)
    await trader.confirm_all(reply.json())
    skip(2)
    assert float((await live_row(trader, order_id))["price"]) == pytest.approx(price - 0.1)
    other = await trader.post(f"{ORDER}/{order_id}", order(conidex((low, 1), (high, -2)), price))
    assert "legs" in other.json()["error"]
    assert (await trader.delete(f"{ORDER}/{order_id}")).status_code == 200
    skip(2)
    assert await trader.status(order_id) == "Cancelled"


async def test_a_closing_order_cancels_only_the_orders_for_the_same_combination(
    trader: Trader, simulation: Simulation, skip: Skip, puts: tuple[Instrument, Instrument], vertical: str
) -> None:
    low, high = puts
    spread = conidex((high, 1), (low, -1))
    await trader.place(order(spread, None))
    (other,) = await trader.place(order(vertical, round(quote(simulation, vertical).bid - 1, 2)))
    skip(30)
    (resting,) = await trader.place(order(spread, 4.99, side="SELL", tif="GTC"))
    skip(2)
    await trader.place(order(spread, None, side="SELL", isClose=True))
    skip(30)
    assert await trader.status(resting) == "Cancelled"
    assert await trader.status(other) == "Submitted"


async def test_a_large_order_fills_in_whole_units_and_its_legs_stay_in_proportion(
    trader: Trader, simulation: Simulation, skip: Skip, low: Instrument, high: Instrument
) -> None:
    text, account = conidex((low, 2), (high, -3)), simulation.selected_account
    before = account.positions[low.conid].quantity if low.conid in account.positions else 0.0
    (order_id,) = await trader.place(order(text, round(quote(simulation, text).ask + 1, 2), quantity=25))
    fills = set()
    for _ in range(60):
        skip(0.5)
        simulation.catch_up()
        filled = account.orders[order_id].filled
        fills.add(filled)
        if filled:
            assert account.positions[low.conid].quantity - before == 2 * filled
            assert account.positions[high.conid].quantity == -3 * filled
    assert filled == 25
    assert len(fills) > 2
    assert all(number == int(number) for number in fills)


async def test_a_bracket_on_a_combination_closes_it(
    trader: Trader, simulation: Simulation, skip: Skip, vertical: str, low: Instrument, high: Instrument
) -> None:
    now = quote(simulation, vertical)
    parent = order(vertical, round(now.ask + 0.3, 2), cOID="parent")
    profit = order(vertical, round(now.ask + 1, 2), side="SELL", tif="GTC", parentId="parent")
    stop = order(vertical, None, side="SELL", tif="GTC", parentId="parent") | {
        "orderType": "STP",
        "price": round(now.bid - 1, 2),
    }
    first, second, third = await trader.place(parent, profit, stop)
    skip(60)
    assert await trader.status(first) == "Filled"
    simulation.prices.override_price(low.conid, 20.0)
    simulation.prices.override_price(high.conid, 16.0)
    skip(60)
    assert {await trader.status(second), await trader.status(third)} == {"Filled", "Cancelled"}
    assert simulation.selected_account.positions[high.conid].quantity == 0


async def test_a_filled_combination_is_listed_in_the_combination_positions(
    trader: Trader, skip: Skip, puts: tuple[Instrument, Instrument]
) -> None:
    low, high = puts
    await trader.get("/portfolio/accounts")
    path = f"/portfolio/{ACCOUNT}/combo/positions"
    assert await trader.get_json(path) == []
    await trader.place(order(conidex((high, 1), (low, -1)), None, side="SELL"))
    skip(20)
    assert await trader.get_json(path) == []  # the cached positions
    (row,) = await trader.get_json(path, nocache="true")
    assert re.fullmatch("CP.CP[0-9a-f]{8}", row["name"])
    assert row["description"] == f"-1*{high.conid}+1*{low.conid}"
    assert row["legs"] == [{"conid": str(high.conid), "ratio": -1}, {"conid": str(low.conid), "ratio": 1}]
    assert [(leg["conid"], leg["position"]) for leg in row["positions"]] == [
        (high.conid, -2.0),
        (low.conid, 2.0),
    ]
    documented = {
        "acctId",
        "contractDesc",
        "mktPrice",
        "mktValue",
        "currency",
        "avgCost",
        "avgPrice",
        "exchs",
    }
    assert documented <= row["positions"][0].keys()
    assert "model" not in row["positions"][0]
    skip(45)
    assert len(await trader.get_json(path)) == 1


@pytest.mark.parametrize(("side", "per_unit"), [("BUY", 0), ("SELL", 500)])
async def test_a_vertical_requires_its_width(
    trader: Trader, puts: tuple[Instrument, Instrument], side: str, per_unit: int
) -> None:
    low, high = puts
    assert (high.strike or 0.0) - (low.strike or 0.0) == 5
    text = conidex((high, 1), (low, -1))
    preview = await trader.submit(order(text, None, quantity=10, side=side), path=WHATIF)
    assert preview["error"] is None
    for key in ("initial", "maintenance"):
        before = float(preview[key]["current"].replace(",", ""))
        assert float(preview[key]["change"].replace(",", "")) == 10 * per_unit
        assert float(preview[key]["after"].replace(",", "")) == pytest.approx(before + 10 * per_unit, abs=1)


@pytest.mark.parametrize("price", [None, 1.0])
async def test_a_what_if_of_a_combination_places_nothing(
    trader: Trader, simulation: Simulation, vertical: str, price: float | None
) -> None:
    preview = await trader.submit(order(vertical, price), path=WHATIF)
    assert preview["error"] is None
    assert preview["amount"]["commission"] == "2.60 USD"
    assert preview["position"] == {"current": "0", "change": "2", "after": "2"}
    assert not simulation.selected_account.combination_executions


async def test_market_data_of_the_combination_or_of_all_legs_avoids_the_market_data_question(
    trader: Trader, simulation: Simulation, vertical: str, low: Instrument, high: Instrument
) -> None:
    price = round(quote(simulation, vertical).bid - 1, 2)
    await trader.place(order(vertical, price))
    assert "o354" in trader.message_ids
    await trader.get("/iserver/marketdata/snapshot", conids=low.conid, fields="31")
    await trader.place(order(vertical, price))
    assert "o354" in trader.message_ids
    await trader.get("/iserver/marketdata/snapshot", conids=high.conid, fields="31")
    await trader.place(order(vertical, price))
    assert "o354" not in trader.message_ids
    other = conidex((low, 1), (high, -2))
    await trader.get(
        "/iserver/marketdata/snapshot", conids=conidex((high, -2), (low, 1), spread=0), fields="31"
    )
    await trader.place(order(other, price - 5))
    assert "o354" not in trader.message_ids


@pytest.mark.parametrize(
    "text",
    [
        *(
            "28812380;;;",
            "28812380;;;1/1",
            "28812380;;1/1,2/-1",
            "0;;;265598/1,8314/-1",
            ";;;265598/1,8314/-1",
        ),
        *("28812380;;;265598/0,8314/1", "28812380;;;265598/2,8314/-2", "28812380;;;265598/1,265598/-1"),
        *(
            f"28812380;;;{AAPL}/1,{IBM_IN_FRANKFURT}/-1",
            "58666491;;;265598/1,8314/-1",
            "5;;;265598/1,8314/-1",
        ),
        *(
            "28812380;;;265598@NYSE/1,8314@ARCA/-1",
            "28812380;;;265598/1,416904/-1",
            "28812380;;;265598/1.5,8314/1",
        ),
        "28812380;;;" + ",".join(f"{number}/1" for number in range(1, 9)),
        "28812380;;;265598/" + "9" * 400 + ",8314/1",
    ],
)
@pytest.mark.parametrize("path", [ORDERS, WHATIF])
async def test_contracts_that_cannot_be_combined_are_a_bad_request(
    trader: Trader, text: str, path: str
) -> None:
    reply = await trader.post(path, {"orders": [order(text, 1.0)]})
    assert reply.status_code == 400
    assert "error" in reply.json()


async def test_an_unknown_leg_has_no_security_definition(trader: Trader) -> None:
    answer = await trader.submit(order(conidex((AAPL, 1), (5, -1)), 1.0))
    assert "no sec defs returned" in answer["error"]


async def test_a_futures_calendar_spread_needs_operator_ids_and_costs_no_cash(
    trader: Trader, simulation: Simulation, skip: Skip
) -> None:
    _, near, far = simulation.universe.futures_of("ES")[:3]  # the account holds the front month
    text = conidex((far, 1), (near, -1))
    assert (await trader.post(ORDERS, {"orders": [order(text, None)]})).status_code == 400
    ids = {"manualIndicator": False, "extOperator": "me"}
    cash = simulation.selected_account.cash["USD"]
    (order_id,) = await trader.place(order(text, None, **ids))
    skip(60)
    assert await trader.status(order_id) == "Filled"
    fees = simulation.selected_account.orders[order_id].fees
    assert fees == pytest.approx(4 * 2.25)
    assert simulation.selected_account.cash["USD"] - cash == pytest.approx(-fees)
