"""Runs a scan: contracts of one kind in one place, filtered and ranked by what the market does now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.snapshot_fields import Subject
from api_gateway.simulator.web_api.market_data.snapshots import visible_until
from api_gateway.simulator.web_api.scanner.locations import GROUPS, PLACES, Group, Place
from api_gateway.simulator.web_api.scanner.measures import Measure
from api_gateway.simulator.web_api.scanner.scan_types import (
    CHOICES,
    HALTED,
    HAS_OPTIONS,
    QUANTITIES,
    SCANS,
    STOCK_TYPES,
    Scan,
)

MOST_ROWS = 50
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


class UnknownError(Exception):
    """A scan that IBKR does not offer; `str()` is what it says."""


Keeps = Callable[[Subject], bool]


@dataclass(frozen=True)
class Result:
    """What a scan has found, the first in rank first, and the name of what it was ranked by."""

    column: str
    contracts: tuple[Instrument, ...]


def scan(
    simulation: Simulation, instrument: str, kind: str, location: str, filters: list[tuple[str, Any]]
) -> Result:
    """At most 50 contracts. `filters` are codes with their values. Raises UnknownError."""
    found = next((each for each in SCANS if each.code == kind), None)
    if found is None or instrument not in found.groups:
        raise UnknownError(f"scan type {kind} is not available")
    place = _place(PLACES.get(instrument, ()), location)
    group = next((each for each in GROUPS if each.code == instrument), None)
    if place is None or group is None:
        raise UnknownError("No matching locations defined")
    keeps = [_filter(instrument, code, value) for code, value in filters]
    subjects = (s for s in _subjects(simulation, group, place) if all(keep(s) for keep in keeps))
    return Result(found.column, tuple(_ranked(found, subjects)))


def _ranked(found: Scan, subjects: Iterator[Subject]) -> list[Instrument]:
    sign = 1 if found.lowest_first else -1
    measured = [(value, s.instrument) for s in subjects if (value := found.measure(s)) is not None]
    measured.sort(key=lambda pair: (sign * pair[0], pair[1].conid))
    return [instrument for _, instrument in measured[:MOST_ROWS]]


def _subjects(simulation: Simulation, group: Group, place: Place) -> Iterator[Subject]:
    now = simulation.clock.now()
    for instrument in simulation.universe.all():
        living = instrument.expires is None or instrument.expires > now
        if living and group.holds(instrument) and instrument.exchange in place.exchanges:
            moment = visible_until(simulation, instrument)
            yield Subject(simulation, instrument, simulation.prices.quote(instrument, moment), moment)


def _place(places: tuple[Place, ...], code: str) -> Place | None:
    for place in places:
        found = place if place.code == code else _place(place.parts, code)
        if found is not None:
            return found
    return None


def _filter(instrument: str, code: str, value: Any) -> Keeps:
    for quantity in QUANTITIES:
        if code in (quantity.above, quantity.below) and instrument in quantity.groups:
            return _bounded(quantity.measure, _number(code, value), upper=code == quantity.below)
    if any(code == choice.code and instrument in choice.groups for choice in CHOICES):
        return _chosen(code, str(value).strip())
    raise UnknownError(f"filter {code} is not available")


def _bounded(measure: Measure, bound: float, *, upper: bool) -> Keeps:
    def keep(s: Subject) -> bool:
        value = measure(s)
        return value is not None and (value <= bound if upper else value >= bound)

    return keep


def _chosen(code: str, value: str) -> Keeps:
    if code == STOCK_TYPES:
        how, _, what = value.upper().rpartition(":")
        if what in ("ETF", "CORP") and how in ("", "INC", "EXC"):
            funds = (what == "ETF") is (how != "EXC")
            return lambda s: s.instrument.is_etf is funds
        if value.upper() in ("", "ALL"):
            return lambda _: True
        raise UnknownError(f"filter {code} has no value {value}")
    if value.lower() not in _YES | _NO:
        raise UnknownError(f"filter {code} has no value {value}")
    wanted = value.lower() in _YES
    known: dict[str, Keeps] = {
        HALTED: lambda s: s.quote.halted is wanted,
        HAS_OPTIONS: lambda s: bool(s.chain) is wanted,
    }
    return known[code]


def _number(code: str, value: Any) -> float:
    if not isinstance(value, bool) and isinstance(value, int | float | str):
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if isfinite(number):
            return number
    raise UnknownError(f"filter {code} has no value {value}")
