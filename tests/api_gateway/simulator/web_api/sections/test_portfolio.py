from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, MSFT, SPY, ApiClient, trade
from tests.api_gateway.simulator.wire_types import type_mismatches

OWN = f"/portfolio/{ACCOUNT}"
POSITIONS = f"{OWN}/positions/0"
OF_ACCOUNT = ("meta", "summary", "ledger", "allocation", "positions/0", f"position/{AAPL}", "combo/positions")
NEEDS_ACCOUNTS = (
    *(f"{OWN}/{path}" for path in OF_ACCOUNT),
    f"/portfolio2/{ACCOUNT}/positions",
    f"/portfolio/positions/{AAPL}",
)


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


@pytest.fixture
async def ready(api: ApiClient) -> ApiClient:
    return await api.prepare_session()


async def of_class(api: ApiClient, kind: str) -> dict[str, Any]:
    rows = await api.get_json(POSITIONS, waitForSecDef="true")
    return next(row for row in rows if row["assetClass"] == kind)


@pytest.mark.parametrize("path", NEEDS_ACCOUNTS)
async def test_portfolio_calls_before_the_accounts_get_401_without_a_body(api: ApiClient, path: str) -> None:
    reply = await api.get(path)
    assert (reply.status_code, reply.content) == (401, b"")
    await api.get("/portfolio/accounts")
    assert (await api.get(path)).status_code == 200


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=True, rate_limits=False, strict=False)], ids=["kind"]
)
@pytest.mark.parametrize("path", NEEDS_ACCOUNTS)
async def test_portfolio_calls_before_the_accounts_are_empty_unless_strict(
    api: ApiClient, options: SimulationOptions, path: str
) -> None:
    assert not options.strict
    body = await api.get_json(path)
    assert body in ({}, [], {part: {"long": {}, "short": {}} for part in ("assetClass", "sector", "group")})


@pytest.mark.parametrize("path", ["/portfolio/subaccounts", "/portfolio/subaccounts2"])
async def test_the_subaccount_lists_unlock_the_portfolio_too(api: ApiClient, path: str) -> None:
    await api.get(path)
    assert (await api.get(f"{OWN}/ledger")).status_code == 200


async def test_the_portfolio_needs_only_a_login(api: ApiClient, simulation: Simulation) -> None:
    simulation.session.drop()
    assert (await api.get("/iserver/accounts")).status_code == 400
    assert (await api.get("/portfolio/accounts")).status_code == 200
    assert (await api.get(POSITIONS)).status_code == 200


@pytest.mark.parametrize("path", [*OF_ACCOUNT])
async def test_an_unknown_account_gets_401_without_a_body(ready: ApiClient, path: str) -> None:
    reply = await ready.get(f"/portfolio/U7654321/{path}")
    assert (reply.status_code, reply.content) == (401, b"")


async def test_the_other_calls_reject_an_unknown_account_too(ready: ApiClient) -> None:
    assert (await ready.get("/portfolio2/U7654321/positions")).status_code == 401
    assert (await ready.post("/portfolio/U7654321/positions/invalidate")).status_code == 401


async def test_accounts_and_subaccounts_differ_in_brokerage_access(api: ApiClient) -> None:
    accounts, subaccounts = (
        await api.get_json("/portfolio/accounts"),
        await api.get_json("/portfolio/subaccounts"),
    )
    assert type_mismatches("GET /portfolio/accounts", accounts) == []
    assert type_mismatches("GET /portfolio/subaccounts", subaccounts) == []
    assert [accounts[0]["brokerageAccess"], subaccounts[0]["brokerageAccess"]] == [True, False]
    assert "faclient" in accounts[0]
    assert "faClient" not in accounts[0]
    assert accounts[0]["accountStatus"] > 2**31
    meta = await api.get_json(f"{OWN}/meta")
    assert meta["accountId"] == ACCOUNT
    assert meta.keys() == accounts[0].keys()


async def test_subaccounts_come_in_pages_of_twenty(api: ApiClient) -> None:
    first = await api.get_json("/portfolio/subaccounts2", page=0)
    assert first["metadata"] == {"total": 1, "pageSize": 20, "pageNum": 0}
    assert [each["id"] for each in first["subaccounts"]] == [ACCOUNT]
    past_the_end = await api.get_json("/portfolio/subaccounts2", page=3)
    assert past_the_end["subaccounts"] == []
    assert past_the_end["metadata"]["pageNum"] == 3
    assert (await api.get("/portfolio/subaccounts2", page="one")).status_code == 400


