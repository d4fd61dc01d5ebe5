"""Run time, memory and size of pictures, each drawn by a process of its own (Linux only)."""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import measure_module
from mcp_server.pictures.charts import (
    AllocationChart,
    AllocationRow,
    Chart,
    Line,
    PerformanceChart,
    Point,
    PriceBar,
    PriceHistoryChart,
)
from mcp_server.pictures.renderer import MODULE
from mcp_server.pictures.wire import encode_chart


async def pictures_table(python: Path, rounds: int) -> list[str]:
    """Median seconds and CPU time, peak memory and bytes of each kind of picture."""
    rows = ["| picture | seconds | CPU s | peak MB | KB |", "|---|---:|---:|---:|---:|"]
    for name, chart in _charts().items():
        encoded = encode_chart(chart)
        with TemporaryDirectory() as folder:
            runs = [
                measure_module(python, MODULE, ".", folder=Path(folder), stdin=encoded) for _ in range(rounds)
            ]
        seconds = statistics.median(run.seconds for run in runs)
        cpu = statistics.median(run.cpu_seconds for run in runs)
        peak = max(run.peak_bytes for run in runs)
        rows.append(
            f"| {name} | {seconds:.2f} | {cpu:.2f} | {peak / 1e6:.0f} | {len(runs[0].output) / 1e3:.0f} |"
        )
    return rows


def _charts() -> dict[str, Chart]:
    return {
        "63 candles with volume": PriceHistoryChart("SPY", _bars(63)),
        "10,000 bars": PriceHistoryChart("SPY", _bars(10_000)),
        "two lines of 250 days": PerformanceChart("Return", [_line("account", 1.0), _line("SPY", 0.7)]),
        "allocation of 60 positions": AllocationChart(
            "Allocation", [AllocationRow(f"position {index}", 60.0 - index) for index in range(60)]
        ),
    }


def _days(count: int) -> list[date]:
    return [date(1999, 1, 4) + timedelta(days=index) for index in range(count)]


def _wave(index: int) -> float:
    return 10 * math.sin(index / 9) + 3 * math.sin(index * 1.7)


def _bars(count: int) -> list[PriceBar]:
    closes = [100 + _wave(index) for index in range(count + 1)]
    return [
        PriceBar(day, opened, max(opened, close) + 1, min(opened, close) - 1, close, 1e6 + 1e5 * close)
        for day, opened, close in zip(_days(count), closes, closes[1:], strict=False)
    ]


def _line(name: str, scale: float) -> Line:
    return Line(name, [Point(day, scale * _wave(index)) for index, day in enumerate(_days(250))])
