"""Numbers as text."""

from __future__ import annotations

import pytest

from mcp_server.answers import formats


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.amount(715265.49), "715265"),
        (formats.amount(-8299.5), "-8300"),
        (formats.amount(4103, signed=True), "+4103"),
        (formats.amount(12.5), "12.5"),
        (formats.amount(-0.001), "0"),
        (formats.amount(None), ""),
        (formats.amount(float("nan")), ""),
        (formats.exact_amount(1234.5), "1234.5"),
        (formats.price(653.03), "653.03"),
        (formats.price(1.16115), "1.1612"),
        (formats.price(0.000123), "0.000123"),
        (formats.quantity(220.0), "220"),
        (formats.quantity(0.25), "0.25"),
        (formats.percent(0.534), "+0.53"),
        (formats.percent(-12), "-12"),
        (formats.fraction_as_percent(0.0803, 1), "+8"),
        (formats.count(52_300_000), "52.3M"),
        (formats.count(1_234_567), "1234567"),
        (formats.large_amount(3.86e12), "3.86T"),
        (formats.large_amount(71.3e9), "71.3B"),
        (formats.large_amount(999_999), "999999"),
        (formats.ratio(-0.3049), "-0.3"),
    ],
)
def test_numbers_have_no_separators_and_no_trailing_zeros(text: str, expected: str) -> None:
    assert text == expected
