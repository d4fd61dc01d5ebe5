"""Runs a scan: contracts of one type in one location, filtered and ranked by current market data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.snapshot_fields import ContractSnapshot
from api_gateway.simulator.web_api.market_data.snapshots import visible_until
from api_gateway.simulator.web_api.scanner.locations import (
    INSTRUMENT_TYPES,
    LOCATIONS,
    InstrumentType,
    ScanLocation,
)
from api_gateway.simulator.web_api.scanner.measures import Measure
from api_gateway.simulator.web_api.scanner.scan_types import (
    CHOICE_FILTERS,
    HALTED,
    HAS_OPTIONS,
    RANGE_FILTERS,
    SCAN_TYPES,
    STOCK_TYPES,
    ScanType,
)

MAX_ROWS = 50
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


class UnknownScanError(Exception):
    """IBKR does not offer this scan; `str()` is its message."""


Predicate = Callable[[ContractSnapshot], bool]


@dataclass(frozen=True)
class ScanResult:
    """The contracts that a scan found, in rank order, and the name of the ranking column."""

    column: str
    contracts: tuple[Instrument, ...]


def scan_contracts(
    simulation: Simulation, instrument: str, scan_type: str, location: str, filters: list[tuple[str, Any]]
) -> ScanResult:
    """Return at most 50 contracts. `filters` are codes with values. Raises UnknownScanError."""
    scan = next((row for row in SCAN_TYPES if row.code == scan_type), None)
    if scan is None or instrument not in scan.instruments:
        raise UnknownScanError(f"scan type {scan_type} is not available")
    place = _find_location(LOCATIONS.get(instrument, ()), location)
    instrument_type = next((row for row in INSTRUMENT_TYPES if row.code == instrument), None)
    if place is None or instrument_type is None:
        raise UnknownScanError("No matching locations defined")
    predicates = [_build_filter(instrument, code, value) for code, value in filters]
    snapshots = (
        s
        for s in _candidate_snapshots(simulation, instrument_type, place)
        if all(predicate(s) for predicate in predicates)
    )
    return ScanResult(scan.column, tuple(_rank_contracts(scan, snapshots)))


def _rank_contracts(scan: ScanType, snapshots: Iterator[ContractSnapshot]) -> list[Instrument]:
    sign = 1 if scan.lowest_first else -1
    measured = [(value, s.instrument) for s in snapshots if (value := scan.measure(s)) is not None]
    measured.sort(key=lambda pair: (sign * pair[0], pair[1].conid))
    return [instrument for _, instrument in measured[:MAX_ROWS]]


def _candidate_snapshots(
    simulation: Simulation, instrument_type: InstrumentType, location: ScanLocation
) -> Iterator[ContractSnapshot]:
    now = simulation.clock.now()
    for instrument in simulation.universe.all():
        unexpired = instrument.expires_at is None or instrument.expires_at > now
        if unexpired and instrument_type.includes(instrument) and instrument.exchange in location.exchanges:
            moment = visible_until(simulation, instrument)
            yield ContractSnapshot(
                simulation, instrument, simulation.prices.quote(instrument, moment), moment
            )


def _find_location(locations: tuple[ScanLocation, ...], code: str) -> ScanLocation | None:
    for location in locations:
        match = location if location.code == code else _find_location(location.children, code)
        if match is not None:
            return match
    return None


def _build_filter(instrument: str, code: str, value: Any) -> Predicate:
    for quantity in RANGE_FILTERS:
        if code in (quantity.above_code, quantity.below_code) and instrument in quantity.instruments:
            return _range_predicate(
                quantity.measure, _parse_number(code, value), upper=code == quantity.below_code
            )
    if any(code == choice.code and instrument in choice.instruments for choice in CHOICE_FILTERS):
        return _choice_predicate(code, str(value).strip())
    raise UnknownScanError(f"filter {code} is not available")


def _range_predicate(measure: Measure, bound: float, *, upper: bool) -> Predicate:
    def is_within(s: ContractSnapshot) -> bool:
        value = measure(s)
        return value is not None and (value <= bound if upper else value >= bound)

    return is_within


def _choice_predicate(code: str, value: str) -> Predicate:
    if code == STOCK_TYPES:
        mode, _, group = value.upper().rpartition(":")
        if group in ("ETF", "CORP") and mode in ("", "INC", "EXC"):
            funds = (group == "ETF") is (mode != "EXC")
            return lambda s: s.instrument.is_etf is funds
        if value.upper() in ("", "ALL"):
            return lambda _: True
        raise UnknownScanError(f"filter {code} has no value {value}")
    if value.lower() not in _YES | _NO:
        raise UnknownScanError(f"filter {code} has no value {value}")
    expected = value.lower() in _YES
    predicates: dict[str, Predicate] = {
        HALTED: lambda s: s.quote.halted is expected,
        HAS_OPTIONS: lambda s: s.has_options is expected,
    }
    return predicates[code]


def _parse_number(code: str, value: Any) -> float:
    if not isinstance(value, bool) and isinstance(value, int | float | str):
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if isfinite(number):
            return number
    raise UnknownScanError(f"filter {code} has no value {value}")
