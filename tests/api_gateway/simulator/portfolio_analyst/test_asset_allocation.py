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


def values_by_name(side: dict[str, Any]) -> dict[str, float]:
    return {item["name"]: item["nav"] for item in side["items"]}


def test_allocation_uses_ibkrs_names_for_types_classes_and_sectors() -> None:
    paper_account = make_paper_account()
    split = allocations(account_snapshots(paper_account, [MONDAY]), "ALL", 1.0)
    assert set(split) == set(ALLOCATION_TYPES) - {"ALL"}
    assert set(values_by_name(split["FINANCIAL_INSTRUMENT"]["long"])) == {
        "Stocks",
        "Options",
        "Futures",
        "Cash",
    }
    assert set(values_by_name(split["ASSET_CLASS"]["long"])) == {"Equities", "Cash", "Other"}
    assert set(values_by_name(split["SECTOR"]["long"])) == {"Technology", "Broad", "Cash"}


def test_a_foreign_position_is_allocated_to_its_country_and_region() -> None:
    paper_account = make_paper_account()
    trade(paper_account, IBM_IN_FRANKFURT, 100, 200.0)
    split = allocations(account_snapshots(paper_account, [MONDAY]), "ALL", 1.0)
    assert {"United States", "Germany"} <= set(values_by_name(split["COUNTRY"]["long"]))
    assert {"North America", "Europe"} <= set(values_by_name(split["REGION"]["long"]))


def test_an_uncategorised_position_is_other() -> None:
    paper_account = make_paper_account()
    trade(paper_account, BTC, 1, 90_000.0)
    sectors = allocations(account_snapshots(paper_account, [MONDAY]), "SECTOR", 1.0)["SECTOR"]
    assert values_by_name(sectors["long"])["Other"] > 10_000


def test_a_cash_debt_is_on_the_short_side() -> None:
    paper_account = make_paper_account()
    trade(paper_account, MSFT, 5_000, 500.0)
    split = allocations(account_snapshots(paper_account, [MONDAY]), "ASSET_CLASS", 1.0)["ASSET_CLASS"]
    assert values_by_name(split["short"])["Cash"] < 0
    total = split["long"]["total"]["nav"] + split["short"]["total"]["nav"]
    assert total == pytest.approx(paper_account.valuation().net_liquidation, abs=0.01)


def test_the_allocation_of_nothing_has_float_totals() -> None:
    total = allocations([], "SECTOR", 1.0)["SECTOR"]["long"]["total"]
    assert repr(total) == "{'nav': 0.0, 'weight': 0.0}"


def test_the_rate_converts_from_base_currency() -> None:
    pasts = list(account_snapshots(make_paper_account(), [MONDAY]))
    one, two = (allocations(pasts, "REGION", rate)["REGION"]["long"]["total"]["nav"] for rate in (1.0, 2.0))
    assert two == pytest.approx(one / 2)
