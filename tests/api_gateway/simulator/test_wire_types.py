from __future__ import annotations

import pytest

from tests.api_gateway.simulator import wire_types
from tests.api_gateway.simulator.wire_types import type_mismatches


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = {"$": "array", "[]": "object", "[].size": "float", "[].note": "null", "[].by": "object"}
    shape["[].by.<account>"] = "int|null"
    monkeypatch.setattr(wire_types, "wire_types", lambda: {"GET /x": {"200": shape}})


@pytest.mark.usefixtures("record")
def test_a_reply_with_the_types_that_were_seen_has_no_contradictions() -> None:
    assert type_mismatches("GET /x", [{"size": 1.0, "note": "any", "by": {"DU1234567": None}}]) == []


@pytest.mark.usefixtures("record")
def test_a_whole_number_where_a_float_was_seen_is_named() -> None:
    assert type_mismatches("GET /x", [{"size": 1, "note": None, "by": {"U1234": 1}}]) == [
        "[].size is int, not float"
    ]


@pytest.mark.usefixtures("record")
def test_a_missing_key_is_named_unless_the_list_is_empty() -> None:
    assert type_mismatches("GET /x", [{"size": 1.0, "note": None, "by": {"U1234": 1}}, {}]) == []
    assert type_mismatches("GET /x", [{"note": None}]) == ["[].size is missing", "[].by is missing"]
    assert type_mismatches("GET /x", []) == []


@pytest.mark.usefixtures("record")
def test_another_top_level_is_named() -> None:
    assert type_mismatches("GET /x", {}) == ["$ is object, not array"]
