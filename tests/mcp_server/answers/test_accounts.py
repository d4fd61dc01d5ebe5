"""Which accounts an argument means."""

from __future__ import annotations

import pytest

from mcp_server.answers.accounts import Accounts, parse_accounts
from mcp_server.answers.errors import AnswerError
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

ADVISOR = {
    "accounts": ["DF1234567", "DU1234567", "DU1234568", "All", "Two_to_one"],
    "groups": ["All", "Two_to_one"],
    "acctProps": {"DF1234567": {"hasChildAccounts": True}},
    "aliases": {"DF1234567": "DF1234567", "DU1234567": "Cautious \u202egrowth", "DU1234568": "Bold"},
    "isPaper": True,
}


@pytest.fixture
def accounts() -> Accounts:
    return parse_accounts(ADVISOR)


def test_groups_are_not_accounts_and_the_master_holds_no_positions(accounts: Accounts) -> None:
    assert [each.id for each in accounts.all] == ["DF1234567", "DU1234567", "DU1234568"]
    assert [each.id for each in accounts.choose(None)] == ["DU1234567", "DU1234568"]
    assert accounts.choose("ALL") == accounts.choose("")


@pytest.mark.parametrize("text", ["DU1234568", "du1234568", "4568", "DU***4568", "bold", "Bol"])
def test_an_account_is_understood_by_id_ending_and_alias(accounts: Accounts, text: str) -> None:
    assert [each.id for each in accounts.choose(text)] == ["DU1234568"]


@pytest.mark.parametrize("text", ["U7654321", "o", "67; DROP"])
def test_another_account_is_refused_with_the_login_s_own_in_short(accounts: Accounts, text: str) -> None:
    with pytest.raises(AnswerError) as refused:
        accounts.choose(text)
    assert "DU1234568" not in str(refused.value)
    assert "4568" in str(refused.value)


def test_one_account_must_be_chosen_if_there_are_several(accounts: Accounts) -> None:
    with pytest.raises(AnswerError):
        accounts.choose_one(None)
    assert accounts.choose_one("Bold").id == "DU1234568"


def test_names_from_outside_are_sanitized(accounts: Accounts) -> None:
    assert "\u202e" not in accounts.all[1].alias


def test_the_scope_hides_the_accounts_and_differs_between_logins(accounts: Accounts) -> None:
    other = parse_accounts({"accounts": ["DU7654321"]})
    assert accounts.scope != other.scope
    assert "1234567" not in accounts.scope


def test_a_body_without_accounts_gives_none() -> None:
    assert parse_accounts(None).all == ()


def test_the_accounts_are_read_once_in_a_session() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        await stack.context.accounts.read()
        await stack.context.accounts.read()
        await stack.context.accounts.scope()
        return stack.requests

    assert with_stack(scenario).count("GET /iserver/accounts") == 1


def test_what_an_answer_about_all_accounts_leaves_out_is_said(accounts: Accounts) -> None:
    assert any("DF1234567" in each for each in accounts.omissions(accounts.clients))
    assert accounts.omissions(accounts.choose("Bold")) == []
    dynamic = parse_accounts(ADVISOR | {"allowFeatures": {"allowDynAccount": True}})
    assert any("search_dynamic_accounts" in each for each in dynamic.omissions(dynamic.clients))
    with pytest.raises(AnswerError, match="search_dynamic_accounts"):
        dynamic.choose("U7654321")