async def test_the_first_positions_lack_the_details_of_their_contracts(ready: ApiClient) -> None:
    first = await ready.get_json(POSITIONS)
    assert type_mismatches("GET /portfolio/{accountId}/positions/0", first) == []
    assert not any({"ticker", "name", "sector"} & row.keys() for row in first)
    second = await ready.get_json(POSITIONS)
    assert type_mismatches("GET /portfolio/{accountId}/position/{id}", second) == []
    assert {row["ticker"] for row in second} == {"AAPL", "ES", "IBM", "SPY"}
    assert [row["conid"] for row in first] == [row["conid"] for row in second]


async def test_a_request_that_waits_for_the_contracts_gets_complete_positions_at_once(
    ready: ApiClient,
) -> None:
    rows = await ready.get_json(POSITIONS, waitForSecDef="true")
    assert all({"ticker", "name", "sector", "pageSize"} <= row.keys() for row in rows)
    assert {row["pageSize"] for row in rows} == {100}


async def test_positions_in_stocks_options_and_futures_have_different_fields(ready: ApiClient) -> None:
    stock, option, future = [await of_class(ready, kind) for kind in ("STK", "OPT", "FUT")]
    assert [stock[key] for key in ("expiry", "putOrCall", "multiplier", "strike", "undConid")] == [
        None,
        None,
        0.0,
        "0",
        0,
    ]
    assert (option["putOrCall"], option["multiplier"], option["undConid"]) == ("C", 100.0, AAPL)
    assert isinstance(option["strike"], str)
    assert option["avgCost"] == pytest.approx(option["avgPrice"] * 100)
    assert option["mktValue"] == pytest.approx(option["position"] * option["mktPrice"] * 100, abs=0.01)
    assert (future["putOrCall"], future["multiplier"], future["strike"]) == (None, 50.0, "0")
    assert future["lastTradingDay"] == future["expiry"]


async def test_a_positions_page_past_the_end_is_empty_and_must_be_a_number(ready: ApiClient) -> None:
    assert await ready.get_json(f"{OWN}/positions/1") == []
    assert await ready.get_json(f"{OWN}/positions/999") == []
    for page in ("x", "-1", "1.5"):
        assert (await ready.get(f"{OWN}/positions/{page}")).status_code == 400


async def test_positions_are_sorted_on_request(ready: ApiClient) -> None:
    up = await ready.get_json_twice(POSITIONS, sort="mktValue", direction="a")
    down = await ready.get_json(POSITIONS, sort="mktValue", direction="d")
    values = [row["mktValue"] for row in up]
    assert values == sorted(values)
    assert [row["conid"] for row in down] == [row["conid"] for row in reversed(up)]
    newer = await ready.get_json(f"/portfolio2/{ACCOUNT}/positions", sort="position", direction="d")
    sizes = [row["position"] for row in newer]
    assert sizes == sorted(sizes, reverse=True)


async def test_a_retail_account_has_no_models(ready: ApiClient) -> None:
    assert await ready.get_json(POSITIONS, model="Growth") == []
    assert (await ready.get_json(f"{OWN}/allocation", model="Growth"))["assetClass"]["long"] == {}


async def test_a_longer_period_includes_more_realised_profit(
    ready: ApiClient, simulation: Simulation
) -> None:
    simulation.prices.override_price(MSFT, 500.0)
    trade(simulation.selected_account, MSFT, 10, 500.0)
    trade(simulation.selected_account, MSFT, -5, 520.0)

    async def later(days: int) -> None:
        simulation.clock.advance(days * 86400)
        simulation.session.login()
        await ready.prepare_session()

    async def realised(period: str) -> float:
        rows = await ready.get_json(POSITIONS, period=period)
        profit = next(row["realizedPnl"] for row in rows if row["conid"] == MSFT)
        assert isinstance(profit, float)
        return profit

    await later(1)
    assert await realised("1D") == 0.0
    assert await realised("7D") == pytest.approx(5 * 20 - 1.5, abs=0.5)
    assert await realised("1M") == await realised("7D")
    await later(10)
    assert await realised("7D") == 0.0
    assert await realised("1M") > 0.0
    await later(25)
    assert await realised("1M") == 0.0


