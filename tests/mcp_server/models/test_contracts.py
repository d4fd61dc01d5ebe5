from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mcp_server.models.contracts import RulesWanted, SecdefWanted, StrikesWanted

AAPL = {"conid": 265598}
ES = {"conid": 11004968}


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        (StrikesWanted, {**AAPL, "sec_type": "OPT", "month": "JAN27"}),
        (StrikesWanted, {**ES, "sec_type": "FOP", "month": "DEC26", "exchange": "CME"}),
        (SecdefWanted, AAPL),
        (SecdefWanted, {**ES, "sec_type": "FUT", "month": "DEC26"}),
        (SecdefWanted, {**AAPL, "sec_type": "OPT", "month": "JAN27", "strike": 250}),
        (SecdefWanted, {**ES, "sec_type": "FOP", "month": "DEC26", "strike": -0.25}),
        (SecdefWanted, {**ES, "sec_type": "FUT", "month": "DEC26", "strike": 0}),
        (SecdefWanted, {**AAPL, "sec_type": "IOPT", "month": "JAN27"}),
        (SecdefWanted, {**AAPL, "sec_type": "CFD"}),
        (SecdefWanted, {"issuer_id": "e1400789"}),
        (RulesWanted, {**AAPL, "modify_order": False}),
        (RulesWanted, {**AAPL, "modify_order": True, "order_id": 1}),
    ],
)
def test_enough_to_find_it_is_taken(model: type[BaseModel], arguments: dict[str, Any]) -> None:
    model.model_validate(arguments)


@pytest.mark.parametrize(
    ("model", "arguments", "missed"),
    [
        (StrikesWanted, {**ES, "sec_type": "FOP", "month": "DEC26"}, "FOP needs `exchange`"),
        (SecdefWanted, {}, "`conid` of the underlying, or `issuer_id`"),
        (
            SecdefWanted,
            {**ES, "sec_type": "FUT"},
            "FUT needs `month`, e.g. JAN27; for the conid of one contract leave `sec_type` out",
        ),
        (SecdefWanted, {**AAPL, "sec_type": "WAR", "month": "JAN27"}, "WAR needs `strike`"),
        (SecdefWanted, {**AAPL, "sec_type": "IOPT"}, "IOPT needs `month`"),
        (SecdefWanted, {**AAPL, "strike": 0}, "`strike` should be greater than 0"),
        (SecdefWanted, {**AAPL, "sec_type": "OPT", "month": "JAN27", "strike": -5}, "greater than 0"),
        (RulesWanted, {**AAPL, "modify_order": True}, "`modify_order` needs `order_id`"),
    ],
)
def test_what_is_missing_is_said(model: type[BaseModel], arguments: dict[str, Any], missed: str) -> None:
    with pytest.raises(ValidationError, match=missed):
        model.model_validate(arguments)
