"""Every chart becomes a small, opaque PNG image, whatever it shows."""

from __future__ import annotations

import io
import math
import struct

import pytest
from matplotlib.image import imread

from mcp_server.pictures import style
from mcp_server.pictures.charts import Chart
from mcp_server.pictures.drawing import draw
from tests.mcp_server.pictures.charts_for_tests import DIFFICULT, USUAL


def chunks(png: bytes) -> dict[bytes, bytes]:
    """The chunks of a PNG image by type; only the last one of each type."""
    found, at = {}, 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found[kind] = png[at + 8 : at + 8 + length]
        at += 12 + length
    return found


def check_picture(png: bytes) -> None:
    """Assert what every picture promises."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(png) <= 100_000
    assert set(chunks(png)) <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}, "no time and no program's name"
    width, height = struct.unpack(">II", chunks(png)[b"IHDR"][:8])
    assert 600 <= width <= 900
    assert 0.2 < height / width < 1
    pixels = imread(io.BytesIO(png), format="png")
    assert pixels.shape[2] == 3 or float(pixels[..., 3].min()) == 1.0
    inside = pixels[6:-6, 6:-6, :3].reshape(-1, 3)
    background = [int(style.BACKGROUND[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    share = float((abs(inside - background).max(axis=1) < 0.01).mean())
    assert 0.2 < share < 1.0, "a background, and something drawn on it"


@pytest.mark.parametrize("name", USUAL)
def test_each_kind_of_chart_is_drawn_the_same_each_time(name: str) -> None:
    png = draw(USUAL[name])
    check_picture(png)
    assert draw(USUAL[name]) == png


@pytest.mark.thorough
@pytest.mark.parametrize("name", DIFFICULT)
def test_difficult_charts_are_drawn_without_warnings(name: str) -> None:
    png = draw(DIFFICULT[name])
    check_picture(png)
    assert draw(DIFFICULT[name]) == png


@pytest.mark.thorough
def test_different_data_gives_different_pictures() -> None:
    charts: list[Chart] = [*USUAL.values(), *DIFFICULT.values()]
    pictures = [draw(chart) for chart in charts]
    assert len(set(pictures)) == len(pictures)


@pytest.mark.thorough
@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_what_is_not_a_number_is_left_out(value: float | None) -> None:
    from tests.mcp_server.pictures.charts_for_tests import allocation

    assert draw(allocation(1.0, 2.0, value)) == draw(allocation(1.0, 2.0))
