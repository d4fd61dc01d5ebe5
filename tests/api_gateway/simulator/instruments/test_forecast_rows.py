from __future__ import annotations

from dataclasses import replace

import pytest

from api_gateway.simulator.instruments.event_markets import MARKETS
from api_gateway.simulator.instruments.forecast_rows import details_row, event_of, rules_row
from api_gateway.simulator.instruments.universe import Universe, build_universe
from tests.api_gateway.simulator.paper_account import MONDAY


@pytest.fixture(scope="module")
def universe() -> Universe:
    return build_universe(MONDAY)


def test_every_contract_has_a_complete_question(universe: Universe) -> None:
    questions = set()
    for contract in universe.all():
        if contract.sec_type == "EC" and contract.underlying_conid:
            row = details_row(MARKETS[contract.underlying_conid], contract)
            assert row["question"].startswith("Will ")
            assert row["question"].endswith("?")
            assert "{" not in row["question"]
            assert contract.conid in (row["conid_yes"], row["conid_no"])
            questions.add(row["question"])
    assert len(questions) == sum(1 for i in universe.all() if i.sec_type == "EC") / 2


def test_payout_is_one_day_after_the_release_across_clock_changes(universe: Universe) -> None:
    for contract in universe.all():
        if contract.sec_type == "EC" and contract.underlying_conid:
            rules = rules_row(MARKETS[contract.underlying_conid], contract)
            assert rules["payout_time"] - rules["release_time"] == pytest.approx(86400, abs=3600)


def test_event_of_an_unknown_expiry_raises_lookup_error(universe: Universe) -> None:
    market = MARKETS[658663572]
    contract = replace(universe.derivatives_of(market.conid, "EC")[0], expiry="20240101")
    with pytest.raises(LookupError, match="FF has no event on"):
        event_of(market, contract)
