"""Everything that a scan may ask for, as IBKR lists it."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.web_api.scanner.locations import GROUPS, PLACES, Place
from api_gateway.simulator.web_api.scanner.scan_types import CHOICES, QUANTITIES, SCANS


def scanner_parameters() -> dict[str, Any]:
    """Kinds of scan, instruments with their filters, all filters, and the tree of places."""
    return {
        "scan_type_list": [
            {"display_name": scan.name, "code": scan.code, "instruments": list(scan.groups)} for scan in SCANS
        ],
        "instrument_list": [
            {
                "display_name": group.name,
                "type": group.code,
                "filters": _filters_of(group.code),
            }
            for group in GROUPS
        ],
        "filter_list": _filters(),
        "location_tree": [
            {"display_name": group.name, "type": group.code, "locations": _tree(PLACES[group.code])}
            for group in GROUPS
        ],
    }


def _filters_of(group: str) -> list[str]:
    quantities = [each.code for each in QUANTITIES if group in each.groups]
    return sorted(quantities + [each.code for each in CHOICES if group in each.groups])


def _filters() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = [
        {"group": code, "display_name": f"{each.name} {side}", "code": code, "type": "non-range"}
        for each in QUANTITIES
        for code, side in ((each.above, "Above"), (each.below, "Below"))
    ]
    for choice in CHOICES:
        # Nothing says what the values are: IBKR names neither a code nor a label for them.
        values = [{"vendor": None, "default": number == 0} for number in range(choice.options)]
        listed.append(
            {
                "group": choice.code,
                "display_name": choice.name,
                "code": choice.code,
                "combo_values": values,
                "type": "combo",
            }
        )
    return listed


def _tree(places: tuple[Place, ...]) -> list[dict[str, Any]] | None:
    listed = [
        {"display_name": place.name, "type": place.code, "locations": _tree(place.parts)}
        for place in places
        if place.listed
    ]
    return listed or None
