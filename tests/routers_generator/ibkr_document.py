"""IBKR's whole OpenAPI document, which is not part of this repository, and the facts taken from it.

`IBKR_DOCUMENT=FILE` names a copy of version 2.28.0. With it, tests of the whole document run, and
`python -m tests.routers_generator.ibkr_document` writes the facts.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from routers_generator.compare.compare import document_requests
from routers_generator.compare.documented_requests import RequestSpec, ValueSpec
from routers_generator.document.loading import load
from routers_generator.document.operations import operations
from routers_generator.repair.repair import repair

FACTS = Path(__file__).parents[1] / "data" / "ibkr_requests.json"
VARIABLE = "IBKR_DOCUMENT"
ORIGIN = (
    "IBKR's OpenAPI document 2.28.0 (https://api.ibkr.com/gw/api/v3/api-docs), repaired. For each operation "
    "of the gateway: method, path, name and tags. For each parameter and body member: type, required, values."
)

needs_ibkr_document = pytest.mark.skipif(
    not os.environ.get(VARIABLE), reason=f"{VARIABLE} names no copy of IBKR's OpenAPI document 2.28.0"
)


@dataclass(frozen=True)
class DocumentedOperation:
    """An operation of the document: its request, path with variable names, and tags."""

    request: RequestSpec
    path: str
    tags: tuple[str, ...]


def ibkr_document() -> Path:
    """The copy of the whole document; only for tests that need it."""
    return Path(os.environ[VARIABLE]).resolve()


def documented_operations() -> list[DocumentedOperation]:
    """The operations of the document, from the facts."""
    return [
        DocumentedOperation(
            RequestSpec(
                method=row["method"],
                path=row["normalized_path"],
                name=row["name"],
                parameters={name: _value_spec(each) for name, each in row["parameters"].items()},
                body={name: _value_spec(each) for name, each in row["body"].items()},
            ),
            row["path"],
            tuple(row["tags"]),
        )
        for row in json.loads(FACTS.read_text(encoding="utf-8"))["operations"]
    ]


def facts_text() -> str:
    """The facts as they are taken from the whole document, one operation per line."""
    repaired = repair(load(str(ibkr_document())), gateway=True)
    rows = []
    for operation, request in zip(operations(repaired.content), document_requests(repaired), strict=True):
        definition = repaired.content["paths"][operation.path][operation.method.lower()]
        rows.append(
            {
                "method": request.method,
                "path": operation.path,
                "normalized_path": request.path,
                "name": request.name,
                "tags": definition["tags"],
                "parameters": {name: _value_row(each) for name, each in request.parameters.items()},
                "body": {name: _value_row(each) for name, each in request.body.items()},
            }
        )
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{\n"origin": {json.dumps(ORIGIN)},\n"operations": [\n{lines}\n]\n}}\n'


def _value_row(value: ValueSpec) -> list[Any]:
    return [value.type, value.required, list(value.allowed_values)]


def _value_spec(row: list[Any]) -> ValueSpec:
    type_, required, allowed_values = row
    return ValueSpec(type_, required, tuple(allowed_values))


if __name__ == "__main__":
    FACTS.write_text(facts_text(), encoding="utf-8")
