"""Conidex in market data requests: `265598`, `265598@NYSE`, or a combination such as `0;;;654/1,655/-1`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from api_gateway.simulator.instruments.combinations import (
    SMART,
    InvalidCombinationError,
    build_combination,
    parse_conidex,
    trades_on,
)
from api_gateway.simulator.instruments.universe import Instrument, Universe

_CONIDEX = re.compile(r"(\d{1,18})(?:@([A-Z0-9.]{1,16}))?", re.ASCII)
_LEGS = ";;;"


def join_legs(items: Iterable[str]) -> list[str]:
    """Return the conidexes of a list split at its commas, which also separate a combination's legs."""
    joined: list[str] = []
    for item in items:
        if joined and _LEGS in joined[-1] and "/" in item and _LEGS not in item:
            joined[-1] += f",{item}"
        else:
            joined.append(item)
    return joined


def leading_conid(conidex: str) -> int | None:
    """Return the conid that a conidex begins with, or None if it is malformed."""
    match = _CONIDEX.fullmatch(conidex)
    if match is not None:
        return int(match[1])
    combination = parse_conidex(conidex)
    return combination.spread_conid if combination else None


def find_quoted(universe: Universe, conidex: str) -> Instrument | None:
    """Return the contract or combination, or None if it is malformed, unknown or not a valid combination.

    None, too, if its exchange does not trade it; what IBKR responds to such an exchange is not known.
    """
    match = _CONIDEX.fullmatch(conidex)
    if match is not None:
        instrument = universe.by_conid(int(match[1]))
        return instrument if instrument is None or trades_on(instrument, match[2] or SMART) else None
    combination = parse_conidex(conidex)
    if combination is None:
        return None
    try:
        built = build_combination(universe, combination)
    except InvalidCombinationError:
        return None
    return built if trades_on(built, built.route) else None
