"""Scanner parameters: everything that a scan can request, as IBKR lists it."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.web_api.scanner.locations import INSTRUMENT_TYPES, LOCATIONS, ScanLocation
from api_gateway.simulator.web_api.scanner.scan_types import CHOICE_FILTERS, RANGE_FILTERS, SCAN_TYPES


def scanner_parameters() -> dict[str, Any]:
    """Return the scan types, the instruments with their filters, all filters, and the location tree."""
    return {
        "scan_type_list": [
            {"display_name": scan.name, "code": scan.code, "instruments": list(scan.instruments)}
            for scan in SCAN_TYPES
        ],
        "instrument_list": [
            {
                "display_name": group.name,
                "type": group.code,
                "filters": _filter_codes(group.code),
            }
            for group in INSTRUMENT_TYPES
        ],
        "filter_list": _filter_rows(),
        "location_tree": [
            {
                "display_name": group.name,
                "type": group.code,
                "locations": _location_tree(LOCATIONS[group.code]),
            }
            for group in INSTRUMENT_TYPES
        ],
    }


def _filter_codes(instrument: str) -> list[str]:
    codes = [row.code for row in RANGE_FILTERS if instrument in row.instruments]
    return sorted(codes + [row.code for row in CHOICE_FILTERS if instrument in row.instruments])


def _filter_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"group": code, "display_name": f"{row.name} {side}", "code": code, "type": "non-range"}
        for row in RANGE_FILTERS
        for code, side in ((row.above_code, "Above"), (row.below_code, "Below"))
    ]
    for choice in CHOICE_FILTERS:
        # IBKR gives neither a code nor a label for the values.
        values = [{"vendor": None, "default": number == 0} for number in range(choice.option_count)]
        rows.append(
            {
                "group": choice.code,
                "display_name": choice.name,
                "code": choice.code,
                "combo_values": values,
                "type": "combo",
            }
        )
    return rows


def _location_tree(locations: tuple[ScanLocation, ...]) -> list[dict[str, Any]] | None:
    rows = [
        {"display_name": place.name, "type": place.code, "locations": _location_tree(place.children)}
        for place in locations
        if place.listed
    ]
    return rows or None
