from __future__ import annotations

from api_gateway.simulator.instruments.isins import listings_of
from api_gateway.simulator.instruments.tables import read_table
from api_gateway.simulator.instruments.universe import build_universe


def test_a_security_is_found_by_its_isin_and_its_cusip() -> None:
    assert listings_of("US4592001014") == {(("IBM"), each) for each in ("NYSE", "IBIS", "LSE", "MEXI")}
    assert listings_of("459200101") == listings_of("US4592001014")
    assert listings_of("DE0007164600") == {("SAP", "IBIS")}
    assert listings_of("000716460") == listings_of("IBM") == frozenset()


def test_every_isin_is_of_listings_that_exist_and_has_the_right_check_digit() -> None:
    listed = {(each.symbol, each.exchange) for each in build_universe(0.0).all()}
    for row in read_table("isins.csv"):
        assert listings_of(row["isin"]) <= listed, row
        digits = "".join(str(int(character, 36)) for character in row["isin"])
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
        assert sum(value // 10 + value % 10 for value in doubled) % 10 == 0, row
