from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.combinations import (
    SPREAD_CONIDS,
    CombinationText,
    InvalidCombinationError,
    LegText,
    UnknownLegError,
    build_combination,
    contracts_of,
    line_key,
    parse_conidex,
)
from api_gateway.simulator.instruments.universe import Universe
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    IBM,
    IBM_IN_FRANKFURT,
    MSFT,
    SPY,
    make_paper_account,
)

PAPER_ACCOUNT = make_paper_account()
UNIVERSE: Universe = PAPER_ACCOUNT.universe
NOW = PAPER_ACCOUNT.clock.now()
CALL = option_near_money(UNIVERSE, PAPER_ACCOUNT.prices, NOW)
HIGHER = option_near_money(UNIVERSE, PAPER_ACCOUNT.prices, NOW, strikes_up=1)
LATER = option_near_money(UNIVERSE, PAPER_ACCOUNT.prices, NOW, expiry=1)
ES = UNIVERSE.futures_of("ES")
LISTINGS = {i.currency: i for i in UNIVERSE.all() if i.sec_type == "STK"}


def problem(text: str) -> str:
    parsed = parse_conidex(text)
    assert parsed is not None
    with pytest.raises(InvalidCombinationError) as error:
        build_combination(UNIVERSE, parsed)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "exchange", "ratios"),
    [
        ("28812380;;;1/1,2/-1", "", (1, -1)),
        ("28812380;;;1/+1,2/-1", "", (1, -1)),
        ("28812380@SMART;;;1/-2,2/+1,3/1", "SMART", (-2, 1, 1)),
        ("28812380;;;1@CBOE/1,2@CBOE/-1", "", (1, -1)),
        ("0;;;1/1,2/-1", "", (1, -1)),
    ],
)
def test_each_form_of_a_conidex_is_parsed(text: str, exchange: str, ratios: tuple[int, ...]) -> None:
    parsed = parse_conidex(text)
    assert parsed is not None
    assert parsed.exchange == exchange
    assert tuple(leg.ratio for leg in parsed.legs) == ratios
    assert [leg.conid for leg in parsed.legs] == list(range(1, len(ratios) + 1))


@pytest.mark.parametrize(
    "text",
    [
        *("", "265598", "265598@NYSE", "28812380;;;", "28812380;;1/1,2/-1", ";;;1/1,2/-1", "28812380;;;1,2"),
        *("28812380;;;1/1,2/x", "28812380;;;1/1,2/1.0", "28812380;;;1/1,,2/1", "28812380;;;1/1, 2/-1"),
        *(
            "28812380;;;1/1,2/-1;;;3/1",
            "28812380;;;1/--1,2/1",
            "28812380@nyse;;;1/1,2/-1",
            "28812380;;;\u0661/1,2/1",
        ),
    ],
)
def test_a_malformed_conidex_is_not_a_combination(text: str) -> None:
    assert parse_conidex(text) is None


def test_the_route_is_the_exchange_of_the_spread_or_else_of_the_legs() -> None:
    legs = (LegText(1, "NYSE", 1), LegText(2, "", -1))
    assert CombinationText(0, "", legs).route == "NYSE"
    assert CombinationText(0, "CBOE", legs).route == "CBOE"
    assert CombinationText(0, "", legs[1:]).route == "SMART"


def test_a_vertical_has_the_terms_of_its_legs() -> None:
    vertical = make_combination(UNIVERSE, conidex((CALL, 1), (HIGHER, -1)))
    assert (vertical.conid, vertical.sec_type, vertical.symbol) == (28812380, "BAG", "AAPL")
    assert (vertical.multiplier, vertical.currency, vertical.hours) == (100.0, "USD", "us_option")
    assert vertical.underlying_conid == AAPL
    assert vertical.expires_at == CALL.expires_at
    assert vertical.ratios == {CALL.conid: 1, HIGHER.conid: -1}
    assert contracts_of(vertical) == (CALL, HIGHER)
    assert contracts_of(CALL) == (CALL,)


def test_a_calendar_spread_expires_with_its_first_leg_and_stocks_never() -> None:
    calendar = make_combination(UNIVERSE, conidex((LATER, 1), (CALL, -1)))
    assert calendar.expires_at == CALL.expires_at != LATER.expires_at
    assert make_combination(UNIVERSE, conidex((AAPL, 1), (IBM, -1))).expires_at is None


