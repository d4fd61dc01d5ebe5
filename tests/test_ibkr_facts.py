"""The facts in tests/data agree with each other, and with IBKR's document where that is at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcp_server.rest import sections
from tests.ibkr_facts import (
    DATA,
    documented_operations,
    ibkr_document,
    known_operations,
    snapshot_field_types,
    unnamed,
    wire_types,
)

METHODS = {"get", "post", "put", "delete", "patch"}
JSON_TYPES = {"object", "array", "string", "int", "float", "bool", "null"}
# Served to others than a gateway's users, or not an HTTP request and its answer.
NOT_FOR_USERS = re.compile(r"^/(gw/|oauth|ws$)")


def test_each_operation_is_of_a_section_and_of_a_known_status() -> None:
    facts = known_operations().values()
    assert {each.section for each in facts} == set(sections.NAMES)
    assert {each.status for each in facts} <= {"recorded", "documented", "simulated only"}
    assert all(each.query == sorted(each.query) and each.body == sorted(each.body) for each in facts)


def test_each_documented_operation_is_known() -> None:
    assert documented_operations() <= known_operations().keys()


def test_the_types_are_json_types() -> None:
    seen = [
        types for answers in wire_types().values() for shape in answers.values() for types in shape.values()
    ]
    assert {each for types in seen for each in types.split("|")} <= JSON_TYPES
    assert set(snapshot_field_types().values()) <= {"string", "integer"}


def test_the_readme_names_each_file() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", (DATA / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {path.name for path in DATA.glob("*.json")} <= set(named)


def test_the_documented_operations_are_those_of_the_document() -> None:
    document = ibkr_document()
    found = {
        f"{method.upper()} {unnamed(path.removeprefix('/v1/api'))}"
        for path, item in document["paths"].items()
        if not NOT_FOR_USERS.match(path.removeprefix("/v1/api"))
        for method in item
        if method in METHODS
    }
    assert found == documented_operations()


def test_another_version_of_the_document_is_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.json").write_text('{"info": {"version": "9.9.9"}}')
    monkeypatch.setenv("IBKR_DOCUMENT", str(tmp_path / "other.json"))
    with pytest.raises(pytest.skip.Exception):
        ibkr_document()
