"""docs/ is what the answers' docstrings and real answers are now."""

from __future__ import annotations

import re

import pytest

from evals.pages import COMMAND, DOCS, EXAMPLES, INDEX, write_heads, write_pages

RUN = f"docs/ is not up to date: run `{COMMAND}` and commit it"


def read_pages() -> dict[str, str]:
    """The committed pages by file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}


def without_seconds(text: str) -> str:
    """The text without the seconds of times, which depend on the order in which requests are sent."""
    return re.sub(r"(\d\d:\d\d):\d\d", r"\1", text)


def test_each_page_begins_with_the_tools_description_and_arguments() -> None:
    committed = read_pages()
    assert set(committed) == {INDEX, *(f"{name}.md" for name in EXAMPLES)}, RUN
    assert [name for name, head in write_heads().items() if not committed[name].startswith(head)] == [], RUN


@pytest.mark.thorough
def test_each_page_shows_the_answers_as_they_are() -> None:
    committed = read_pages()
    changed = [
        name
        for name, text in write_pages().items()
        if without_seconds(committed.get(name, "")) != without_seconds(text)
    ]
    assert changed == [], RUN
