from __future__ import annotations

import pytest

from api_gateway.operations import Effect
from mcp_server.rest.effects import CHANGES, DESTROYS, READS, REPEATABLE, TRADES, effect, is_repeatable

PATH = "/of/a/generated/route"


def test_a_row_takes_precedence_over_marks() -> None:
    assert effect({"POST"}, "/iserver/account/{account_id}/orders", READS) is Effect.TRADES
    assert not is_repeatable({"POST"}, "/iserver/account/{account_id}/orders", REPEATABLE)
    assert effect({"POST"}, "/iserver/auth/status", None) is Effect.READS


@pytest.mark.parametrize(
    ("methods", "marks", "expected"),
    [
        ({"GET"}, None, Effect.READS),
        ({"GET"}, {}, Effect.READS),
        ({"GET"}, CHANGES, Effect.CHANGES),
        ({"POST"}, READS, Effect.READS),
        ({"POST"}, DESTROYS, Effect.DESTROYS),
        ({"DELETE"}, CHANGES, Effect.CHANGES),
        ({"POST"}, CHANGES | TRADES, Effect.TRADES),
    ],
)
def test_a_mark_sets_the_effect(methods: set[str], marks: dict[str, str] | None, expected: Effect) -> None:
    assert effect(methods, PATH, marks) is expected


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_without_a_mark_a_write_counts_as_a_change(method: str) -> None:
    assert effect({method}, PATH, None) is Effect.CHANGES
    assert effect({"GET", method}, PATH, {"x-other": "reads"}) is Effect.CHANGES


def test_a_misspelled_mark_is_an_error() -> None:
    with pytest.raises(ValueError, match="raeds"):
        effect({"GET"}, PATH, {"x-effect": "raeds"})


@pytest.mark.parametrize(
    ("method", "marks", "expected"),
    [
        ("GET", None, True),
        ("GET", CHANGES, False),
        ("GET", CHANGES | REPEATABLE, True),
        ("POST", None, False),
        ("POST", READS, True),
        ("POST", DESTROYS | REPEATABLE, True),
        ("PUT", None, True),
        ("DELETE", DESTROYS, True),
    ],
)
def test_a_call_is_repeatable_by_its_method_or_mark(
    method: str, marks: dict[str, str] | None, expected: bool
) -> None:
    assert is_repeatable({method}, PATH, marks) is expected
