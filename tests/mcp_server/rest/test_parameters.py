from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from mcp_server.rest import parameters as kinds
from tests.mcp_server.rejections import rejected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (kinds.AccountText, "U1234567"),
        (kinds.AccountText, "DU1234567"),
        (kinds.AccountText, "U1234567C"),  # a segment
        (kinds.ConidNumber, 1),
        (kinds.ConidNumber, kinds.MAX_CONID),
        (kinds.OrderNumber, 602801486),
        (kinds.PageNumber, 0),
        (kinds.Symbol, "BRK B"),
        (kinds.Symbol, "M&M"),  # of Mumbai
        (kinds.Symbol, "700"),
        (kinds.ExchangeName, "NASDAQ.NMS"),
        (kinds.CurrencyCode, "CNH"),
        (kinds.IssuerId, "e1400789"),
        (kinds.ContractMonth, "DEC26"),
        (kinds.Text, "Société Générale"),
        (kinds.Number, 5),
        (kinds.Number, -0.25),
    ],
)
def test_a_valid_value_is_accepted_unchanged(kind: Any, value: object) -> None:
    accepted = TypeAdapter(kind).validate_python(value)
    assert accepted == value
    assert type(accepted) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (kinds.AccountText, "U123", None),
        (kinds.AccountText, "U1234567\n", None),
        (kinds.AccountText, "U" + "\u0661" * 7, None),
        (kinds.ConidNumber, kinds.MAX_CONID + 1, None),
        (kinds.ConidNumber, 0, "greater_than_equal"),
        (kinds.OrderNumber, -1, "greater_than_equal"),
        (kinds.OrderNumber, 2**63, None),
        (kinds.PageNumber, 10_000, None),
        (kinds.Number, 10**16, None),
        (kinds.Number, -(10**16), None),
        (kinds.Number, float("nan"), None),
        (kinds.Number, float("inf"), None),
        (kinds.Symbol, "AAPL,MSFT", None),
        (kinds.Symbol, "A\r\nB", None),
        (kinds.ExchangeName, "SMART,NYSE", None),
        (kinds.ContractMonth, "202713", None),
        (kinds.Text, "a\u2028b", None),
        (kinds.Text, "", None),
        (kinds.PlainText, "a\x00b", None),
        (kinds.PlainText, "a" * 4001, None),
    ],
)
def test_an_invalid_value_is_rejected(kind: Any, value: object, rule: str | None) -> None:
    assert rejected(kind, value) == ({rule} if rule else set())
