"""Reference tables for requesting and reading market data, for which IBKR has no operation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any, Final

import orjson
from fastmcp.resources import TextResource

from mcp_server.models.market_data import BAR_RANGES, BARS, MAX_PERIODS, bars_for, default_bar

SECTION: Final = "Market Data"
FIELDS_FILE: Final = "snapshot_fields.json"

UNITS: Final = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks", "m": "months", "y": "years"}

# What each letter of field 6509 means, by its position.
AVAILABILITY: Final[Mapping[str, Mapping[str, str]]] = {
    "first": {
        "R": "real-time",
        "D": "delayed by 15 to 20 minutes",
        "Z": "frozen: as of the close, from real-time data",
        "Y": "frozen: as of the close, from delayed data",
        "N": "not subscribed: no data",
        "O": "no data until the market data acknowledgement is signed in the Client Portal's settings",
        "S": "streaming, in price history",
        "i": "incomplete",
        "v": "exempt from the vendor display rule",
    },
    "second": {"P": "snapshot", "p": "consolidated across exchanges"},
    "third": {"B": "order book"},
    "anywhere": {"d": "internal to IBKR; ignore it"},
}


def resources(sections: Collection[str]) -> list[TextResource]:
    """The tables that belong to these sections, as JSON."""
    if SECTION not in sections:
        return []
    return [
        _table(
            "snapshot-fields",
            "Snapshot fields",
            "Every field ID of a market data snapshot: what it is, and how to read its value.",
            {
                "about": (
                    "For `fields` of get_market_snapshot. Values are text, with commas as thousands "
                    "separators and sometimes a % sign. A missing field is unknown or unchanged, not zero."
                ),
                "fields": snapshot_fields(),
            },
        ),
        _table(
            "bars",
            "Periods and bars",
            "The periods and bars that price history accepts, and the default bar of each period.",
            {
                "about": (
                    "For `period` and `bar` of get_price_bars. A period between two rows accepts bars "
                    "from the smallest of the shorter row to the largest of the longer. At most 1000 are "
                    "returned."
                ),
                "longest_period": {UNITS[unit]: f"{count}{unit}" for unit, count in MAX_PERIODS.items()},
                "bars": BARS,
                "periods": [
                    {"period": period, "bars": bars_for(period), "default": default_bar(period)}
                    for period, *_ in BAR_RANGES
                ],
            },
        ),
        _table(
            "availability",
            "Market data availability",
            "What the letters of field 6509 mean: real-time, delayed, frozen or not subscribed.",
            {
                "about": "Field 6509 of a snapshot, by letter. RpB is real-time, DPB delayed, Z frozen.",
                **AVAILABILITY,
            },
        ),
    ]


def snapshot_fields() -> dict[str, dict[str, str]]:
    """Each field by its ID: its name, and a note if its value needs one."""
    text = files(__package__).joinpath(FIELDS_FILE).read_bytes()
    found: dict[str, dict[str, str]] = orjson.loads(text)
    return found


def _table(name: str, title: str, description: str, content: Mapping[str, Any]) -> TextResource:
    return TextResource(
        uri=f"ibkr://{name}",
        name=name,
        title=title,
        description=description,
        mime_type="application/json",
        tags={SECTION},
        text=orjson.dumps(content).decode(),
    )
