"""A chart as JSON: how the server passes it to the process that draws it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import orjson

from mcp_server.pictures.charts import (
    AllocationChart,
    AllocationRow,
    Chart,
    Line,
    Moment,
    PerformanceChart,
    Point,
    PriceBar,
    PriceHistoryChart,
)


def encode_chart(chart: Chart) -> bytes:
    """The chart as JSON; numbers that are not finite become null, like missing ones."""
    return orjson.dumps({"kind": type(chart).__name__, **asdict(chart)})


def decode_chart(body: bytes) -> Chart:
    """The chart that `encode_chart` encoded."""
    fields: dict[str, Any] = orjson.loads(body)
    kind = fields.pop("kind")
    if kind == PriceHistoryChart.__name__:
        bars = [PriceBar(**{**bar, "at": _moment(bar["at"])}) for bar in fields.pop("bars")]
        return PriceHistoryChart(bars=bars, **fields)
    if kind == PerformanceChart.__name__:
        lines = [
            Line(line["name"], [_point(each) for each in line["points"]]) for line in fields.pop("lines")
        ]
        return PerformanceChart(lines=lines, **fields)
    if kind == AllocationChart.__name__:
        return AllocationChart(rows=[AllocationRow(**row) for row in fields.pop("rows")], **fields)
    raise ValueError(f"no chart is called {kind}")


def _point(fields: dict[str, Any]) -> Point:
    return Point(_moment(fields["at"]), fields["percent"])


def _moment(text: str) -> Moment:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
