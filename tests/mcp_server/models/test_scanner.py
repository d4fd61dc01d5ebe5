from __future__ import annotations

from typing import Any

import pytest

from mcp_server.models.scanner import ScanRequest
from tests.mcp_server.rejections import rejected

GAINERS = {"instrument": "STK", "type": "TOP_PERC_GAIN", "location": "STK.US.MAJOR"}


def _scan(value: Any) -> dict[str, Any]:
    return {**GAINERS, "filter": [{"code": "volumeAbove", "value": value}]}


@pytest.mark.parametrize("value", [1_000_000, 2.5, -3, 0, "inc:CORP", "1000000"])
def test_the_value_of_a_filter_is_sent_unchanged(value: Any) -> None:
    (sent,) = ScanRequest.model_validate(_scan(value)).sent()["filter"]
    assert sent == {"code": "volumeAbove", "value": value}
    assert type(sent["value"]) is type(value)


@pytest.mark.parametrize("value", [True, None, [5], "", "5\r\n", 10**16, float("nan"), float("-inf")])
def test_an_invalid_value_of_a_filter_is_rejected(value: Any) -> None:
    assert any(each.startswith("filter.0.value") for each in rejected(ScanRequest, _scan(value)))


@pytest.mark.parametrize(
    "code",
    ["STOCK.EU", "SCAN_socialSentimentScore_DESC", "marketCapAbove1e6", "HIGH_VS_52W_HL", "STK.EU.IBIS-ETF"],
)
def test_the_codes_that_ibkr_uses_are_accepted(code: str) -> None:
    assert ScanRequest.model_validate({**GAINERS, "type": code}).sent()["type"] == code


def test_a_scan_without_filters_sends_none() -> None:
    assert ScanRequest.model_validate(GAINERS).sent() == GAINERS


def test_an_empty_list_of_filters_is_sent_unchanged() -> None:
    assert ScanRequest.model_validate({**GAINERS, "filter": []}).sent() == {**GAINERS, "filter": []}
