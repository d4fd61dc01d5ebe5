from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcp_server.reference.endpoints_md import list_operations
from mcp_server.search.unavailable import UNAVAILABLE, explain_unavailable

QUESTIONS = [
    each["asked"]
    for path in sorted((Path(__file__).parent / "questions").glob("*.json"))
    for each in json.loads(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    "query",
    [
        "earnings dates of AAPL",
        "when does NVDA report earnings",
        "latest news about Tesla",
        "balance sheet of Microsoft",
        "analyst ratings for AMD",
        "level 2 order book",
        "Download my 1099",
        "withdraw money to my bank",
    ],
)
def test_a_search_for_something_ibkr_does_not_offer_gets_an_explanation(query: str) -> None:
    assert explain_unavailable(query)


def test_no_question_with_a_matching_operation_is_reported_as_unavailable() -> None:
    assert [question for question in QUESTIONS if explain_unavailable(question)] == []


def test_the_explanations_name_only_existing_tools() -> None:
    tools = {each.tool for each in list_operations()}
    assert {name for _, sentence in UNAVAILABLE for name in re.findall(r"`(\w+)`", sentence)} <= tools