def test_the_price_of_options_is_the_sum_of_prices_times_ratios() -> None:
    butterfly = make_combination(
        UNIVERSE,
        conidex(
            (CALL, 1), (HIGHER, -2), (option_near_money(UNIVERSE, PAPER_ACCOUNT.prices, NOW, strikes_up=2), 1)
        ),
    )
    assert butterfly.price_of([9.0, 6.0, 3.5]) == 0.5
    assert str(butterfly.price_of([6.0, 6.0, 6.0])) == "0.0"


def test_a_covered_call_is_quoted_per_share() -> None:
    covered = make_combination(UNIVERSE, conidex((AAPL, 100), (CALL, -1)))
    assert covered.multiplier == 100
    assert covered.price_of([270.0, 8.5]) == 261.5
    assert covered.hours == "us_option"


def test_a_futures_calendar_spread_trades_where_its_legs_trade() -> None:
    calendar = make_combination(UNIVERSE, conidex((ES[1], 1), (ES[0], -1)))
    assert (calendar.multiplier, calendar.tick, calendar.venues) == (50.0, 0.25, ("CME",))


def test_the_conidex_is_canonical() -> None:
    legs = f"{CALL.conid}@CBOE/+1,{HIGHER.conid}/-1"
    assert make_combination(UNIVERSE, f"28812380;;;{legs}").conidex == (
        f"28812380@CBOE;;;{CALL.conid}/1,{HIGHER.conid}/-1"
    )
    assert make_combination(UNIVERSE, f"28812380@SMART;;;{AAPL}/+1,{IBM}/-1").conidex == (
        f"28812380;;;{AAPL}/1,{IBM}/-1"
    )


def test_a_market_data_line_depends_on_the_legs_alone() -> None:
    lines = {
        line_key(make_combination(UNIVERSE, text))
        for text in (
            conidex((CALL, 1), (HIGHER, -1)),
            conidex((HIGHER, -1), (CALL, 1), spread="28812380@CBOE"),
            conidex((CALL, 1), (HIGHER, -1), spread=0),
        )
    }
    assert len(lines) == 1
    assert lines != {line_key(make_combination(UNIVERSE, conidex((CALL, -1), (HIGHER, 1))))}
    assert line_key(CALL) == CALL.conid


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (conidex((AAPL, 1)), "legs"),
        (conidex(*((number, 1) for number in range(1, 8))), "legs"),
        (conidex((AAPL, 0), (IBM, 1)), "zero"),
        (conidex((AAPL, 1), (AAPL, -1)), "different contract"),
        (conidex((AAPL, 2), (IBM, -2)), "divisor"),
        (conidex((AAPL, 1), (IBM_IN_FRANKFURT, -1)), "currency"),
        (conidex((AAPL, 1), (EUR_USD, -1)), "EUR cannot"),
        (conidex((AAPL, 1), (IBM, -1), spread=58666491), "spread conid"),
        (conidex((AAPL, 1), (IBM, -1), spread=1), "spread conid"),
        (f"28812380@NYSE;;;{AAPL}@ARCA/1,{IBM}/-1", "same exchange"),
        (f"28812380;;;{AAPL}@NYSE/1,{IBM}@ARCA/-1", "same exchange"),
        (conidex((AAPL, 1), (ES[0], -1)), "no exchange"),
    ],
)
def test_contracts_that_cannot_be_combined_are_rejected_with_the_reason(text: str, reason: str) -> None:
    assert reason in problem(text)


def test_an_unknown_leg_raises_a_separate_error() -> None:
    parsed = parse_conidex(conidex((AAPL, 1), (5, -1)))
    assert parsed is not None
    with pytest.raises(UnknownLegError):
        build_combination(UNIVERSE, parsed)


@pytest.mark.parametrize("currency", ["CAD", "MXN"])
def test_a_combination_outside_the_us_must_name_its_exchange(currency: str) -> None:
    first, second = [i for i in UNIVERSE.all() if i.currency == currency and i.sec_type == "STK"][:2]
    spread = SPREAD_CONIDS[currency]
    assert "exchange" in problem(conidex((first, 1), (second, -1), spread=spread))
    made = make_combination(UNIVERSE, conidex((first, 1), (second, -1), spread=f"{spread}@SMART"))
    assert (made.currency, made.conid) == (currency, spread)


def test_an_etf_is_combined_like_a_stock() -> None:
    assert make_combination(UNIVERSE, conidex((SPY, 1), (MSFT, -1))).symbol == "SPY,MSFT"
