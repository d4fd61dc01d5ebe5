from __future__ import annotations

import pytest

from api_gateway.simulator.profiles import PROFILES
from api_gateway.simulator.web_api.account_rows import (
    account_attributes,
    allocation,
    empty_allocation,
    ledger,
)
from tests.api_gateway.simulator.paper_account import ACCOUNT, EUR_USD, make_paper_account, trade


def test_account_attributes_are_a_new_object_for_every_response() -> None:
    first = account_attributes(PROFILES["retail"], ACCOUNT, brokerage_access=True)
    first["parent"]["mmc"].append("changed")
    assert account_attributes(PROFILES["retail"], ACCOUNT, brokerage_access=True)["parent"]["mmc"] == []


def test_the_attributes_of_a_client_account_name_the_master_account() -> None:
    profile = PROFILES["fa"]
    client = account_attributes(profile, ACCOUNT, brokerage_access=True)
    master = account_attributes(profile, "DF1234567", brokerage_access=True)
    assert (client["faclient"], client["parent"]["accountId"]) == (True, "DF1234567")
    assert (master["faclient"], master["parent"]["accountId"]) == (False, "")
    assert client["accountAlias"] == client["displayName"] != client["accountTitle"]
    with pytest.raises(LookupError):
        account_attributes(profile, "All", brokerage_access=True)


def test_only_paper_accounts_are_demo_accounts() -> None:
    live = account_attributes(PROFILES["live"], "U1234567", brokerage_access=True)
    assert live["type"] != account_attributes(PROFILES["retail"], ACCOUNT, brokerage_access=True)["type"]


def test_allocation_amounts_are_rounded_to_cents() -> None:
    paper_account = make_paper_account()
    trade(paper_account, EUR_USD, 333.33, 1.15)
    parts = allocation(paper_account.valuation()).values()
    amounts = [amount for part in parts for side in part.values() for amount in side.values()]
    assert amounts == [round(amount, 2) for amount in amounts]


def test_a_debt_in_one_currency_is_on_the_short_side() -> None:
    paper_account = make_paper_account()
    trade(paper_account, EUR_USD, -100_000, 1.15)
    shares = allocation(paper_account.valuation())["assetClass"]
    euros = paper_account.cash["EUR"] * paper_account.exchange_rates.rate("EUR")
    assert shares["short"] == {"CASH": pytest.approx(euros)}
    assert shares["long"]["CASH"] == pytest.approx(paper_account.cash["USD"])


def test_the_ledger_marks_its_last_currency() -> None:
    book = ledger(ACCOUNT, make_paper_account().valuation())
    assert [currency for currency, row in book.items() if "endofbundle" in row] == ["USD"]
    assert {row["acctcode"] for row in book.values()} == {ACCOUNT}


def test_an_empty_allocation_has_the_usual_shape() -> None:
    assert empty_allocation().keys() == allocation(make_paper_account().valuation()).keys()
