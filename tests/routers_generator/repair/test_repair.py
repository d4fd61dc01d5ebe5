"""Repair of documents: every class of defect is repaired and reported, and nothing is lost silently."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from routers_generator.document.loading import Document, InvalidDocumentError, load, parse
from routers_generator.document.operations import METHODS, operations
from routers_generator.repair.repair import RepairResult, repair
from routers_generator.repair.report import to_json, to_markdown
from tests.routers_generator.ibkr_document import ibkr_document, needs_ibkr_document
from tests.routers_generator.sample_document import (
    HOSTILE_VALUES,
    ref,
    replace_value,
    valid_document,
    value_paths,
)
from tests.routers_generator.sources import SOURCES

DEFECTS = json.loads((Path(__file__).parents[1] / "defects.json").read_text(encoding="utf-8"))


def errors(content: dict[str, Any]) -> list[str]:
    return [str(each) for each in OpenAPIV30SpecValidator(content).iter_errors()]


def repaired_twice(content: dict[str, Any], *, gateway: bool = False) -> RepairResult:
    """Repair a document, and check that repairing the result again changes nothing."""
    once = repair(Document(content), gateway=gateway)
    again = repair(parse(json.dumps(once.content).encode()), gateway=gateway)
    assert json.dumps(again.content) == json.dumps(once.content)
    assert (again.repairs, again.problems, again.dropped) == ((), (), ())
    return once


def operations_in(content: dict[str, Any]) -> int:
    """The number of operations, valid or not."""
    items = [item for item in content["paths"].values() if isinstance(item, dict)]
    return sum(key in METHODS for item in items for key in item)


def with_schema(schema: Any, **components: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "one",
        "requestBody": {"content": content},
        "responses": {"200": {"description": ""}},
    }
    return {
        "openapi": "3.0.0",
        "info": {"title": "One", "version": "1"},
        "paths": {"/one": {"post": operation}},
        "components": {"schemas": components},
    }


def test_a_valid_document_is_unchanged() -> None:
    found = repaired_twice(valid_document())
    assert found.content == valid_document()
    assert (found.repairs, found.problems, found.dropped) == ((), (), ())
    assert errors(found.content) == []


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each["class"])
def test_each_class_of_defect_is_repaired_and_reported_with_its_pointer(defect: dict[str, Any]) -> None:
    before = copy.deepcopy(defect["document"])
    found = repaired_twice(defect["document"], gateway=defect.get("gateway", False))
    assert defect["document"] == before
    assert (defect["class"], defect["pointer"]) in {(each.kind, each.pointer) for each in found.repairs}
    assert found.problems == ()
    assert errors(found.content) == []
    where: Any = found.content
    for step in defect["expected"]["path"]:
        where = where.get(step) if isinstance(where, dict) else where[step]
    assert where == defect["expected"]["value"]


@needs_ibkr_document
def test_ibkrs_document_is_valid_after_repair_whole_and_for_the_gateway() -> None:
    document = load(str(ibkr_document()))
    assert len(errors(document.content)) == 30
    for gateway, kept, left_out in ((False, 161, 1), (True, 107, 55)):
        found = repaired_twice(document.content, gateway=gateway)
        assert errors(found.content) == []
        assert found.is_clean
        written = [method for item in found.content["paths"].values() for method in item if method in METHODS]
        assert (len(written), len(found.dropped)) == (kept, left_out)
        assert len(operations(found.content)) == 107


@pytest.mark.parametrize("source", SOURCES)
def test_a_document_with_prefixed_paths_is_repaired_to_the_same_result(source: Path) -> None:
    document = load(str(source)).content
    prefixed = {
        **document,
        "paths": {
            (path if path.startswith(("/gw", "/oauth", "/v1/api")) else f"/v1/api{path}"): item
            for path, item in document["paths"].items()
        },
    }
    found = repair(Document(prefixed), gateway=True)
    assert found.content["paths"] == repair(Document(document), gateway=True).content["paths"]


@pytest.mark.thorough
@pytest.mark.parametrize("worse", HOSTILE_VALUES, ids=lambda each: json.dumps(each)[:40])
def test_a_hostile_value_anywhere_is_repaired_and_no_operation_is_lost_silently(worse: Any) -> None:
    for number, way in enumerate(value_paths(valid_document())):
        try:
            document = parse(json.dumps(replace_value(valid_document(), way, worse)).encode())
        except InvalidDocumentError:
            assert len(way) <= 1 or way[0] == "paths"
            continue
        found = repair(document)
        again = repair(parse(json.dumps(found.content).encode()))
        assert json.dumps(again.content) == json.dumps(found.content)
        kept = operations(found.content)
        assert len(kept) + len(found.dropped) >= operations_in(document.content), way
        to_markdown(found, pointers=True)
        if number % 7 == 0:  # validation takes ten times as long as repair
            assert errors(found.content) == [], way


@pytest.mark.parametrize("inside", ["items", "properties", "allOf"])
def test_deeply_nested_schemas_become_components(inside: str) -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        inner = {"items": schema, "properties": {"a": schema}, "allOf": [schema]}[inside]
        kind = {"items": "array", "properties": "object"}.get(inside)
        schema = {inside: inner} | ({"type": kind} if kind else {})
    found = repaired_twice(with_schema(schema))
    assert {each.kind for each in found.repairs} == {"deeply nested schema"}
    assert errors(found.content) == []


def test_circular_references_are_broken_and_recursive_schemas_are_kept() -> None:
    a, b = ref("schemas", "A"), ref("schemas", "B")
    tree = {"type": "object", "properties": {"more": {"type": "array", "items": ref("schemas", "Tree")}}}
    found = repaired_twice(with_schema(a, A={"allOf": [b]}, B={"anyOf": [a]}, Tree=tree))
    assert [each.kind for each in found.repairs] == ["circular reference"]
    assert found.content["components"]["schemas"]["Tree"] == tree
    assert errors(found.content) == []


def test_a_defect_without_a_known_repair_is_reported_as_a_problem() -> None:
    document = valid_document()
    document["paths"]["/iserver/account/orders"]["get"]["tags"] = 7
    document["paths"]["/iserver/../secret"] = {"get": {"responses": {"200": {"description": ""}}}}
    document["paths"]["/iserver/search"] = {"search": {"responses": {"200": {"description": ""}}}}
    document["paths"]["/iserver/null"] = {"get": None}
    found = repaired_twice(document)
    assert not found.is_clean
    (problem,) = found.problems
    assert problem.kind == "value of the wrong type"
    assert problem.pointer == "#/paths/~1iserver~1account~1orders/get/tags"
    assert [(each.method, each.path, each.unusable) for each in found.dropped] == [
        ("GET", "/iserver/../secret", True),
        ("search", "/iserver/search", True),
        ("GET", "/iserver/null", True),
    ]
    assert len(operations(found.content)) == 2


def test_a_duplicate_operation_under_another_spelling_of_its_path_is_dropped_and_reported() -> None:
    document = valid_document()
    document["paths"]["/v1/api/iserver/account/orders"] = document["paths"]["/iserver/account/orders"]
    found = repaired_twice(document)
    (dropped,) = found.dropped
    assert (dropped.method, dropped.unusable) == ("GET", True)
    assert dropped.pointer == "#/paths/~1v1~1api~1iserver~1account~1orders/get"


@pytest.mark.thorough
def test_repair_of_twenty_thousand_paths_takes_seconds() -> None:
    paths = {f"/a{n}/{{x}}": {"get": {"responses": {"200": {"description": ""}}}} for n in range(20_000)}
    document = {"openapi": "3.0.0", "info": {"title": "Many", "version": "1"}, "paths": paths}
    began = time.process_time()
    assert len(operations(repair(Document(document)).content)) == 20_000
    assert time.process_time() - began < 20


def test_the_repair_report_counts_by_class_and_lists_every_pointer() -> None:
    document = valid_document()
    del document["paths"]["/iserver/account/orders"]["get"]["operationId"]
    found = repair(Document(document))
    assert to_json(found)["counts"]["repairs"] == {"operation without operationId": 1}
    text = to_markdown(found, pointers=True)
    assert "| operation without operationId | 1 |" in text
    assert "* `#/paths/~1iserver~1account~1orders/get`: " in text
    assert "#/paths" not in to_markdown(found, pointers=False)
