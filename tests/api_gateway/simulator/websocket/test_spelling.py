from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.websocket.spelling import summary_key
from tests.api_gateway.simulator.paper_account import ACCOUNT


@pytest.mark.parametrize(
    ("key", "spelled"),
    [
        ("accountcode", "AccountCode"),
        ("accruedcash-s", "AccruedCash-S"),
        ("daytradesremainingt+1", "DayTradesRemainingT+1"),
        ("nlvandmargininreview", "NLVAndMarginInReview"),
        ("sma", "SMA"),
        ("something", "something"),
    ],
)
def test_a_summary_key_is_spelled_with_capitals(key: str, spelled: str) -> None:
    assert summary_key(key) == spelled


def test_every_summary_value_has_a_spelling(simulation: Simulation) -> None:
    keys = portfolio_summary(ACCOUNT, simulation.selected_account.valuation())
    assert [key for key in keys if summary_key(key)[0].islower()] == []
    assert {summary_key(key).lower() for key in keys} == keys.keys()
