from __future__ import annotations

from mcp_server.rest.argument_errors import (
    CORRECT_ARGUMENTS,
    NOTHING_SENT,
    describe_problem,
    unknown_arguments_text,
)
from tests.mcp_server.rejections import quoted


def test_an_unknown_argument_is_named_with_the_accepted_ones_the_outcome_and_the_next_step() -> None:
    text = unknown_arguments_text("get_ledger", ["acount"], ["account_id", "page"])
    assert text.startswith("get_ledger ")
    assert quoted(text) == ["acount", "account_id", "page"]
    assert text.endswith(f" {NOTHING_SENT} {CORRECT_ARGUMENTS}")


def test_a_tool_without_arguments_has_none_to_name() -> None:
    assert quoted(unknown_arguments_text("tickle", ["x"], [])) == ["x"]


def test_only_a_few_unknown_arguments_are_named_shortened_and_without_account_ids() -> None:
    text = unknown_arguments_text("tickle", ["U7654321", "x" * 500, *map(str, range(1000))], [])
    assert "U7654321" not in text
    assert len(text) < 300


def test_the_next_step_can_be_another() -> None:
    assert unknown_arguments_text("call_tool", ["x"], ["name"], "Try this.").endswith(" Try this.")


def test_a_rejected_value_is_masked_but_not_the_accepted_words_that_contain_it() -> None:
    accepted = "Input should be 'orders', 'order-book' or 'reorder'"
    assert describe_problem(["what"], accepted, "order").endswith("'orders', 'order-book' or 'reorder'")
    assert "U7654321" not in describe_problem(["account"], "Value error, no account U7654321", "U7654321")
