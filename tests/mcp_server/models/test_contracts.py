from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from mcp_server.models.contracts import RulesRequest, SecdefQuery, StrikesQuery
from tests.mcp_server.rejections import rejected

AAPL = {"conid": 265598}
ES = {"conid": 11004968}


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        (StrikesQuery, {**AAPL, "sec_type": "OPT", "month": "JAN27"}),
        (StrikesQuery, {**ES, "sec_type": "FOP", "month": "DEC26", "exchange": "CME"}),
        (SecdefQuery, AAPL),
        (SecdefQuery, {**ES, "sec_type": "FUT", "month": "DEC26"}),
        (SecdefQuery, {**AAPL, "sec_type": "OPT", "month": "JAN27", "strike": 250}),
        (SecdefQuery, {**ES, "sec_type": "FOP", "month": "DEC26", "strike": -0.25}),
        (SecdefQuery, {**ES, "sec_type": "FUT", "month": "DEC26", "strike": 0}),
        (SecdefQuery, {**AAPL, "sec_type": "IOPT", "month": "JAN27"}),
        (SecdefQuery, {**AAPL, "sec_type": "CFD"}),
        (SecdefQuery, {"issuer_id": "e1400789"}),
        (RulesRequest, {**AAPL, "modify_order": False}),
        (RulesRequest, {**AAPL, "modify_order": True, "order_id": 1}),
    ],
)
def test_a_complete_query_is_accepted(model: type[BaseModel], arguments: dict[str, Any]) -> None:
    model.model_validate(arguments)


@pytest.mark.parametrize(
    ("model", "arguments", "named"),
    [
        (
            StrikesQuery,
            {**ES, "sec_type": "FOP", "month": "DEC26"},
            {"exchange", "sections", "search_contracts"},
        ),
        (SecdefQuery, {}, {"conid", "issuer_id"}),
        (SecdefQuery, {**ES, "sec_type": "FUT"}, {"month", "conid", "sec_type"}),
        (SecdefQuery, {**AAPL, "sec_type": "WAR", "month": "JAN27"}, {"strike", "get_strikes"}),
        (SecdefQuery, {**AAPL, "sec_type": "IOPT"}, {"month", "conid", "sec_type"}),
        (SecdefQuery, {**AAPL, "strike": 0}, {"strike"}),
        (SecdefQuery, {**AAPL, "sec_type": "OPT", "month": "JAN27", "strike": -5}, {"strike"}),
        (RulesRequest, {**AAPL, "modify_order": True}, {"modify_order", "order_id"}),
    ],
)
def test_an_incomplete_query_is_rejected_by_the_names_of_its_arguments(
    model: type[BaseModel], arguments: dict[str, Any], named: set[str]
) -> None:
    assert rejected(model, arguments) == named
