from __future__ import annotations

from api_gateway.simulator.instruments.universe import build_universe
from api_gateway.simulator.web_api.scanner.locations import INSTRUMENT_TYPES, LOCATIONS, ScanLocation
from tests.api_gateway.simulator.paper_account import MONDAY


def codes(locations: tuple[ScanLocation, ...]) -> list[str]:
    return [code for place in locations for code in (place.code, *codes(place.children))]


def test_location_and_instrument_codes_are_unique() -> None:
    for listed in (
        [group.code for group in INSTRUMENT_TYPES],
        [code for locations in LOCATIONS.values() for code in codes(locations)],
    ):
        assert len(listed) == len(set(listed))


def test_every_instrument_type_has_a_location() -> None:
    assert list(LOCATIONS) == [group.code for group in INSTRUMENT_TYPES]


def test_a_child_location_lies_within_its_parent() -> None:
    for locations in LOCATIONS.values():
        for place in locations:
            for part in place.children:
                assert part.exchanges <= place.exchanges, part.code


def test_every_stock_future_and_bond_can_be_scanned_somewhere() -> None:
    for instrument in build_universe(MONDAY).all():
        if instrument.sec_type in ("STK", "FUT", "BOND"):
            locations = [group.code for group in INSTRUMENT_TYPES if group.includes(instrument)]
            assert locations, instrument.symbol
            for location in locations:
                assert any(instrument.exchange in place.exchanges for place in LOCATIONS[location]), (
                    instrument.symbol
                )
