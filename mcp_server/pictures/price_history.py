"""Prices over time: candles and volume, or a line where candles would be too narrow to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from mcp_server.pictures import style
from mcp_server.pictures.axes import hide_times, scale_values, show_times, show_values
from mcp_server.pictures.canvas import FOOTER, HEADER, MARGIN, Canvas
from mcp_server.pictures.charts import Moment, PriceBar, PriceHistoryChart
from mcp_server.pictures.number_format import finite, format_large, format_price
from mcp_server.pictures.time_axis import NEW_YORK

MOST_CANDLES = 130
"""At 600 pixels a candle then has four pixels."""

MOST_VOLUME_BARS = 130
VOLUME_HEIGHT = 0.5


@dataclass(frozen=True)
class Candle:
    """A bar in which nothing is missing but perhaps the volume."""

    at: Moment
    open: float
    high: float
    low: float
    close: float
    volume: float | None


def complete_candles(bars: Sequence[PriceBar]) -> list[Candle]:
    """The bars that have a close, in order; what else they lack is taken from the close."""
    candles = []
    for bar in bars:
        close = finite(bar.close)
        if close is None:
            continue
        opened = _first(finite(bar.open), close)
        high = max(_first(finite(bar.high), close), opened, close)
        low = min(_first(finite(bar.low), close), opened, close)
        candles.append(Candle(bar.at, opened, high, low, close, finite(bar.volume)))
    if not all(isinstance(candle.at, datetime) for candle in candles):
        candles = [Candle(_day(each.at), *_values(each)) for each in candles]
    return sorted(candles, key=lambda candle: candle.at)


def _first(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _day(at: Moment) -> Moment:
    return at.astimezone(NEW_YORK).date() if isinstance(at, datetime) else at


def _values(candle: Candle) -> tuple[float, float, float, float, float | None]:
    return candle.open, candle.high, candle.low, candle.close, candle.volume


def draw_price_history(chart: PriceHistoryChart) -> bytes:
    """A PNG image of the prices: candles up to `MOST_CANDLES` bars, then a line of closes."""
    candles = complete_candles(chart.bars)
    narrow = len(candles) > MOST_CANDLES
    summed = -(-len(candles) // MOST_VOLUME_BARS) if any(candle.volume for candle in candles) else 0
    canvas = Canvas(chart.title, chart.note, _footer(candles, narrow=narrow, summed=summed))
    if not candles:
        canvas.write_no_data()
        return canvas.to_png()
    closes = [each.close for each in candles]
    scale = scale_values(
        min(closes if narrow else [each.low for each in candles]),
        max(closes if narrow else [each.high for each in candles]),
    )
    last = format_price(closes[-1])
    left = MARGIN + 0.08 + canvas.measure_all([*scale.labels, "volume"])
    right = canvas.width - MARGIN - 0.08 - canvas.measure(last, bold=True)
    bottom = FOOTER + VOLUME_HEIGHT + 0.1 if summed else FOOTER
    top = canvas.height - HEADER
    prices = canvas.add_axes(left, bottom, right, top)
    if narrow:
        places = range(len(closes))
        prices.fill_between(places, closes, scale.low, color=style.AREA, linewidth=0, zorder=0)
        prices.plot(places, closes, color=style.BLUE, linewidth=1.3, solid_joinstyle="round")
    else:
        _draw_candles(prices, candles)
    prices.axhline(closes[-1], color=style.TEXT, linewidth=0.9, dashes=(1.5, 2))
    height = bottom + (closes[-1] - scale.low) / (scale.high - scale.low) * (top - bottom)
    canvas.write(last, right + 0.06, height, bold=True)
    moments = [each.at for each in candles]
    show_values(prices, scale)
    show_times(prices, moments)
    if summed:
        hide_times(prices)
        volumes = canvas.add_axes(left, FOOTER, right, FOOTER + VOLUME_HEIGHT)
        highest = _draw_volumes(volumes, candles, summed)
        show_times(volumes, moments)
        for text, place in (("volume", 0.25), (format_large(highest), 0.42)):
            canvas.write(
                text, left - 0.06, FOOTER + place, size=style.SMALL_SIZE, color=style.MUTED_TEXT, ha="right"
            )
    return canvas.to_png()


def _footer(candles: Sequence[Candle], *, narrow: bool, summed: int) -> str:
    parts = [f"Closes of {len(candles)} bars." if narrow else "Hollow: closed above the open; filled: below."]
    if summed > 1:
        parts.append(f"Volume: {summed} bars added up.")
    if candles and isinstance(candles[0].at, datetime):
        parts.append("New York time.")
    return " ".join(parts) if candles else ""


def _draw_candles(axes: Axes, candles: Sequence[Candle]) -> None:
    width = 0.64
    line = 1.2 if len(candles) <= 80 else 0.9
    rising = [each.close >= each.open for each in candles]
    colors = [style.BLUE if up else style.ORANGE for up in rising]
    # A wick does not cross its body: hollow ones would show it.
    for ends in (
        [(each.low, min(each.open, each.close)) for each in candles],
        [(max(each.open, each.close), each.high) for each in candles],
    ):
        lows, highs = zip(*ends, strict=True)
        axes.vlines(range(len(candles)), lows, highs, colors=colors, linewidth=line)
    axes.bar(
        range(len(candles)),
        [abs(each.close - each.open) for each in candles],
        width,
        [min(each.open, each.close) for each in candles],
        color=[style.BACKGROUND if up else style.ORANGE for up in rising],
        edgecolor=colors,
        linewidth=line,
    )


def _draw_volumes(axes: Axes, candles: Sequence[Candle], size: int) -> float:
    """Draw bars of volume, each the sum of `size` neighbours, and return the highest."""
    starts = range(0, len(candles), size)
    sums = [sum(max(each.volume or 0.0, 0.0) for each in candles[start : start + size]) for start in starts]
    highest = max(sums) or 1.0
    middles = [start + (min(size, len(candles) - start) - 1) / 2 for start in starts]
    axes.bar(middles, sums, 0.64 * size, color=style.VOLUME, linewidth=0)
    axes.set_ylim(0, highest * 1.05)
    axes.yaxis.set_major_locator(NullLocator())
    return highest
