"""Contrast and colour differences of the pictures, computed from their colours."""

from __future__ import annotations

import itertools
import math

import pytest

from mcp_server.pictures import style

Color = tuple[float, float, float]

TEXT_COLORS = [style.TEXT, style.MUTED_TEXT, *(look.color for look in style.LINE_STYLES)]
SHAPE_COLORS = [style.BORDER, style.ZERO_LINE, style.VOLUME, style.BLUE, style.ORANGE]

# Machado, Oliveira and Fernandes 2009, severity 1, for linear RGB.
COLOR_BLINDNESS = {
    "none": (
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 1),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(color: str) -> Color:
    """Linear RGB of `#rrggbb`."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2: from 1 to 21."""
    lights = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (linear(one), linear(other))
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(color: Color) -> Color:
    """CIE L*a*b* of linear RGB, D65."""
    red, green, blue = color
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (_cube_root(max(value, 0.0)) for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _cube_root(value: float) -> float:
    return math.cbrt(value) if value > 0.008856 else 7.787 * value + 16 / 116


def difference(one: str, other: str, blindness: str) -> float:
    """The distance of two colours as this colour blindness shows them."""
    rows = COLOR_BLINDNESS[blindness]
    seen = []
    for color in (linear(one), linear(other)):
        red, green, blue = (
            sum(weight * part for weight, part in zip(row, color, strict=True)) for row in rows
        )
        seen.append(lab((red, green, blue)))
    return math.dist(*seen)


def test_the_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("color", TEXT_COLORS)
def test_texts_have_the_contrast_of_level_aa(color: str) -> None:
    assert contrast(color, style.BACKGROUND) >= 4.5


@pytest.mark.parametrize("color", SHAPE_COLORS)
def test_lines_and_bars_have_the_contrast_of_graphics(color: str) -> None:
    assert contrast(color, style.BACKGROUND) >= 3


def test_lines_stand_out_from_the_area_below_them() -> None:
    assert contrast(style.BLUE, style.AREA) >= 4.5


@pytest.mark.parametrize("page", ["#FFFFFF", "#000000", "#1E1E1E"])
def test_the_border_is_visible_on_light_and_dark_pages(page: str) -> None:
    assert contrast(style.BORDER, page) >= 3


@pytest.mark.parametrize("blindness", COLOR_BLINDNESS)
def test_the_first_lines_differ_for_everyone_and_so_do_rising_and_falling_candles(blindness: str) -> None:
    colors = [look.color for look in style.LINE_STYLES[:3]]
    assert {style.BLUE, style.ORANGE} <= set(colors)
    for one, other in itertools.combinations(colors, 2):
        assert difference(one, other, blindness) > 20, (one, other)


def test_no_two_lines_have_the_same_color_or_dashes() -> None:
    assert len({look.color for look in style.LINE_STYLES}) == len(style.LINE_STYLES)
    assert len({look.dashes for look in style.LINE_STYLES}) == len(style.LINE_STYLES)


def test_texts_are_readable_at_600_pixels() -> None:
    pixels_per_point = 600 / style.WIDTH / 72
    assert min(style.TEXT_SIZE, style.SMALL_SIZE, style.TITLE_SIZE) * pixels_per_point >= 11
