"""Numbers in pictures."""

from __future__ import annotations

import pytest

from mcp_server.pictures.number_format import (
    format_amounts,
    format_large,
    format_percent,
    format_price,
    format_ticks,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (653.0304, "653.03"),
        (1612.256, "1612.26"),
        (653.0, "653"),
        (1234567.5, "1234567.50"),
        (1.08455, "1.08455"),
        (101.125, "101.125"),
        (155.1234, "155.123"),
        (5.0, "5"),
        (2.5, "2.50"),
        (0.0000123456, "0.00001235"),
        (0.0, "0"),
        (-37.63, "-37.63"),
        (12_500_000.0, "12.5M"),
    ],
)
def test_a_price_has_the_decimals_it_needs(value: float, text: str) -> None:
    assert format_price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(8.284, "+8.28 %"), (-0.001, "0.00 %"), (-12.34, "-12.3 %"), (1234.5, "+1234 %"), (0.0, "0.00 %")],
)
def test_a_return_has_a_sign_unless_it_is_zero(value: float, text: str) -> None:
    assert format_percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (85e6, "85M"),
        (1.25e9, "1.25B"),
        (999.9e6, "1B"),
        (999, "999"),
        (1500, "1.5K"),
        (0, "0"),
        (-2e12, "-2T"),
    ],
)
def test_large_numbers_are_short(value: float, text: str) -> None:
    assert format_large(value) == text


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([600.0, 625.0, 650.0], ["600", "625", "650"]),
        ([1.0775, 1.08, 1.0825], ["1.0775", "1.0800", "1.0825"]),
        ([-0.5, 0.0, 0.5], ["-0.5", "0.0", "0.5"]),
        ([1e-6, 1.5e-6], ["0.0000010", "0.0000015"]),
        ([1e6, 1.5e6], ["1M", "1.5M"]),
        ([5.0], ["5"]),
        ([], []),
    ],
)
def test_ticks_have_equal_decimals_and_differ(ticks: list[float], labels: list[str]) -> None:
    assert format_ticks(ticks) == labels


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([14.52, -0.6], "%", ["14.5 %", "-0.6 %"]),
        ([0.5, 0.04], "%", ["0.50 %", "0.04 %"]),
        ([702260.4, -4639], "USD", ["702260", "-4639"]),
        ([12.5, 3], "USD", ["12.50", "3.00"]),
        ([-0.001], "USD", ["0.00"]),
        ([], "%", []),
    ],
)
def test_a_column_has_equal_decimals(values: list[float], unit: str, texts: list[str]) -> None:
    assert format_amounts(values, unit) == texts
