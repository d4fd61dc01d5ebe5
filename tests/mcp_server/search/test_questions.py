"""Search quality: operations are found by the first line of their docstring and by users' questions.

The questions are in `questions/`, written by people who had read neither the docstrings nor the search. They
measure a rate and are not for tuning: a missed question is never a reason to change the question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcp_server.app import create_app
from mcp_server.reference.endpoints_md import ListedOperation, list_operations
from mcp_server.rest.docstring_notes import notes_by_name
from mcp_server.routers import ROUTERS
from mcp_server.search.catalogue import Catalogue
from mcp_server.tools.operation_tool import OperationToolProvider, ToolOptions
from tests.ibkr_facts import known_operations, unnamed

TOP = 3
RATE = 0.9


@dataclass(frozen=True)
class Question:
    """What a user typed, and the tools of which any one is a correct hit."""

    text: str
    tools: tuple[str, ...]


QUESTION_SETS = {
    path.stem: [
        Question(each["asked"], tuple(each["tools"])) for each in json.loads(path.read_text(encoding="utf-8"))
    ]
    for path in sorted((Path(__file__).parent / "questions").glob("*.json"))
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    app = create_app(None, ROUTERS)  # type: ignore[arg-type]  # nothing is called
    options = ToolOptions(max_result_bytes=1_000, schema_in_argument_errors=True)
    return Catalogue(OperationToolProvider(app, notes_by_name(ROUTERS), options).by_name)


def ranking(catalogue: Catalogue, question: str) -> list[str]:
    return [tool.name for tool in catalogue.search(question)]


@pytest.mark.parametrize("operation", list_operations(), ids=lambda each: each.tool)
def test_an_operation_is_found_by_the_first_line_of_its_docstring(
    catalogue: Catalogue, operation: ListedOperation
) -> None:
    tool = catalogue.get(operation.tool)
    assert tool is not None
    summary = (tool.description or "").partition("\n")[0]
    found = ranking(catalogue, summary)
    assert tool.name in found[:TOP], f"{summary!r} finds {found[:8]}"


@pytest.mark.parametrize("questions", QUESTION_SETS.values(), ids=QUESTION_SETS)
def test_nine_of_ten_questions_find_their_tool_in_the_first_three_hits(
    catalogue: Catalogue, questions: list[Question]
) -> None:
    missed = [
        f"{each.text!r}: {' or '.join(each.tools)}, found {hits[:TOP]}"
        for each in questions
        if not set(each.tools) & set((hits := ranking(catalogue, each.text))[:TOP])
    ]
    assert len(missed) <= len(questions) * (1 - RATE), "\n".join(missed)


def test_every_known_operation_has_a_question() -> None:
    asked = {tool for questions in QUESTION_SETS.values() for each in questions for tool in each.tools}
    tools = {unnamed(f"{each.row.method} {each.row.path}"): each.tool for each in list_operations()}
    assert asked <= set(tools.values())
    assert asked >= {tools[operation] for operation in known_operations()}
