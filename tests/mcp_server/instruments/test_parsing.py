"""From texts to readings, without any lookup."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from mcp_server.instruments.dates import ContractMonth
from mcp_server.instruments.parsing import parse, symbol_spellings
from mcp_server.instruments.readings import (
    BondReading,
    ConidReading,
    FutureReading,
    ListingReading,
    NameReading,
    OptionReading,
    PairReading,
    Reading,
    SecurityIdReading,
)

TODAY = date(2026, 11, 18)
JAN27, DEC26 = ContractMonth(2027, 1), ContractMonth(2026, 12)
PUT = OptionReading("SPY", date(2027, 1, 15), Decimal(600), "P")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("265598", ConidReading(265598)),
        ("265598@SMART", ConidReading(265598)),
        ("Some bond 5 % #265598", ConidReading(265598, "SOME BOND 5 %")),
        ("7203@TSEJ", ListingReading(("7203",), ("TSEJ",))),
        ("US0378331005", SecurityIdReading("US0378331005", "ISIN")),
        ("037833100", ConidReading(37833100)),
        ("EURUSD", PairReading("EUR", "USD")),
        ("eur / usd", PairReading("EUR", "USD")),
        ("EURUSD=X", PairReading("EUR", "USD")),
        ("EUR", PairReading("EUR", "")),
        ("BTC-USD", ListingReading(("BTC",), None, "USD", frozenset({"CRYPTO"}))),
        ("SPY 270115P600", OptionReading("SPY", date(2027, 1, 15), Decimal(600), "P")),
        ("SPY   270115P00600000", PUT),
        ("SPY 20270115 600 P", PUT),
        ("SPY 20270115 P 600.0", PUT),
        ("SPY 15Jan27 600P", PUT),
        ("SPY 15-JAN-27 $600 put", PUT),
        ("SPY Jan15'27 600 Put", PUT),
        ("SPY January 15th, 2027 600 puts", PUT),
        ("SPY 2027/01/15 600P", PUT),
        ("SPY 15/1/2027 600P", PUT),
        ("600 put on SPY 15Jan27", PUT),
        ("SPY Jan 15 600P", PUT),
        ("SPY Jan27 600 put", OptionReading("SPY", JAN27, Decimal(600), "P")),
        ("SPY Jan 27 600 put", OptionReading("SPY", JAN27, Decimal(600), "P", or_day=date(2027, 1, 27))),
        ("SPY Jan '27 600 put", OptionReading("SPY", JAN27, Decimal(600), "P")),
        ("SPY Jan27 60 put", OptionReading("SPY", JAN27, Decimal(60), "P")),
        ("SPX Jan27 2027 P", OptionReading("SPX", JAN27, Decimal(2027), "P")),
        ("ESZ6 C6700", OptionReading("ES", DEC26, Decimal(6700), "C")),
        ("AAPL 15Jan27 280C 2AAPL", OptionReading("AAPL", date(2027, 1, 15), Decimal(280), "C", "2AAPL")),
        ("BRK B 15Jan27 500C", OptionReading("BRK B", date(2027, 1, 15), Decimal(500), "C")),
        ("F 15Jan27 12.5", OptionReading("F", date(2027, 1, 15), Decimal("12.5"), None)),
        ("ESZ6", FutureReading("ES", DEC26)),
        ("ESZ26", FutureReading("ES", DEC26)),
        ("ESZ2026", FutureReading("ES", DEC26)),
        ("ES Z6", FutureReading("ES", DEC26)),
        ("ES Dec 2026", FutureReading("ES", DEC26)),
        ("ES Dec", FutureReading("ES", DEC26)),
        ("ES Dec 26", FutureReading("ES", DEC26, date(2026, 12, 26))),
        ("ES 202612", FutureReading("ES", DEC26)),
        ("ES 20261218", FutureReading("ES", date(2026, 12, 18))),
        ("Jan27 CL", FutureReading("CL", JAN27)),
        ("ESU5", FutureReading("ES", ContractMonth(2025, 9))),
        ("ES1!", FutureReading("ES")),
        ("ES front month", FutureReading("ES")),
        ("6E", FutureReading("6E")),
        ("IBM bonds", BondReading("IBM")),
        ("IBM 4.15 05/15/39", BondReading("IBM", Decimal("4.15"), date(2039, 5, 15))),
        ("US-T 4 3/8 05/15/41", BondReading("US-T", Decimal("4.375"), date(2041, 5, 15))),
        ("IBM 4.15% 2039", BondReading("IBM", Decimal("4.15"), year=2039)),
        ("aapl", ListingReading(("AAPL",))),
        ("AAPL@nyse", ListingReading(("AAPL",), ("NYSE",))),
        ("AAPL@MARS", ListingReading(("AAPL",), ("MARS",))),
        ("BMO CAD", ListingReading(("BMO",), None, "CAD")),
        ("BRK.B", ListingReading(("BRK B", "BRK.B"))),
        ("AAPL.US", ListingReading(("AAPL",), ())),
        ("LON:VOD", ListingReading(("VOD", "VOD."), ("LSE", "LSEETF"))),
        ("Bank of Montreal", NameReading("Bank of Montreal")),
    ],
)  # fmt: skip
def test_the_first_reading_of_a_text(text: str, first: Reading) -> None:
    assert parse(text, TODAY)[0] == first


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("7203", ListingReading(("7203",))),
        ("037833100", SecurityIdReading("037833100", "CUSIP")),
        ("PAH3", ListingReading(("PAH3",))),
        ("Apple", NameReading("Apple")),
        ("IBM 4.15 15May39", BondReading("IBM", Decimal("4.15"), date(2039, 5, 15))),
    ],
)
def test_a_text_can_have_several_readings(text: str, another: Reading) -> None:
    assert another in parse(text, TODAY)[1:]


def test_a_wrong_check_digit_is_named() -> None:
    [reading] = parse("US0378331006", TODAY)
    assert isinstance(reading, SecurityIdReading)
    assert reading.problem


@pytest.mark.parametrize(
    ("symbol", "exchanges", "spellings"),
    [
        ("BRK.B", None, ("BRK B", "BRK.B")),
        ("0700", ("SEHK",), ("700", "0700")),
        ("BP", ("LSE",), ("BP", "BP.")),
        ("BP.", ("LSE",), ("BP.", "BP")),
        ("AAPL", (), ("AAPL",)),
    ],
)
def test_symbols_are_tried_in_ibkr_s_spellings(
    symbol: str, exchanges: tuple[str, ...] | None, spellings: tuple[str, ...]
) -> None:
    assert symbol_spellings(symbol, exchanges) == spellings


def test_no_text_fails() -> None:
    pieces = [
        "AAPL", "SPY", "ES", "BRK.B", "EUR/USD", "15Jan27", "31Feb27", "20270230", "13/45/27", "99/99/9999",
        "600P", "C", ".5", "4", "3/8", "%", "@", ":", "#", "conid", "=", "!", "0", "-1", "F0", "Z99999",
        "1" * 40, "call", "Dec", "on", "0/0/00", "\u0661\u0662", "\u00b2", "\u0000", "\n", "\U0001f600",
        "\u017f", "\u0130",
    ]  # fmt: skip
    choose = random.Random(7)  # noqa: S311
    for _ in range(4000):
        text = choose.choice([" ", "", "-"]).join(choose.choices(pieces, k=choose.randint(1, 5)))
        for reading in parse(text, choose.choice([TODAY, date(2028, 2, 29), date(2026, 12, 31)])):
            hash(reading)
