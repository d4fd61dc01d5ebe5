"""The cost table is read as it was written."""

from __future__ import annotations

from evals.costs import Cost, Overhead, format_costs, read_costs, read_overhead
from evals.facts import WordFact
from evals.question import SATURDAY, Call, Question
from evals.run import Outcome


def test_the_table_is_read_as_it_was_written() -> None:
    question = Question("Open?", [Call("get_quotes")], lambda _: [], now=SATURDAY)
    outcomes = [
        Outcome(question, 1, 74, 7, 2, (WordFact("state", "closed"),), "closed"),
        Outcome(Question("IBM?", (), lambda _: []), 2, 1501, 26, 9, (), ""),
    ]
    text = format_costs(outcomes, Overhead(12, 3456, 199))
    assert read_costs(text) == {
        "Open? (retail, weekend)": Cost(1, 74, 7, 2, passes=True),
        "IBM? (retail)": Cost(2, 1501, 26, 9, passes=False),
    }
    assert read_overhead(text) == Overhead(12, 3456, 199)
    assert "1 of 2" in text
