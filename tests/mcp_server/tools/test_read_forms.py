"""What a read returns is accepted by the matching write: read, change one field, write."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from mcp_server.tools.read_forms import ReadForm
from tests.mcp_server.one_server import SharedServer
from tests.mcp_server.simulated_calls import SimulatedCalls, simulated_calls


@pytest.fixture(scope="module")
def server() -> SharedServer:
    return SharedServer()


async def watchlist(calls: SimulatedCalls) -> None:
    await calls.read("get_watchlist", watchlist_id="101")
    before = await calls.read("get_watchlist", watchlist_id="101")
    await calls.read("save_watchlist", **(before | {"name": "Best"}), replace=True)
    after = await calls.read("get_watchlist", watchlist_id="101")
    assert after["name"] == "Best"
    assert [each.get("conid") for each in after["instruments"]] == [
        each.get("conid") for each in before["instruments"]
    ]


async def alert(calls: SimulatedCalls) -> None:
    listed = await calls.read("list_alerts", account_id="DU1234567")
    before = await calls.read("get_alert", alert_id=listed[0]["order_id"])
    assert await calls.read("activate_alert", **(listed[0] | {"alert_active": 0}))
    changed = before | {"conditions": [before["conditions"][0] | {"condition_value": "500"}]}
    failure = await calls.refusal("save_alert", **changed)
    assert "403" in failure  # as IBKR refuses it for most logins: the arguments were understood
    assert calls.requests[-1] == "POST /iserver/account/DU1234567/alert"


async def allocation_group(calls: SimulatedCalls) -> None:
    before = await calls.read("get_allocation_group", name="Two_to_one")
    before["accounts"][0]["amount"] = 7
    await calls.read("modify_allocation_group", **before)
    assert (await calls.read("get_allocation_group", name="Two_to_one"))["accounts"][0]["amount"] == 7


async def allocation_presets(calls: SimulatedCalls) -> None:
    before = await calls.read("get_allocation_presets")
    await calls.read("set_allocation_presets", **(before | {"strict_credit_check": True}))
    assert (await calls.read("get_allocation_presets")) == before | {"strict_credit_check": True}


async def model(calls: SimulatedCalls) -> None:
    positions = await calls.read("list_model_positions", model="US-Stocks")
    summary = await calls.read("get_model_summary", model="US-Stocks")
    positions["positionList"][0]["target"], positions["positionList"][1]["target"] = 0.5, 0.4
    await calls.read("save_model", **(summary | positions), replace=True)
    after = await calls.read("list_model_positions", model="US-Stocks")
    assert sorted(each["target"] for each in after["positionList"]) == [0.4, 0.5]


async def model_presets(calls: SimulatedCalls) -> None:
    before = await calls.read("get_model_presets")
    await calls.read("save_model_presets", **(before | {"keepModelOpen": True}))
    assert (await calls.read("get_model_presets"))["keepModelOpen"] is True


async def notification_type(calls: SimulatedCalls) -> None:
    before = next(each for each in await calls.read("list_notification_settings") if each.get("A") == 1)
    await calls.read("set_notification_type", **(before | {"A": 0}))
    after = await calls.read("list_notification_settings")
    assert next(each for each in after if each["FC"] == before["FC"])["A"] == 0


async def delivery(calls: SimulatedCalls) -> None:
    before = await calls.read("get_delivery_options")
    await calls.read("set_email_delivery", **(before | {"M": 0}))
    await calls.read("set_device_delivery", **(before["E"][0] | {"A": 0}))
    after = await calls.read("get_delivery_options")
    assert (after["M"], after["E"][0]["A"]) == (0, 0)


@pytest.mark.parametrize(
    ("profile", "round_trip"),
    [
        ("retail", watchlist),
        ("retail", alert),
        ("retail", notification_type),
        ("retail", delivery),
        ("fa", allocation_group),
        ("fa", allocation_presets),
        ("fa", model),
        ("fa", model_presets),
    ],
)
async def test_what_a_read_returns_is_written_with_one_field_changed(
    server: SharedServer, profile: str, round_trip: Callable[[SimulatedCalls], Awaitable[None]]
) -> None:
    async with simulated_calls(server, profile) as calls:
        await round_trip(calls)


FORM = ReadForm({"A": "enabled", "N": "name"}, frozenset({"hash"}))


def test_without_a_key_that_only_a_read_has_unknown_names_stay_for_the_error() -> None:
    assert FORM.to_arguments({"A": 1, "naem": "x"}, {"enabled", "name"}) == {"enabled": 1, "naem": "x"}


def test_read_only_keys_are_dropped_and_blank_values_omitted() -> None:
    read = {"A": 1, "N": "", "hash": "5", "color": "red"}
    assert FORM.to_arguments(read, {"enabled", "name"}) == {"enabled": 1, "name": None}


def test_the_callers_own_name_takes_precedence() -> None:
    assert FORM.to_arguments({"A": 1, "enabled": False}, {"enabled"}) == {"enabled": False}