async def test_a_fill_shows_at_once_in_current_positions_and_later_in_cached_ones(
    ready: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    await ready.get(POSITIONS)
    trade(simulation.selected_account, MSFT, 10, 500.0)

    async def cached() -> set[int]:
        return {row["conid"] for row in await ready.get_json(POSITIONS)}

    assert MSFT not in await cached()
    newer = await ready.get_json(f"/portfolio2/{ACCOUNT}/positions")
    assert str(MSFT) in {row["conid"] for row in newer}
    reply = await ready.post(f"{OWN}/positions/invalidate")
    assert (reply.status_code, reply.json()) == (200, {"message": "success"})
    assert MSFT in await cached()
    trade(simulation.selected_account, MSFT, -10, 500.0)
    skip(29)
    assert MSFT in await cached()
    skip(31)
    assert MSFT not in await cached()


async def test_current_positions_have_a_different_shape_with_text_conids(
    ready: ApiClient, simulation: Simulation
) -> None:
    rows = await ready.get_json(f"/portfolio2/{ACCOUNT}/positions")
    assert type_mismatches("GET /portfolio2/{accountId}/positions", rows) == []
    assert {type(row["conid"]) for row in rows} == {str}
    assert {row["timestamp"] for row in rows} == {int(simulation.clock.now())}
    older = {str(row["conid"]): row for row in await ready.get_json(POSITIONS)}
    for row in rows:
        assert row["marketValue"] == older[row["conid"]]["mktValue"]
        assert row["unrealizedPnl"] == older[row["conid"]]["unrealizedPnl"]


async def test_the_position_in_one_contract_is_a_list_that_can_be_empty(ready: ApiClient) -> None:
    rows = await ready.get_json_twice(f"{OWN}/position/{IBM}")
    assert type_mismatches("GET /portfolio/{accountId}/position/{id}", rows) == []
    assert [row["ticker"] for row in rows] == ["IBM"]
    for conid in (MSFT, 0, 999999999):
        assert await ready.get_json(f"{OWN}/position/{conid}") == []
    assert (await ready.get(f"{OWN}/position/IBM")).status_code == 400


async def test_positions_by_account_are_lists_by_account(ready: ApiClient) -> None:
    body = await ready.get_json(f"/portfolio/positions/{SPY}")
    assert type_mismatches("GET /portfolio/positions/{id}", body) == []
    assert {account: [row["conid"] for row in rows] for account, rows in body.items()} == {ACCOUNT: [SPY]}
    assert await ready.get_json(f"/portfolio/positions/{MSFT}") == {}
    assert (await ready.get("/portfolio/positions/SPY")).status_code == 400


async def test_the_ledger_adds_up(ready: ApiClient, simulation: Simulation) -> None:
    ledger = await ready.get_json(f"{OWN}/ledger")
    assert list(ledger) == ["EUR", "USD", "BASE"]
    assert {row["timestamp"] for row in ledger.values()} == {int(simulation.clock.now())}
    assert [type(row["exchangerate"]) for row in ledger.values()] == [float, int, int]
    assert [row.get("endofbundle") for row in ledger.values()] == [None, 1, None]
    held = ("stockmarketvalue", "stockoptionmarketvalue", "futuremarketvalue", "interest")
    assert all(ledger[currency]["interest"] > 0 for currency in ledger)
    for row in ledger.values():
        assert row["netliquidationvalue"] == pytest.approx(
            row["cashbalance"] + sum(row[key] for key in held), abs=0.02
        )
    rate = ledger["EUR"]["exchangerate"]
    for key in ("cashbalance", "settledcash", "netliquidationvalue", "unrealizedpnl", "realizedpnl", *held):
        assert ledger["BASE"][key] == pytest.approx(
            ledger["USD"][key] + rate * ledger["EUR"][key], abs=0.05
        ), key


async def test_ledger_positions_summary_and_allocation_agree(ready: ApiClient) -> None:
    base = (await ready.get_json(f"{OWN}/ledger"))["BASE"]
    summary = await ready.get_json(f"{OWN}/summary")
    positions = await ready.get_json(POSITIONS)
    shares = await ready.get_json(f"{OWN}/allocation")
    assert summary["netliquidation"]["amount"] == pytest.approx(base["netliquidationvalue"], abs=0.01)
    assert summary["totalcashvalue"]["amount"] == pytest.approx(
        base["cashbalance"] + base["futuresonlypnl"], abs=0.02
    )
    assert base["unrealizedpnl"] == pytest.approx(sum(row["unrealizedPnl"] for row in positions), abs=0.05)
    assert base["realizedpnl"] == pytest.approx(sum(row["realizedPnl"] for row in positions), abs=0.05)
    value = sum(row["mktValue"] for row in positions)
    for part, cash in (("assetClass", base["cashbalance"]), ("sector", 0.0), ("group", 0.0)):
        total = sum(sum(side.values()) for side in shares[part].values())
        assert total == pytest.approx(value + cash, abs=0.05), part


async def test_the_summary_has_segments_with_either_text_or_amounts(
    ready: ApiClient, simulation: Simulation
) -> None:
    summary = await ready.get_json(f"{OWN}/summary")
    assert len(summary) > 140
    for key, row in summary.items():
        assert row.keys() == {"amount", "currency", "isNull", "timestamp", "value", "severity"}, key
        assert isinstance(row["amount"], float)
        assert (row["currency"] is None) is (row["value"] is not None)
        assert row["timestamp"] == int(simulation.clock.now()) * 1000
    assert summary["accountcode"]["value"] == ACCOUNT
    assert summary["segmenttitle-c"]["value"] == "US Commodities"
    assert summary["netliquidation-p"]["amount"] == 0.0
    total = summary["netliquidation"]["amount"]
    parts = (summary[f"netliquidation-{segment}"]["amount"] for segment in "csp")
    assert sum(parts) == pytest.approx(total, abs=0.02)
    assert summary["availablefunds"]["amount"] == pytest.approx(
        summary["equitywithloanvalue"]["amount"] - summary["initmarginreq"]["amount"], abs=0.02
    )


async def test_the_allocation_has_short_sides_when_something_is_short(
    ready: ApiClient, simulation: Simulation
) -> None:
    shares = await ready.get_json(f"{OWN}/allocation")
    assert type_mismatches("GET /portfolio/{accountId}/allocation", shares) in (
        [],
        ["sector.long.Others is missing", "group.long.Others is missing"],
    )
    assert shares["assetClass"]["short"] == {}
    trade(simulation.selected_account, MSFT, -10, 500.0)
    shares = await ready.get_json(f"{OWN}/allocation")
    price = simulation.prices.quote(simulation.selected_account.instrument(MSFT)).last
    assert shares["assetClass"]["short"] == {"STK": pytest.approx(-10 * price)}
    assert "CASH" in shares["assetClass"]["long"]


async def test_a_joint_allocation_requires_loaded_positions(ready: ApiClient) -> None:
    assert (await ready.post("/portfolio/allocation", {"acctIds": [ACCOUNT]})).status_code == 500
    await ready.get(POSITIONS)
    joint = await ready.post("/portfolio/allocation", {"acctIds": [ACCOUNT]})
    assert joint.json() == await ready.get_json(f"{OWN}/allocation")


@pytest.mark.parametrize("body", [{}, {"acctIds": []}, {"acctIds": [7]}, {"acctIds": ACCOUNT}, []])
async def test_a_joint_allocation_without_accounts_is_a_bad_request(ready: ApiClient, body: Any) -> None:
    assert (await ready.post("/portfolio/allocation", body)).status_code == 400


async def test_a_joint_allocation_with_another_logins_account_gets_401(ready: ApiClient) -> None:
    await ready.get(POSITIONS)
    reply = await ready.post("/portfolio/allocation", {"acctIds": [ACCOUNT, "U7654321"]})
    assert (reply.status_code, reply.content) == (401, b"")


async def test_combination_positions_are_empty(ready: ApiClient) -> None:
    assert await ready.get_json(f"{OWN}/combo/positions", nocache="true") == []


async def test_a_new_brokerage_session_requires_the_accounts_again(
    ready: ApiClient, simulation: Simulation
) -> None:
    await ready.get(POSITIONS)
    simulation.session.init(compete=True)
    assert (await ready.get(POSITIONS)).status_code == 401
    await ready.get("/portfolio/accounts")
    assert "ticker" not in (await ready.get_json(POSITIONS))[0]


MASTER, SECOND, THIRD = "DF1234567", "DU1234568", "DU1234569"
FA = SimulationOptions(login=True, rate_limits=False, profile="fa")
DYNAMIC = SimulationOptions(login=True, rate_limits=False, profile="dynamic")
advisors = pytest.mark.parametrize("options", [FA], ids=["fa"])


@advisors
async def test_an_advisors_lists_contain_the_master_and_the_clients(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is FA
    accounts = await api.get_json("/portfolio/accounts")
    assert [(row["id"], row["faclient"]) for row in accounts] == [(MASTER, False)]
    clients = await api.get_json("/portfolio/subaccounts")
    assert [row["id"] for row in clients] == [ACCOUNT, SECOND, THIRD]
    assert {(row["faclient"], row["parent"]["accountId"]) for row in clients} == {(True, MASTER)}
    page = await api.get_json("/portfolio/subaccounts2", page=0)
    assert page == {"metadata": {"total": 3, "pageSize": 20, "pageNum": 0}, "subaccounts": clients}


@pytest.mark.parametrize("options", [DYNAMIC], ids=["dynamic"])
async def test_more_than_twenty_accounts_have_more_than_one_page(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is DYNAMIC
    pages = [await api.get_json("/portfolio/subaccounts2", page=page) for page in (0, 1, 2)]
    assert [len(page["subaccounts"]) for page in pages] == [20, 3, 0]
    assert {page["metadata"]["total"] for page in pages} == {23}
    ids = [row["id"] for page in pages for row in page["subaccounts"]]
    assert ids == [row["id"] for row in await api.get_json("/portfolio/subaccounts")]


@advisors
async def test_each_account_returns_its_own_portfolio(api: ApiClient, options: SimulationOptions) -> None:
    assert options is FA
    ready = await api.prepare_session()
    positions = {}
    for account in (MASTER, ACCOUNT, SECOND, THIRD):
        rows = await ready.get_json(f"/portfolio/{account}/positions/0", waitForSecDef="true")
        assert {row["acctId"] for row in rows} <= {account}
        positions[account] = {row["conid"] for row in rows}
        assert (await ready.get_json(f"/portfolio/{account}/meta"))["accountId"] == account
        assert (await ready.get_json(f"/portfolio/{account}/summary"))["accountcode"]["value"] == account
        assert (await ready.get_json(f"/portfolio/{account}/ledger"))["BASE"]["acctcode"] == account
    assert positions[MASTER] == set()
    assert len({frozenset(conids) for conids in positions.values()}) == 4


@advisors
async def test_all_is_the_sum_of_the_accounts_and_has_no_attributes(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is FA
    ready = await api.prepare_session()
    values = [
        (await ready.get_json(f"/portfolio/{account}/ledger"))["BASE"]["netliquidationvalue"]
        for account in (MASTER, ACCOUNT, SECOND, THIRD)
    ]
    total = (await ready.get_json("/portfolio/All/ledger"))["BASE"]["netliquidationvalue"]
    assert total == pytest.approx(sum(values), abs=0.05)
    rows = await ready.get_json("/portfolio/All/positions/0", waitForSecDef="true")
    apples = next(row for row in rows if row["conid"] == AAPL)
    parts = await ready.get_json(f"/portfolio/positions/{AAPL}")
    assert list(parts) == [ACCOUNT, SECOND]
    assert apples["position"] == sum(part["position"] for (part,) in parts.values())
    assert (await ready.get("/portfolio/All/meta")).status_code == 401
    assert (await ready.get("/portfolio/Two_to_one/ledger")).status_code == 401


@advisors
async def test_positions_are_loaded_per_account(api: ApiClient, options: SimulationOptions) -> None:
    assert options is FA
    ready = await api.prepare_session()
    await ready.get_json(f"/portfolio/{ACCOUNT}/positions/0")
    assert "ticker" in (await ready.get_json(f"/portfolio/{ACCOUNT}/positions/0"))[0]
    assert "ticker" not in (await ready.get_json(f"/portfolio/{SECOND}/positions/0"))[0]


@advisors
async def test_a_joint_allocation_requires_the_positions_of_each_account(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is FA
    ready = await api.prepare_session()
    both = {"acctIds": [ACCOUNT, SECOND]}
    await ready.get_json(f"/portfolio/{ACCOUNT}/positions/0")
    assert (await ready.post("/portfolio/allocation", both)).status_code == 500
    await ready.get_json(f"/portfolio/{SECOND}/positions/0")
    joint = (await ready.post("/portfolio/allocation", both)).json()
    single = [await ready.get_json(f"/portfolio/{account}/allocation") for account in both["acctIds"]]
    stocks = [each["assetClass"]["long"]["STK"] for each in (joint, *single)]
    assert stocks[0] == pytest.approx(sum(stocks[1:]), abs=0.05)
    other = await ready.post("/portfolio/allocation", {"acctIds": [ACCOUNT, "DU7654321"]})
    assert (other.status_code, other.content) == (401, b"")
