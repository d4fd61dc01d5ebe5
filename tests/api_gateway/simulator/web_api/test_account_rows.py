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


def test_attributes_are_made_anew_for_every_reply() -> None:
    first = account_attributes(PROFILES["retail"], ACCOUNT, brokerage_access=True)
    first["parent"]["mmc"].append("changed")
    assert account_attributes(PROFILES["retail"], ACCOUNT, brokerage_access=True)["parent"]["mmc"] == []


def test_the_clients_of_an_advisor_name_who_manages_them() -> None:
    profile = PROFILES["fa"]
    client = account_attributes(profile, ACCOUNT, brokerage_access=True)
    master = account_attributes(profile, "DF1234567", brokerage_access=True)
    assert (client["faclient"], client["parent"]["accountId"]) == (True, "DF1234567")
    assert (master["faclient"], master["parent"]["accountId"]) == (False, "")
    assert client["accountAlias"] == client["displayName"] != client["accountTitle"]
    with pytest.raises(LookupError):
        account_attributes(profile, "All", brokerage_access=True)


def test_only_paper_accounts_are_for_demonstration() -> None:
    live = account_attributes(PROFILES["live"], "U1234567", brokerage_access=True)
    assert live["type"] != account_attributes(PROFILES["retail"], ACCOUNT, brokerage_access=True)["type"]


def test_allocations_are_in_whole_cents() -> None:
    broker = make_paper_account()
    trade(broker, EUR_USD, 333.33, 1.15)
    parts = allocation(broker.valuation()).values()
    amounts = [amount for part in parts for side in part.values() for amount in side.values()]
    assert amounts == [round(amount, 2) for amount in amounts]


def test_a_debt_in_one_currency_stands_on_the_short_side() -> None:
    broker = make_paper_account()
    trade(broker, EUR_USD, -100_000, 1.15)
    shares = allocation(broker.valuation())["assetClass"]
    euros = broker.cash["EUR"] * broker.exchange_rates.rate("EUR")
    assert shares["short"] == {"CASH": pytest.approx(euros)}
    assert shares["long"]["CASH"] == pytest.approx(broker.cash["USD"])


def test_the_last_currency_ends_the_ledger() -> None:
    book = ledger(ACCOUNT, make_paper_account().valuation())
    assert [currency for currency, row in book.items() if "endofbundle" in row] == ["USD"]
    assert {row["acctcode"] for row in book.values()} == {ACCOUNT}


def test_the_allocation_of_nothing_has_the_usual_shape() -> None:
    assert empty_allocation().keys() == allocation(make_paper_account().valuation()).keys()
