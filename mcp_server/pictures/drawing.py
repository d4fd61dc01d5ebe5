"""Draw any chart. Importing this module imports the plotting library."""

from __future__ import annotations

from mcp_server.pictures.allocation import draw_allocation
from mcp_server.pictures.canvas import picture_settings
from mcp_server.pictures.charts import Chart, PerformanceChart, PriceHistoryChart
from mcp_server.pictures.performance import draw_performance
from mcp_server.pictures.price_history import draw_price_history


def draw(chart: Chart) -> bytes:
    """A PNG image of at most 100 KB; equal charts are equal bytes."""
    with picture_settings():
        if isinstance(chart, PriceHistoryChart):
            return draw_price_history(chart)
        if isinstance(chart, PerformanceChart):
            return draw_performance(chart)
        return draw_allocation(chart)
