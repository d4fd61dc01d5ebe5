"""Facts are found in answers as they show them, and only there."""

from __future__ import annotations

import pytest

from evals.facts import AbsentFact, Fact, OrderFact, WordFact, number

ROWS = """what  quantity  value
AAPL       220  143656
MSFT         5   52.3M  -0.07
2026-11-18 10:45:13 15Jan27 600P"""


@pytest.mark.parametrize(
    "fact",
    [
        number("exact", 220, "AAPL"),
        number("rounded", 143656.49, "AAPL"),
        number("millions", 52_310_000, "MSFT"),
        number("negative", -0.0687, "MSFT"),
        number("anywhere", 5),
        number("in any case", 220, "aapl", "220"),
        WordFact("words", "nothing | QUANTITY"),
        OrderFact("order", ("what", "AAPL", "MSFT")),
        AbsentFact("absent", "GOOG|sell"),
    ],
)
def test_a_fact_is_found(fact: Fact) -> None:
    assert fact.is_in(ROWS)
    assert not fact.wrong().is_in(ROWS)


@pytest.mark.parametrize(
    "fact",
    [
        number("another line", 220, "MSFT"),
        number("beyond the rounding", 143656.51, "AAPL"),
        number("sign", 0.07, "MSFT"),
        number("part of a date", 18),
        number("part of a time", 45),
        number("part of a name", 600),
        number("too coarse", 5.4, "MSFT"),
        number("too coarse in millions", 52_400_000, "MSFT"),
        WordFact("words", "closed | frozen"),
        OrderFact("order", ("MSFT", "AAPL")),
        OrderFact("missing", ("AAPL", "GOOG")),
        AbsentFact("absent", "15Jan\\d+"),
    ],
)
def test_a_fact_is_not_found(fact: Fact) -> None:
    assert not fact.is_in(ROWS)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (number("thousands", 990053.2, "net liquidation"), "Your account is **worth $990,053.20**."),
        (number("words for a loss", -4639, "GBP"), "You borrowed 4,639 GBP."),
        (number("minus sign", -12.5), "It fell by \u221212.50\u00a0%."),
        (number("over lines", 653.03, "SPY"), "| SPY |\n| 653.03 |"),
        (OrderFact("order", ("IBM", "SPY")), "First IBM, then SPY."),
        (WordFact("words", "Filled"), "It was filled."),
    ],
)
def test_a_fact_is_found_in_prose(fact: Fact, text: str) -> None:
    assert fact.is_in_prose(text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (number("another number", 990053.2), "Your account is worth $990,153.20."),
        (number("another subject", 653.03, "SPY"), "QQQ is at 653.03."),
        (number("joined numbers", 1234), "1, 234"),
        (OrderFact("order", ("IBM", "SPY")), "First SPY, then IBM."),
    ],
)
def test_a_fact_is_not_found_in_other_prose(fact: Fact, text: str) -> None:
    assert not fact.is_in_prose(text)


def test_a_number_is_exact_enough_with_its_decimals() -> None:
    assert number("6.30 without its zero", 6.3).is_in("6.3")
    assert not number("rounded", 6.32).is_in("6.3")
    assert number("rounded", 6.32, decimals=1).is_in("6.3")
