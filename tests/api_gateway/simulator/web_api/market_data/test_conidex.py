from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.combinations import Combination
from api_gateway.simulator.web_api.market_data.conidex import find_quoted, join_legs, leading_conid
from tests.api_gateway.simulator.paper_account import AAPL, IBM, make_paper_account

UNIVERSE = make_paper_account().universe
PAIR = f"0;;;{AAPL}/1,{IBM}/-1"


@pytest.mark.parametrize(
    "conidexes",
    [
        ["265598"],
        ["265598", "8314@NYSE"],
        [PAIR],
        ["265598", PAIR, "8314"],
        [PAIR, "28812380@SMART;;;1@X/1,2/+2"],
    ],
)
def test_commas_separate_conidexes_and_legs(conidexes: list[str]) -> None:
    assert join_legs(",".join(conidexes).split(",")) == conidexes


def test_a_leg_without_a_combination_stays_separate() -> None:
    assert join_legs(["265598", "8314/1"]) == ["265598", "8314/1"]


@pytest.mark.parametrize(
    ("conidex", "conid"),
    [("265598", 265598), ("8314@NYSE", 8314), (PAIR, 0), ("28812380;;;1/1,2/-1", 28812380)]
    + [(text, None) for text in ("", "x", "8314@", "8314/1", "0;;;", "0;;;1", "0;;;1/1,x")],
)
def test_the_first_number_is_the_conid_of_a_well_formed_conidex(conidex: str, conid: int | None) -> None:
    assert leading_conid(conidex) == conid


def test_contracts_and_combinations_are_found() -> None:
    assert find_quoted(UNIVERSE, "265598@NASDAQ") == UNIVERSE.by_conid(AAPL)
    assert isinstance(find_quoted(UNIVERSE, PAIR), Combination)
    assert [find_quoted(UNIVERSE, text) for text in ("5", "x", f"0;;;{AAPL}/1", f"0;;;{AAPL}/1,5/-1")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    "conidex", ["265598@NOPE", f"28812380@NOPE;;;{AAPL}/1,{IBM}/-1", f"0;;;{AAPL}@NOPE/1,{IBM}/-1"]
)
def test_nothing_is_quoted_on_an_exchange_that_does_not_trade_it(conidex: str) -> None:
    assert leading_conid(conidex) is not None
    assert find_quoted(UNIVERSE, conidex) is None
    assert find_quoted(UNIVERSE, conidex.replace("NOPE", "SMART")) is not None
