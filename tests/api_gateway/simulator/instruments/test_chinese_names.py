from __future__ import annotations

from html import unescape

import pytest

from api_gateway.simulator.instruments.chinese_names import chinese_name
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, IBM, find_option, make_paper_account

BITCOIN, SPX = 479624278, 416904


@pytest.mark.parametrize("conid", [AAPL, IBM, BITCOIN])
def test_a_chinese_name_consists_of_ascii_character_references(conid: int) -> None:
    name = chinese_name(make_paper_account().instrument(conid)) or ""
    assert name.isascii()
    assert not unescape(name).isascii()


def test_an_option_has_the_chinese_name_of_its_underlying() -> None:
    account = make_paper_account()
    assert chinese_name(find_option(account)) == chinese_name(account.instrument(AAPL)) is not None


@pytest.mark.parametrize("conid", [EUR_USD, SPX])
def test_most_contracts_have_no_chinese_name(conid: int) -> None:
    assert chinese_name(make_paper_account().instrument(conid)) is None
