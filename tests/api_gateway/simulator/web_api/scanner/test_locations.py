from __future__ import annotations

from api_gateway.simulator.instruments.universe import build_universe
from api_gateway.simulator.web_api.scanner.locations import INSTRUMENT_TYPES, LOCATIONS, ScanLocation
from tests.api_gateway.simulator.paper_account import MONDAY


def codes(locations: tuple[ScanLocation, ...]) -> list[str]:
    return [code for location in locations for code in (location.code, *codes(location.children))]


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
        for location in locations:
            for part in location.children:
                assert part.exchanges <= location.exchanges, part.code


def test_every_stock_future_and_bond_can_be_scanned_somewhere() -> None:
    for instrument in build_universe(MONDAY).all():
        if instrument.sec_type in ("STK", "FUT", "BOND"):
            type_codes = [group.code for group in INSTRUMENT_TYPES if group.includes(instrument)]
            assert type_codes, instrument.symbol
            for type_code in type_codes:
                assert any(instrument.exchange in location.exchanges for location in LOCATIONS[type_code]), (
                    instrument.symbol
                )
