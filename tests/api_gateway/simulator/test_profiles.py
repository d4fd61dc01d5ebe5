from __future__ import annotations

from typing import get_args

import httpx
import pytest

from api_gateway.simulator.__main__ import main
from api_gateway.simulator.profiles import PROFILES, starting_portfolio
from api_gateway.simulator.settings import SimulatorSettings
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import ACCOUNT

FA = SimulationOptions(login=True, rate_limits=False, profile="fa")
LIVE = SimulationOptions(login=True, rate_limits=False, profile="live")


def test_the_setting_names_the_profiles_there_are() -> None:
    assert get_args(SimulatorSettings.model_fields["simulator_profile"].annotation) == tuple(PROFILES)


def test_an_unknown_profile_is_refused_with_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--profile", "retial"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(name in said for name in PROFILES)


def test_an_account_of_two_profiles_starts_the_same_in_both() -> None:
    for profile in PROFILES.values():
        for account in profile.all_accounts:
            assert account.portfolio == starting_portfolio(account.id)


def test_the_letters_of_an_account_say_what_it_is() -> None:
    for profile in PROFILES.values():
        letters = "DU" if profile.paper else "U"
        assert {account.id.rstrip("0123456789") for account in profile.accounts} == {letters}
        if profile.master:
            assert profile.master.id.startswith("DF")


@pytest.mark.parametrize(
    ("profile", "availability", "seen"),
    [("retail", "", "RpB"), ("delayed", "", "DPB"), ("delayed", "RpB", "RpB"), ("fa", "N", "N")],
)
def test_the_availability_is_the_profiles_unless_it_is_set(
    profile: str, availability: str, seen: str
) -> None:
    assert Simulation(SimulationOptions(profile=profile, availability=availability)).availability == seen


def test_the_clients_of_an_advisor_hold_different_things() -> None:
    simulation = Simulation(FA)
    holdings = [frozenset(broker.positions) for broker in simulation.clients.values()]
    assert len(holdings) == len(set(holdings)) == 3
    values = {round(broker.valuation().net_liquidation) for broker in simulation.accounts.values()}
    assert len(values) == 4
    assert simulation.selected_account_id == ACCOUNT


@pytest.mark.parametrize(
    "options", [FA, LIVE, SimulationOptions(login=True)], ids=lambda options: options.profile
)
async def test_the_state_names_the_profile_and_the_accounts(
    gateway: httpx.AsyncClient, simulation: Simulation, options: SimulationOptions
) -> None:
    state = (await gateway.get("/simulator/state")).json()
    assert state["profile"] == options.profile
    assert state["accounts"] == list(simulation.accounts)
    assert state["accountId"] == simulation.selected_account_id


@pytest.mark.parametrize(
    ("options", "kind", "paper"), [(LIVE, 1, False), (FA, 2, True)], ids=["live", "paper"]
)
async def test_the_login_says_whether_its_money_is_real(
    gateway: httpx.AsyncClient, simulation: Simulation, options: SimulationOptions, kind: int, paper: bool
) -> None:
    validated = (await gateway.get("/v1/api/sso/validate")).json()
    assert validated["LOGIN_TYPE"] == kind
    assert validated["IS_MASTER"] is (options.profile == "fa")
    user = (await gateway.get("/v1/api/one/user")).json()
    assert user["accts"] == {account: {"isPaper": paper} for account in simulation.accounts}
    assert (await gateway.get("/v1/api/iserver/accounts")).json()["isPaper"] is paper


@pytest.mark.parametrize(
    ("options", "heading", "accounts"),
    [
        (FA, "paper accounts", "accounts DF1234567, DU1234567, DU1234568, DU1234569 hold"),
        (LIVE, "pretended live account", "account U1234567 holds"),
    ],
    ids=["fa", "live"],
)
async def test_the_login_page_says_what_is_pretended(
    gateway: httpx.AsyncClient, options: SimulationOptions, heading: str, accounts: str
) -> None:
    assert options.login
    page = (await gateway.get("/sso/Login")).text
    assert f"{heading}</h1>" in page
    assert f"{accounts} pretended money" in page
