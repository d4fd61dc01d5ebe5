from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mcp_server.rest import parameters as kinds


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
def test_a_value_of_its_kind_is_taken_as_it_is(kind: Any, value: object) -> None:
    taken = TypeAdapter(kind).validate_python(value)
    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (kinds.AccountText, "U123", "should be an account id such as DU1234567"),
        (kinds.AccountText, "U1234567\n", "should be an account id"),
        (kinds.AccountText, "U" + "\u0661" * 7, "should be an account id"),
        (kinds.ConidNumber, kinds.MAX_CONID + 1, "should be a conid; this is too large"),
        (kinds.ConidNumber, 0, "greater than or equal to 1"),
        (kinds.OrderNumber, -1, "greater than or equal to 1"),
        (kinds.OrderNumber, 2**63, "should be an order id; this is too large"),
        (kinds.PageNumber, 10_000, "should be a page; this is too large"),
        (kinds.Number, 10**16, "an ordinary number"),
        (kinds.Number, -(10**16), "an ordinary number"),
        (kinds.Number, float("nan"), "an ordinary number"),
        (kinds.Number, float("inf"), "an ordinary number"),
        (kinds.Symbol, "aapl", "should be an upper-case symbol such as AAPL"),
        (kinds.Symbol, "AAPL,MSFT", "should be an upper-case symbol"),
        (kinds.Symbol, "A\r\nB", "should be an upper-case symbol"),
        (kinds.ExchangeName, "SMART,NYSE", "should be an exchange"),
        (kinds.ContractMonth, "202701", "such as JAN27"),
        (kinds.Text, "a\u2028b", "should be one line"),
        (kinds.Text, "", "should be one line"),
        (kinds.PlainText, "a\x00b", "none of them a control character"),
        (kinds.PlainText, "a" * 4001, "should be up to 4000 characters"),
    ],
)
def test_another_value_is_refused_in_words(kind: Any, value: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(kind).validate_python(value)
