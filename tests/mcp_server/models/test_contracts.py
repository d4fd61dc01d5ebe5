from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mcp_server.models.contracts import RulesRequest, SecdefQuery, StrikesQuery

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
def test_enough_to_find_it_is_taken(model: type[BaseModel], arguments: dict[str, Any]) -> None:
    model.model_validate(arguments)


@pytest.mark.parametrize(
    ("model", "arguments", "missed"),
    [
        (StrikesQuery, {**ES, "sec_type": "FOP", "month": "DEC26"}, "FOP needs `exchange`"),
        (SecdefQuery, {}, "`conid` of the underlying, or `issuer_id`"),
        (
            SecdefQuery,
            {**ES, "sec_type": "FUT"},
            "FUT needs `month`, e.g. JAN27; for the conid of one contract leave `sec_type` out",
        ),
        (SecdefQuery, {**AAPL, "sec_type": "WAR", "month": "JAN27"}, "WAR needs `strike`"),
        (SecdefQuery, {**AAPL, "sec_type": "IOPT"}, "IOPT needs `month`"),
        (SecdefQuery, {**AAPL, "strike": 0}, "`strike` should be greater than 0"),
        (SecdefQuery, {**AAPL, "sec_type": "OPT", "month": "JAN27", "strike": -5}, "greater than 0"),
        (RulesRequest, {**AAPL, "modify_order": True}, "`modify_order` needs `order_id`"),
    ],
)
def test_what_is_missing_is_said(model: type[BaseModel], arguments: dict[str, Any], missed: str) -> None:
    with pytest.raises(ValidationError, match=missed):
        model.model_validate(arguments)
