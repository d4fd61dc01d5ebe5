from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.portfolio_analyst.account_history import account_snapshots
from api_gateway.simulator.portfolio_analyst.asset_allocation import ALLOCATION_TYPES, allocations
from tests.api_gateway.simulator.paper_account import (
    IBM_IN_FRANKFURT,
    MONDAY,
    MSFT,
    make_paper_account,
    trade,
)

BTC = 479624278


def named(side: dict[str, Any]) -> dict[str, float]:
    return {item["name"]: item["nav"] for item in side["items"]}


def test_kinds_classes_and_sectors_are_named_as_ibkr_names_them() -> None:
    broker = make_paper_account()
    split = allocations(account_snapshots(broker, [MONDAY]), "ALL", 1.0)
    assert set(split) == set(ALLOCATION_TYPES) - {"ALL"}
    assert set(named(split["FINANCIAL_INSTRUMENT"]["long"])) == {"Stocks", "Options", "Futures", "Cash"}
    assert set(named(split["ASSET_CLASS"]["long"])) == {"Equities", "Cash", "Other"}
    assert set(named(split["SECTOR"]["long"])) == {"Technology", "Broad", "Cash"}


def test_a_holding_abroad_counts_for_its_country_and_region() -> None:
    broker = make_paper_account()
    trade(broker, IBM_IN_FRANKFURT, 100, 200.0)
    split = allocations(account_snapshots(broker, [MONDAY]), "ALL", 1.0)
    assert {"United States", "Germany"} <= set(named(split["COUNTRY"]["long"]))
    assert {"North America", "Europe"} <= set(named(split["REGION"]["long"]))


def test_what_has_no_place_in_a_split_is_other() -> None:
    broker = make_paper_account()
    trade(broker, BTC, 1, 90_000.0)
    sectors = allocations(account_snapshots(broker, [MONDAY]), "SECTOR", 1.0)["SECTOR"]
    assert named(sectors["long"])["Other"] > 10_000


def test_a_debt_in_cash_is_short() -> None:
    broker = make_paper_account()
    trade(broker, MSFT, 5_000, 500.0)
    split = allocations(account_snapshots(broker, [MONDAY]), "ASSET_CLASS", 1.0)["ASSET_CLASS"]
    assert named(split["short"])["Cash"] < 0
    total = split["long"]["total"]["nav"] + split["short"]["total"]["nav"]
    assert total == pytest.approx(broker.valuation().net_liquidation, abs=0.01)


def test_nothing_is_a_number_with_decimals() -> None:
    total = allocations([], "SECTOR", 1.0)["SECTOR"]["long"]["total"]
    assert repr(total) == "{'nav': 0.0, 'weight': 0.0}"


def test_the_rate_turns_base_currency_into_another() -> None:
    pasts = list(account_snapshots(make_paper_account(), [MONDAY]))
    one, two = (allocations(pasts, "REGION", rate)["REGION"]["long"]["total"]["nav"] for rate in (1.0, 2.0))
    assert two == pytest.approx(one / 2)
