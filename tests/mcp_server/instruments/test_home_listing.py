"""Which listing of a symbol is meant, by currency and home."""

from __future__ import annotations

import pytest

from mcp_server.instruments.home_listing import choose_listing, company_name
from mcp_server.instruments.instrument import Instrument
from mcp_server.instruments.names import listing_text


def listing(conid: int, name: str, exchange: str, currency: str) -> Instrument:
    text = listing_text("XYZ", "STK", exchange, currency)
    return Instrument(
        conid=conid, text=text, symbol="XYZ", name=name, kind="STK", exchange=exchange, currency=currency
    )


US = ("NYSE", "USD")
CASES: dict[str, tuple[list[tuple[str, str, str]], str, list[str] | None]] = {
    "a US company, and its listings elsewhere": (
        [("ACME CORP", "MEXI", "MXN"), ("ACME CORP", "IBIS", "EUR"), ("ACME CORP", *US)],
        "USD",
        ["XYZ"],
    ),
    "a Canadian company with a US listing": (
        [("ACME LTD", *US), ("ACME LTD", "TSE", "CAD")],
        "USD",
        ["XYZ@NYSE", "XYZ@TSE"],
    ),
    "the same in a Canadian account": ([("ACME LTD", *US), ("ACME LTD", "TSE", "CAD")], "CAD", ["XYZ@TSE"]),
    "a Canadian certificate of a US company": (
        [("ACME INC", *US), ("ACME INC-CDR", "AEQLIT", "CAD")],
        "CAD",
        ["XYZ"],
    ),
    "a German company with a receipt": (
        [("ACME SE-SPONSORED ADR", *US), ("ACME SE", "IBIS", "EUR"), ("ACME SE", "FWB", "EUR")],
        "USD",
        ["XYZ@NYSE", "XYZ@IBIS"],
    ),
    "the same in an account in euros": (
        [("ACME SE-SPONSORED ADR", *US), ("ACME SE", "IBIS", "EUR")],
        "EUR",
        ["XYZ@IBIS"],
    ),
    "two companies, one in the account's currency": (
        [("MOELIS & CO", *US), ("LVMH MOET HENNESSY", "SBF", "EUR")],
        "USD",
        ["XYZ"],
    ),
    "the same in an account in euros, for both": (
        [("MOELIS & CO", *US), ("LVMH MOET HENNESSY", "SBF", "EUR")],
        "EUR",
        ["XYZ@SBF"],
    ),
    "a British company in several places": (
        [("SHELL PLC", "AEB", "EUR"), ("SHELL PLC", "LSE", "GBP")],
        "USD",
        ["XYZ@LSE"],
    ),
    "two foreign companies": ([("ALPHA AG", "IBIS", "EUR"), ("BETA LTD", "ASX", "AUD")], "USD", None),
    "only one listing": ([("NESTLE SA-REG", "EBS", "CHF")], "USD", ["XYZ@EBS"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_listing_that_people_mean(case: str) -> None:
    rows, currency, meant = CASES[case]
    found = choose_listing([listing(place + 1, *row) for place, row in enumerate(rows)], currency)
    assert (found and [each.text for each in found.instruments]) == meant
    if found is not None:
        assert len(found.instruments) + len(found.also) == len(rows)


@pytest.mark.parametrize(
    ("name", "company"),
    [
        ("SAP SE-SPONSORED ADR", "SAP SE"),
        ("ASML HOLDING NV-NY REG SHS", "ASML HOLDING NV"),
        ("Apple Inc-CDR", "APPLE INC"),
        ("COCA-COLA CO/THE", "COCA-COLA CO/THE"),
    ],
)
def test_what_marks_a_receipt_is_no_part_of_the_company_name(name: str, company: str) -> None:
    assert company_name(name) == company
