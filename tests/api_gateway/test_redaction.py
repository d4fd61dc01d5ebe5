"""Redaction and sanitizing of texts."""

from __future__ import annotations

import time

import pytest

from api_gateway.redaction import redact, sanitize


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("U1234567", "U***4567"),
        ("DU1234567C", "DU***4567C"),
        ("no account DF12345 here", "no account DF***2345 here"),
        ("F1234567, I12345678 and DU123456789", "F***4567, I***5678 and DU***6789"),
        # A right check digit does not make an account's ID an ISIN or a CUSIP.
        ("DU1234567896 U12345671", "DU***7896 U***5671"),
        ("US0378331006: wrong check digit", "US***1006: wrong check digit"),
        ("US0378331005: AAPL, GB00BH4HKS39", "US0378331005: AAPL, GB00BH4HKS39"),
        ("037833100 Y09827109 G1151C101", "037833100 Y09827109 G1151C101"),
        ("AAPL261218C00250000, SPX   261218P05000000", "AAPL261218C00250000, SPX   261218P05000000"),
        ("question o10151, AAPL 265598 at 2026", "question o10151, AAPL 265598 at 2026"),
        ("session 9a2395c09e420280523f7ec2c902d943 ended", "session *** ended"),
        ("at /sso?token=abcdef123456&x=1", "at /sso?token=***&x=1"),
        ('{"session": "ab12", "state": "open"}', '{"session": "***", "state": "open"}'),
        ("JSESSIONID=7f; Path=/", "JSESSIONID=***; Path=/"),
        ("Authorization: Bearer s3cret99", "Authorization: Bearer ***"),
        ("no session: nobody is logged in", "no session: nobody is logged in"),
        ("set MCP_SERVER_TOKEN, a bearer token", "set MCP_SERVER_TOKEN, a bearer token"),
    ],
)
def test_account_ids_and_tokens_are_redacted(text: str, masked: str) -> None:
    assert redact(text) == masked


def test_markup_scripts_and_control_characters_are_removed() -> None:
    page = (
        "<html><head><title>x</title></head><script>steal()</script><h1>Not&nbsp;<b>here</b></h1>\r\n\x1b[31m"
    )
    assert sanitize(page) == "Not here [31m"


def test_a_stack_trace_is_removed_and_its_message_stays() -> None:
    frames = "\n\tat com.ib.Order.<init>(Order.java:42)\r\n\tat java.base/x.Run.run(Unknown Source)"
    assert sanitize("Broken: no order" + frames) == "Broken: no order"
    assert sanitize("Market opens at noon (New York)") == "Market opens at noon (New York)"


def test_invisible_characters_are_removed() -> None:
    assert sanitize("say\u202e no\u200b\u2028more") == "say no more"


def test_a_long_text_is_truncated() -> None:
    assert len(sanitize("no " * 10_000)) == 300
    assert sanitize("no " * 10_000).endswith("…")


def test_a_hostile_text_is_sanitized_quickly() -> None:
    began = time.perf_counter()
    for text in (
        "<" * 1_000_000,
        "<head>" * 100_000,
        "<script" * 100_000,
        "A1" * 100_000,
        " at " * 100_000,
        " at " + "a" * 100_000 + "(" * 100_000,
        "\u200b" * 100_000,
        "token= " * 100_000,
        "session" * 100_000,
    ):
        sanitize(text)
    assert time.perf_counter() - began < 10  # backtracking would take minutes
