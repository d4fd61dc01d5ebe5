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
def test_a_reply_with_the_recorded_types_has_no_mismatches() -> None:
    assert type_mismatches("GET /x", [{"size": 1.0, "note": "any", "by": {"DU1234567": None}}]) == []


@pytest.mark.usefixtures("record")
def test_an_integer_instead_of_a_recorded_float_is_a_mismatch() -> None:
    assert type_mismatches("GET /x", [{"size": 1, "note": None, "by": {"U1234": 1}}]) == [
        "[].size is int, not float"
    ]


@pytest.mark.usefixtures("record")
def test_a_missing_key_is_a_mismatch_unless_the_list_is_empty() -> None:
    assert type_mismatches("GET /x", [{"size": 1.0, "note": None, "by": {"U1234": 1}}, {}]) == []
    assert type_mismatches("GET /x", [{"note": None}]) == ["[].size is missing", "[].by is missing"]
    assert type_mismatches("GET /x", []) == []


@pytest.mark.usefixtures("record")
def test_a_different_top_level_type_is_a_mismatch() -> None:
    assert type_mismatches("GET /x", {}) == ["$ is object, not array"]
