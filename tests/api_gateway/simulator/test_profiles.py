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


def test_setting_accepts_exactly_the_existing_profiles() -> None:
    assert get_args(SimulatorSettings.model_fields["simulator_profile"].annotation) == tuple(PROFILES)


def test_an_unknown_profile_is_rejected_with_the_list_of_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--profile", "retial"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert all(name in said for name in PROFILES)


def test_an_account_in_two_profiles_has_the_same_starting_portfolio() -> None:
    for profile in PROFILES.values():
        for account in profile.all_accounts:
            assert account.portfolio == starting_portfolio(account.id)


def test_account_id_prefix_shows_the_kind_of_account() -> None:
    for profile in PROFILES.values():
        letters = "DU" if profile.paper else "U"
        assert {account.id.rstrip("0123456789") for account in profile.accounts} == {letters}
        if profile.master:
            assert profile.master.id.startswith("DF")


@pytest.mark.parametrize(
    ("profile", "availability", "seen"),
    [("retail", "", "RpB"), ("delayed", "", "DPB"), ("delayed", "RpB", "RpB"), ("fa", "N", "N")],
)
def test_availability_is_the_profiles_unless_overridden(profile: str, availability: str, seen: str) -> None:
    assert Simulation(SimulationOptions(profile=profile, availability=availability)).availability == seen


def test_advisor_clients_have_different_positions() -> None:
    simulation = Simulation(FA)
    holdings = [frozenset(paper_account.positions) for paper_account in simulation.clients.values()]
    assert len(holdings) == len(set(holdings)) == 3
    values = {
        round(paper_account.valuation().net_liquidation) for paper_account in simulation.accounts.values()
    }
    assert len(values) == 4
    assert simulation.selected_account_id == ACCOUNT


@pytest.mark.parametrize(
    "options", [FA, LIVE, SimulationOptions(login=True)], ids=lambda options: options.profile
)
async def test_state_contains_the_profile_and_the_accounts(
    gateway: httpx.AsyncClient, simulation: Simulation, options: SimulationOptions
) -> None:
    state = (await gateway.get("/simulator/state")).json()
    assert state["profile"] == options.profile
    assert state["accounts"] == list(simulation.accounts)
    assert state["accountId"] == simulation.selected_account_id


@pytest.mark.parametrize(
    ("options", "kind", "paper"), [(LIVE, 1, False), (FA, 2, True)], ids=["live", "paper"]
)
async def test_login_reports_whether_its_accounts_are_paper(
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
        (LIVE, "simulated live account", "account U1234567 holds"),
    ],
    ids=["fa", "live"],
)
async def test_login_page_shows_which_accounts_are_simulated(
    gateway: httpx.AsyncClient, options: SimulationOptions, heading: str, accounts: str
) -> None:
    assert options.login
    page = (await gateway.get("/sso/Login")).text
    assert f"{heading}</h1>" in page
    assert f"{accounts} simulated money" in page
