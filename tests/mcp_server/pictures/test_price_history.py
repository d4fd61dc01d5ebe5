"""Which bars of a price history are drawn, and how they are completed."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

from mcp_server.pictures.charts import PriceBar
from mcp_server.pictures.price_history import complete_candles

DAY = date(2026, 11, 30)


def test_what_a_bar_lacks_is_taken_from_its_close() -> None:
    (candle,) = complete_candles([PriceBar(DAY, None, math.nan, None, 3.0)])
    assert (candle.open, candle.high, candle.low, candle.close, candle.volume) == (3.0, 3.0, 3.0, 3.0, None)


def test_the_high_and_low_enclose_the_open_and_close() -> None:
    (candle,) = complete_candles([PriceBar(DAY, 5.0, 1.0, 9.0, 3.0)])
    assert (candle.high, candle.low) == (5.0, 3.0)


def test_bars_without_a_close_are_left_out_and_the_others_are_in_order() -> None:
    days = [date(2026, 11, day) for day in (5, 3, 4)]
    closes = [5.0, 3.0, None]
    candles = complete_candles([PriceBar(at, 1, 1, 1, close) for at, close in zip(days, closes, strict=True)])
    assert [candle.close for candle in candles] == [3.0, 5.0]


def test_an_instant_beside_days_is_a_day_of_new_york() -> None:
    late = datetime(2026, 12, 1, 2, tzinfo=UTC)
    candles = complete_candles([PriceBar(DAY, 1, 1, 1, 1), PriceBar(late, 1, 1, 1, 2)])
    assert [candle.at for candle in candles] == [DAY, DAY]
