"""Amounts where money moves: what is taken, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mcp_server.instruments.amounts import (
    Amount,
    AmountError,
    Money,
    PartOfPosition,
    Quantity,
    parse_amount,
)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (10, Quantity(Decimal(10))),
        (10.5, Quantity(Decimal("10.5"))),
        (1000.0, Quantity(Decimal(1000))),
        ("10", Quantity(Decimal(10))),
        (" 10.50 ", Quantity(Decimal("10.50"))),
        ("0.00000001", Quantity(Decimal("0.00000001"))),
        ("$5000", Money(Decimal(5000))),
        ("$ 99.95", Money(Decimal("99.95"))),
        ("5000 EUR", Money(Decimal(5000), "EUR")),
        ("half", PartOfPosition(Decimal("0.5"))),
        ("ALL", PartOfPosition(Decimal(1))),
    ],
)
def test_an_unambiguous_amount_is_understood(value: Any, amount: Amount) -> None:
    assert parse_amount(value) == amount


@pytest.mark.parametrize(
    "value",
    [
        *(
            "1,000",
            "1.000,5",
            "1 000",
            "1'000",
            "1_000",
            "1e3",
            "5k",
            "$5k",
            "$1,000",
            "$",
            "10%",
            "ten",
            "",
            " ",
            ".",
        ),
        *(
            "-5",
            "+5",
            "$-5",
            "1.",
            ".5",
            "01",
            "0x10",
            "\u0661\u0660",
            "10 shares",
            "5000 eur",
            "1.2.3",
            "$1.2.3",
        ),
        *(
            0,
            0.0,
            "0",
            -1,
            10**10,
            "0.000000001",
            float("nan"),
            float("inf"),
            True,
            None,
            [],
            {},
            Decimal("NaN"),
        ),
    ],
)
def test_any_other_spelling_is_refused_with_what_to_write(value: Any) -> None:
    with pytest.raises(AmountError) as refused:
        parse_amount(value)
    assert str(refused.value)


@pytest.mark.parametrize("value", ["1,000", "1e3", "5k"])
def test_a_refusal_quotes_what_was_written(value: str) -> None:
    with pytest.raises(AmountError) as refused:
        parse_amount(value)
    assert f'"{value}"' in str(refused.value)
