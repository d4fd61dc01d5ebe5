"""The facts in tests/data agree with each other."""

from __future__ import annotations

import re

from mcp_server.rest import sections
from tests.ibkr_facts import (
    DATA,
    documented_operations,
    known_operations,
    snapshot_field_types,
    wire_types,
)

JSON_TYPES = {"object", "array", "string", "int", "float", "bool", "null"}


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
    assert sorted(named) == sorted(path.name for path in DATA.glob("*.json"))
