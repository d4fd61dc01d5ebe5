from __future__ import annotations

from dataclasses import replace

from api_gateway.simulator.instruments.contract_names import (
    contract_description,
    derivative_terms,
    full_name,
    listing_exchange_name,
)
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    find_future,
    find_option,
    make_paper_account,
)

BROKER = make_paper_account()
OPTION = replace(find_option(BROKER), expiry="20261218", strike=265.0, right="C")
FUTURE = replace(find_future(BROKER), expiry="20261218")


def test_positions_spell_contracts_out() -> None:
    assert contract_description(BROKER.instrument(AAPL)) == "AAPL"
    assert contract_description(OPTION) == "AAPL   DEC2026 265 C [AAPL  261218C00265000 100]"
    assert contract_description(FUTURE) == "ES       DEC2026"
    assert contract_description(BROKER.instrument(EUR_USD)) == "EUR.USD"


def test_orders_name_the_symbol_and_the_terms_apart() -> None:
    assert derivative_terms(OPTION) == "Dec18'26 265 Call"
    assert derivative_terms(FUTURE) == "Dec18'26"
    assert derivative_terms(BROKER.instrument(AAPL)) is None
    assert full_name(OPTION) == "AAPL Dec18'26 265 Call"
    assert full_name(BROKER.instrument(EUR_USD)) == "EUR.USD"


def test_a_bond_is_named_by_its_terms() -> None:
    bond = next(each for each in BROKER.universe.all() if each.sec_type == "BOND")
    assert contract_description(bond) == derivative_terms(bond) == bond.terms_text


def test_nasdaq_has_two_spellings() -> None:
    assert listing_exchange_name(BROKER.instrument(AAPL)) == "NASDAQ.NMS"
    assert listing_exchange_name(FUTURE) == "CME"
