from __future__ import annotations

from api_gateway.simulator.web_api.scanner.locations import GROUPS
from api_gateway.simulator.web_api.scanner.scan_types import CHOICES, QUANTITIES, SCANS


def test_no_code_means_two_things() -> None:
    filters = [code for each in QUANTITIES for code in (each.above, each.below)]
    for listed in ([scan.code for scan in SCANS], filters + [choice.code for choice in CHOICES]):
        assert len(listed) == len(set(listed))


def test_every_table_speaks_of_the_same_groups() -> None:
    groups = {group.code for group in GROUPS}
    assert {group for scan in SCANS for group in scan.groups} == groups
    assert {group for each in QUANTITIES for group in each.groups} == groups
    assert {group for each in CHOICES for group in each.groups} <= groups


def test_the_codes_that_people_use_most_are_there() -> None:
    scans = {scan.code for scan in SCANS}
    assert {"TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE", "HOT_BY_VOLUME", "HIGH_VS_52W_HL"} <= scans
    assert {"TOP_TRADE_COUNT", "HIGH_OPT_IMP_VOLAT", "HIGH_DIVIDEND_YIELD_IB"} <= scans
    filters = {code for each in QUANTITIES for code in (each.above, each.below)}
    assert {"priceAbove", "priceBelow", "volumeAbove", "changePercAbove", "avgVolumeAbove"} <= filters
    assert {"marketCapAbove1e6", "marketCapBelow1e6", "minPeRatio", "maxPeRatio"} <= filters
