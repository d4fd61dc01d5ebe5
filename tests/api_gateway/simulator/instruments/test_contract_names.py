from __future__ import annotations

from dataclasses import replace

from api_gateway.simulator.instruments.contract_names import (
    contract_description,
    derivative_terms,
    full_name,
    listing_exchange_name,
)
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    IBM,
    find_future,
    find_option,
    make_paper_account,
)

PAPER_ACCOUNT = make_paper_account()
OPTION = replace(find_option(PAPER_ACCOUNT), expiry="20261218", strike=265.0, right="C")
FUTURE = replace(find_future(PAPER_ACCOUNT), expiry="20261218", contract_month="202612")


def test_contract_description_of_each_kind_in_positions() -> None:
    assert contract_description(PAPER_ACCOUNT.instrument(AAPL)) == "AAPL"
    assert contract_description(OPTION) == "AAPL   DEC2026 265 C [AAPL  261218C00265000 100]"
    assert contract_description(FUTURE) == "ES       DEC2026"
    assert contract_description(PAPER_ACCOUNT.instrument(EUR_USD)) == "EUR.USD"


def test_derivative_terms_and_full_name_in_orders() -> None:
    assert derivative_terms(OPTION) == "Dec18'26 265 Call"
    assert derivative_terms(FUTURE) == "Dec18'26"
    assert derivative_terms(PAPER_ACCOUNT.instrument(AAPL)) is None
    assert full_name(OPTION) == "AAPL Dec18'26 265 Call"
    assert full_name(PAPER_ACCOUNT.instrument(EUR_USD)) == "EUR.USD"


def test_bond_name_is_its_terms() -> None:
    bond = next(each for each in PAPER_ACCOUNT.universe.all() if each.sec_type == "BOND")
    assert contract_description(bond) == derivative_terms(bond) == bond.terms_text


def test_nasdaq_is_spelled_differently_in_orders() -> None:
    assert listing_exchange_name(PAPER_ACCOUNT.instrument(AAPL)) == "NASDAQ.NMS"
    assert listing_exchange_name(FUTURE) == "CME"


def test_a_combination_is_named_by_its_legs() -> None:
    account = make_paper_account()
    now = account.clock.now()
    call = option_near_money(account.universe, account.prices, now)
    covered = make_combination(account.universe, conidex((AAPL, 100), (call, -1)))
    pair = make_combination(account.universe, conidex((AAPL, 1), (IBM, -1)))
    assert derivative_terms(covered) == f"+100 AAPL -1 {derivative_terms(call)}"
    assert full_name(covered) == f"AAPL {derivative_terms(covered)}"
    assert derivative_terms(pair) == "+1 AAPL -1 IBM"


def test_a_future_is_named_after_its_contract_month_even_if_it_expires_in_the_month_before() -> None:
    oil = replace(FUTURE, symbol="CL", expiry="20261221", contract_month="202701")
    assert contract_description(oil) == "CL       JAN2027"
    option = replace(OPTION, sec_type="FOP", symbol="CL", trading_class="LO", expiry="20261216")
    january = replace(option, contract_month="202701", strike=60.0)
    assert contract_description(january) == "CL     JAN2027 60 C [LOF7 C60 100]"
