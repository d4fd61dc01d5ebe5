"""The search finds each operation by the first line of its docstring and by what other people ask.

The questions are in `paraphrases/`, by people who had not read the docstrings. Where one is not found, the
words belong into the route's docstring (`Found by:`) or the lexicon, never into the question.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mcp_server.app import create_app
from mcp_server.reference.endpoints_md import ListedOperation, list_operations
from mcp_server.rest.docstring_notes import notes_by_name
from mcp_server.routers import ROUTERS
from mcp_server.search.catalogue import Catalogue
from mcp_server.tools.operation_tool import OperationToolProvider, ToolOptions

TOP = 3
QUESTIONS = [
    (asked["operation"], asked["asked"])
    for path in sorted((Path(__file__).parent / "paraphrases").glob("*.json"))
    for asked in json.loads(path.read_text(encoding="utf-8"))
]


def plain(operation: str) -> str:
    """The operation whatever the values in its path are called."""
    return re.sub(r"\{\w+\}", "{}", operation)


TOOLS = {plain(f"{each.row.method} {each.row.path}"): each.tool for each in list_operations()}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    app = create_app(None, ROUTERS)  # type: ignore[arg-type]  # nothing is called
    telling = ToolOptions(max_result_bytes=1_000, schema_in_argument_errors=True)
    return Catalogue(OperationToolProvider(app, notes_by_name(ROUTERS), telling).by_name)


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


@pytest.mark.parametrize(("operation", "question"), QUESTIONS, ids=[asked for _, asked in QUESTIONS])
def test_an_operation_is_found_by_a_paraphrase(catalogue: Catalogue, operation: str, question: str) -> None:
    wanted = TOOLS[plain(operation)]
    found = ranking(catalogue, question)
    place = found.index(wanted) + 1 if wanted in found else "nowhere"
    assert wanted in found[:TOP], f"{question!r} finds {found[:6]}; {wanted} is {place}"


def test_every_operation_has_a_paraphrase() -> None:
    assert {plain(operation) for operation, _ in QUESTIONS} == set(TOOLS)
