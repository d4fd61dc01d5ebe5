from __future__ import annotations

import pytest

from mcp_server.effects import CHANGES, DESTROYS, READS, Effect, effect


@pytest.mark.parametrize(
    ("methods", "marks", "expected"),
    [
        ({"GET"}, None, Effect.READS),
        ({"GET"}, {}, Effect.READS),
        ({"GET"}, CHANGES, Effect.CHANGES),
        ({"POST"}, READS, Effect.READS),
        ({"POST"}, DESTROYS, Effect.DESTROYS),
        ({"DELETE"}, CHANGES, Effect.CHANGES),
    ],
)
def test_a_mark_decides(methods: set[str], marks: dict[str, str] | None, expected: Effect) -> None:
    assert effect(methods, marks) is expected


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_forgotten_mark_counts_as_a_change(method: str) -> None:
    assert effect({method}, None) is Effect.CHANGES
    assert effect({"GET", method}, {"x-other": "reads"}) is Effect.CHANGES


def test_a_misspelt_mark_is_an_error() -> None:
    with pytest.raises(ValueError, match="raeds"):
        effect({"GET"}, {"x-effect": "raeds"})
