from __future__ import annotations

from api_gateway.simulator.instruments.universe import build_universe
from api_gateway.simulator.web_api.scanner.locations import INSTRUMENT_TYPES, LOCATIONS, ScanLocation
from tests.api_gateway.simulator.paper_account import MONDAY


def codes(places: tuple[ScanLocation, ...]) -> list[str]:
    return [code for place in places for code in (place.code, *codes(place.children))]


def test_no_code_means_two_places_or_two_groups() -> None:
    for listed in (
        [group.code for group in INSTRUMENT_TYPES],
        [code for places in LOCATIONS.values() for code in codes(places)],
    ):
        assert len(listed) == len(set(listed))


def test_every_group_has_its_places() -> None:
    assert list(LOCATIONS) == [group.code for group in INSTRUMENT_TYPES]


def test_a_part_of_a_place_lies_within_it() -> None:
    for places in LOCATIONS.values():
        for place in places:
            for part in place.children:
                assert part.exchanges <= place.exchanges, part.code


def test_every_stock_future_and_bond_belongs_to_a_group_that_has_a_place_for_it() -> None:
    for instrument in build_universe(MONDAY).all():
        if instrument.sec_type in ("STK", "FUT", "BOND"):
            homes = [group.code for group in INSTRUMENT_TYPES if group.includes(instrument)]
            assert homes, instrument.symbol
            for home in homes:
                assert any(instrument.exchange in place.exchanges for place in LOCATIONS[home]), (
                    instrument.symbol
                )
