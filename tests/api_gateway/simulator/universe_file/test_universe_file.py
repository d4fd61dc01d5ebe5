from __future__ import annotations

import os
from pathlib import Path

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions, check_universe_file
from api_gateway.simulator.universe_file.universe_file import (
    MAX_BYTES,
    OwnUniverse,
    UniverseFileError,
    read_universe_file,
)

GOOD = """
[cash]
USD = 12_345.67
EUR = 500.0

[[instrument]]
symbol = "ACME"
exchange = "NYSE"
name = "ACME CORP"
price = 42.5
volatility = 0.4
options = "weekly"
dividend = 1.2
dividend_months = [3, 9]
sector = "Industrial"

[[instrument]]
symbol = "AAPL"
exchange = "NASDAQ"
price = 300.0

[[position]]
symbol = "ACME"
quantity = 100
price = 38.25
bought = 2026-02-02

[[position]]
symbol = "AAPL"
type = "OPT"
expiry = 2026-06-18
strike = 300
right = "C"
quantity = -2
price = 11.5

[[position]]
symbol = "SPX"
type = "OPT"
trading_class = "SPX"
expiry = 2026-03-20
strike = 6700
right = "P"
quantity = 1

[[position]]
symbol = "ES"
type = "FUT"
expiry = 2026-06-18
quantity = 1
price = 6700.0

[[position]]
conid = 756733
quantity = 10.5
"""


def simulate(text: str, clock: Clock, profile: str = "retail") -> Simulation:
    return Simulation(
        SimulationOptions(profile=profile, login=True, own_universe=OwnUniverse("own.toml", text)), clock
    )


def test_instruments_positions_and_cash_come_from_the_file(clock: Clock) -> None:
    account = simulate(GOOD, clock).selected_account
    assert {currency: amount for currency, amount in account.cash.items() if amount} == {
        "USD": 12_345.67,
        "EUR": 500.0,
    }
    held = {
        account.instrument(conid).local_symbol.strip(): (position.quantity, position.average_cost)
        for conid, position in account.positions.items()
        if position.quantity
    }
    assert held["ACME"] == pytest.approx((100, 38.25))
    assert held["AAPL  260618C00300000"] == pytest.approx((-2, 1150))
    assert held["SPX   260320P06700000"][0] == 1
    assert held["ESM6"] == pytest.approx((1, 335_000))
    assert held["SPY"][0] == 10.5
    assert len(held) == 5


def test_a_new_instrument_can_be_found_and_has_a_price_and_options(clock: Clock) -> None:
    simulation = simulate(GOOD, clock)
    (acme,) = simulation.universe.underlyings_of_symbol("ACME")
    assert (acme.name, acme.exchange, acme.currency) == ("ACME CORP", "NYSE", "USD")
    assert acme.sector == "Industrial"
    assert simulation.prices.quote(acme).last == pytest.approx(42.5, rel=0.05)
    assert simulation.universe.options_of(acme.conid)
    assert simulation.universe.by_conid(acme.conid) == acme


def test_a_built_in_instrument_keeps_the_fields_that_the_file_does_not_replace(clock: Clock) -> None:
    apple = simulate(GOOD, clock).selected_account.instrument(265598)
    assert (apple.reference_price, apple.name, apple.venues[0]) == (300.0, "APPLE INC", "SMART")


def test_other_conids_are_not_changed_by_a_file(clock: Clock) -> None:
    ours, own = Simulation(SimulationOptions(), clock).universe, simulate(GOOD, clock).universe
    for option in ours.options_of(265598)[::50]:
        found = own.by_conid(option.conid)
        assert found is None or found.local_symbol == option.local_symbol


def test_only_the_first_account_of_an_advisor_is_replaced(clock: Clock) -> None:
    simulation = simulate(GOOD, clock, profile="fa")
    first, second = list(simulation.clients.values())[:2]
    assert first.cash["USD"] == 12_345.67
    assert second.cash["USD"] != 12_345.67
    assert any(position.quantity for position in second.positions.values())


