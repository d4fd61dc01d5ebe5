"""The execution algorithms that IBKR offers, and their parameters."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.instruments.universe import Instrument

_FOR_ALL = ("Adaptive", "Twap", "Vwap")
_START: dict[str, Any] = {"name": "Start Time", "id": "startTime", "valueClassName": "Time"}
_END: dict[str, Any] = {"name": "End Time", "id": "endTime", "valueClassName": "Time"}
_PERCENT: dict[str, Any] = {
    "minValue": 0.01,
    "maxValue": 50,
    "name": "Max Percentage",
    "description": "From 0.01 to 50.0",
    "id": "maxPctVol",
    "required": "true",
    "valueClassName": "Double",
}
_RISK: dict[str, Any] = {
    "defaultValue": "Neutral",
    "name": "Urgency/Risk aversion",
    "id": "riskAversion",
    "legalStrings": ["Get Done", "Aggressive", "Neutral", "Passive"],
    "required": "true",
    "valueClassName": "String",
}
_PRIORITY: dict[str, Any] = {
    "defaultValue": "Normal",
    "name": "Adaptive order priority/urgency",
    "id": "adaptivePriority",
    "legalStrings": ["Urgent", "Normal", "Patient"],
    "required": "true",
    "valueClassName": "String",
}
_SIZE: dict[str, Any] = {
    "minValue": 100.0,
    "maxValue": 1_000_000,
    "name": "Display Size",
    "id": "displaySize",
    "required": "true",
    "valueClassName": "Integer",
}

_ALGORITHMS: tuple[tuple[str, str, str, tuple[dict[str, Any], ...]], ...] = (
    ("Adaptive", "Adaptive", "Fills between bid and ask, faster if more urgent.", (_PRIORITY,)),
    (
        "ArrivalPx",
        "Arrival Price",
        "Aims at the mid price at the time of the order.",
        (_PERCENT, _RISK, _START, _END),
    ),
    ("ClosePx", "Close Price", "Aims at the closing price.", (_PERCENT, _RISK, _START)),
    ("DarkIce", "DarkIce", "Shows a varying part of the order.", (_SIZE, _START, _END)),
    ("PctVol", "Percentage of Volume", "Trades a percentage of the volume.", (_PERCENT, _START, _END)),
    (
        "PctVolPx",
        "Price Variant Percentage of Volume",
        "Trades a larger percentage at better prices.",
        (_PERCENT, _START, _END),
    ),
    (
        "PctVolSz",
        "Size Variant Percentage of Volume",
        "Trades a larger percentage while more remains.",
        (_PERCENT, _START, _END),
    ),
    ("Twap", "TWAP", "Spreads the order evenly over time.", (_START, _END)),
    (
        "PctVolTm",
        "Time Variant Percentage of Volume",
        "Changes the percentage over time.",
        (_PERCENT, _START, _END),
    ),
    ("Vwap", "VWAP", "Aims at the day's volume-weighted average price.", (_PERCENT, _START, _END)),
)


def algorithms(
    instrument: Instrument, ids: set[str], *, include_descriptions: bool, include_parameters: bool
) -> list[dict[str, Any]]:
    """The algorithms for `instrument`, limited to `ids` (case-sensitive) if any are given."""
    found = []
    for number, name, description, parameters in _ALGORITHMS:
        offered = instrument.sec_type == "STK" or (
            instrument.sec_type in ("OPT", "FUT") and number in _FOR_ALL
        )
        if not offered or (ids and number not in ids):
            continue
        row: dict[str, Any] = {"name": name, "id": number}
        if include_descriptions:
            row["description"] = description
        if include_parameters:
            row["parameters"] = [{"guiRank": rank, **terms} for rank, terms in enumerate(parameters, 1)]
        found.append(row)
    return found
