from __future__ import annotations

from api_gateway.simulator.web_api.scanner.locations import INSTRUMENT_TYPES
from api_gateway.simulator.web_api.scanner.scan_types import CHOICE_FILTERS, RANGE_FILTERS, SCAN_TYPES


def test_scan_and_filter_codes_are_unique() -> None:
    filters = [code for each in RANGE_FILTERS for code in (each.above_code, each.below_code)]
    for listed in ([scan.code for scan in SCAN_TYPES], filters + [choice.code for choice in CHOICE_FILTERS]):
        assert len(listed) == len(set(listed))


def test_every_table_uses_the_same_instrument_codes() -> None:
    groups = {group.code for group in INSTRUMENT_TYPES}
    assert {group for scan in SCAN_TYPES for group in scan.instruments} == groups
    assert {group for each in RANGE_FILTERS for group in each.instruments} == groups
    assert {group for each in CHOICE_FILTERS for group in each.instruments} <= groups


def test_the_most_used_scan_codes_are_supported() -> None:
    scans = {scan.code for scan in SCAN_TYPES}
    assert {"TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE", "HOT_BY_VOLUME", "HIGH_VS_52W_HL"} <= scans
    assert {"TOP_TRADE_COUNT", "HIGH_OPT_IMP_VOLAT", "HIGH_DIVIDEND_YIELD_IB"} <= scans
    filters = {code for each in RANGE_FILTERS for code in (each.above_code, each.below_code)}
    assert {"priceAbove", "priceBelow", "volumeAbove", "changePercAbove", "avgVolumeAbove"} <= filters
    assert {"marketCapAbove1e6", "marketCapBelow1e6", "minPeRatio", "maxPeRatio"} <= filters