def test_a_file_without_a_portfolio_keeps_the_profiles_portfolio(clock: Clock) -> None:
    text = '[[instrument]]\nsymbol = "X"\nexchange = "LSE"\nprice = 5.0\n'
    account = simulate(text, clock).selected_account
    assert account.positions == Simulation(SimulationOptions(), clock).selected_account.positions


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = 1.0\ncolour = "red"', 5, "colour"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "MOON"\nprice = 1.0', 3, "exchange"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"', 1, "price"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = "1"', 4, "price"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = -1.0', 4, "price"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = nan', 4, "price"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = 1.005', 4, "price"),
        ('[[instrument]]\nsymbol = "a b"\nexchange = "NYSE"\nprice = 1.0', 2, "symbol"),
        ('[[instrument]]\nexchange = "NYSE"\nprice = 1.0', 1, "symbol"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = 1.0\nconid = 8314', 5, "conid"),
        (
            '[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = 1.0\nconid = 77\n'
            '[[instrument]]\nsymbol = "B"\nexchange = "NYSE"\nprice = 1.0\nconid = 77',
            10,
            "conid",
        ),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = 1.0\n' * 2, 6, "symbol"),
        ('[[instrument]]\nsymbol = "SPX"\nexchange = "CBOE"\ntype = "STK"\nprice = 1.0', 4, "type"),
        ('[[instrument]]\nsymbol = "A"\nexchange = "NYSE"\nprice = 1.0\ndividend = 2.0', 5, "dividend"),
        ("[[instrument]]\nsymbol = 5", 2, "symbol"),
        ('[[position]]\nsymbol = "NOSUCH"\nquantity = 1', 2, "symbol"),
        ("[[position]]\nconid = 999\nquantity = 1", 2, "conid"),
        ('[[position]]\nsymbol = "SPX"\nconid = 416904\nquantity = 1', 1, "position"),
        ("[[position]]\nconid = 416904\nquantity = 1", 1, "symbol"),
        ('[[position]]\nsymbol = "AAPL"\nquantity = 0', 1, "quantity"),
        ('[[position]]\nsymbol = "AAPL"\nquantity = "5"', 3, "quantity"),
        ('[[position]]\nsymbol = "AAPL"\nquantity = true', 3, "quantity"),
        ('[[position]]\nsymbol = "AAPL"', 1, "quantity"),
        ('[[position]]\nsymbol = "AAPL"\ntype = "OPT"\nquantity = 1', 1, "expiry"),
        (
            '[[position]]\nsymbol = "AAPL"\ntype = "OPT"\nexpiry = 2026-03-21\nstrike = 270\nright = "C"\n'
            "quantity = 1",
            2,
            "symbol",
        ),
        ('[[position]]\nsymbol = "AAPL"\nquantity = 1\nbought = 2026-02-30', 4, ""),
        ('[[position]]\nsymbol = "AAPL"\nquantity = 1\nbought = "2026-02-30"', 4, "bought"),
        ('[[position]]\nsymbol = "AAPL"\nquantity = 1\nbought = 2027-02-20', 4, "bought"),
        ('[[position]]\nsymbol = "AAPL"\nquantity = 1\nbought = 2001-02-20', 4, "bought"),
        ("[cash]\nUSD = 5\nXXX = 5", 3, "XXX"),
        ("[cash]\nusd = 5", 2, "usd"),
        ("[cash]\nUSD = inf", 2, "USD"),
        ("cash = 5", 1, "cash"),
        ("[[positions]]\nquantity = 5", 1, "positions"),
        ('instrument = "none"', 1, "instrument"),
        ("[[position]\n", 1, ""),
    ],
)
def test_an_invalid_file_is_reported_in_one_sentence_with_line_and_field(
    clock: Clock, text: str, line: int, field: str
) -> None:
    with pytest.raises(UniverseFileError) as caught:
        simulate(text, clock)
    sentence = str(caught.value)
    assert f"line {line}" in sentence.replace("(at line", "line") or f"at line {line}" in sentence
    assert field in sentence
    assert sentence.startswith("own.toml")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_an_unreadable_file_is_reported_in_one_sentence(tmp_path: Path) -> None:
    latin, large = tmp_path / "latin.toml", tmp_path / "large.toml"
    latin.write_bytes(b"# first\n# \xe9\n")
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    for path, part in (
        (tmp_path / "none.toml", "none.toml"),
        (tmp_path, str(tmp_path)),
        (latin, "line 2"),
        (large, "bytes"),
    ):
        with pytest.raises(UniverseFileError) as caught:
            read_universe_file(path)
        assert part in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_empty_file_changes_nothing(clock: Clock) -> None:
    # Docker Compose mounts the null device if there is no file.
    own = read_universe_file(Path(os.devnull))
    simulation, ours = (Simulation(SimulationOptions(own_universe=each), clock) for each in (own, None))
    assert simulation.universe.all() == ours.universe.all()
    assert simulation.selected_account.cash == ours.selected_account.cash


def test_a_file_is_checked_as_a_whole_for_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[[position]]\nsymbol = "AAPL"\nquantity = 1\n')
    check_universe_file(path, "fa")
    path.write_text('[[position]]\nsymbol = "NOSUCH"\nquantity = 1\n')
    with pytest.raises(UniverseFileError):
        check_universe_file(path, "fa")
