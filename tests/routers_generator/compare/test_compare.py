"""The document and the hand-written routes are compared, and what is accepted is so exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_server.reference import known_requests as known_requests_of_routes
from routers_generator.compare import compare as compare_module
from routers_generator.compare.compare import (
    AcceptedDifference,
    Comparison,
    accepted_differences,
    compare,
    known_requests,
)
from routers_generator.compare.documented_requests import RequestSpec, ValueSpec
from routers_generator.compare.report import to_json, to_markdown
from routers_generator.document.loading import Document, load
from routers_generator.repair.repair import repair
from tests.routers_generator.a_document import ref, valid_document
from tests.routers_generator.repair.test_repair import IBKR

KNOWN = Path(compare_module.__file__).with_name(compare_module.KNOWN_REQUESTS_FILE)
PLACE = "POST /iserver/account/{}/orders"
ORDER = {
    "orders": ValueSpec("array", required=True),
    "orders[].conid": ValueSpec("integer", required=True),
    "orders[].side": ValueSpec("string", allowed_values=("BUY", "SELL")),
    "orders[].price": ValueSpec("number"),
    "orders[].tag": ValueSpec("string"),
    "orders[].legs": ValueSpec("array"),
    "orders[].strategy": ValueSpec("object"),
}
LIST = RequestSpec(
    "GET", "/iserver/account/orders", "list", {"force": ValueSpec("boolean"), "page": ValueSpec("integer")}
)


def place(**other: ValueSpec) -> RequestSpec:
    body = ORDER | {name.replace("__", "[]."): each for name, each in other.items()}
    return RequestSpec("POST", "/iserver/account/{}/orders", "place", body=body)


def compared(ours: list[RequestSpec], *lines: str, document: dict[str, Any] | None = None) -> Comparison:
    accepted = [AcceptedDifference(line, "A source.") for line in lines]
    return compare(repair(Document(document or valid_document()), gateway=True), ours, accepted)


def differences(ours: list[RequestSpec]) -> list[str]:
    known = ("orders[].legs[]",)
    return [str(each) for each in compared(ours).differences if not any(name in str(each) for name in known)]


def test_a_document_of_openapi_3_1_is_no_difference() -> None:
    document = valid_document()
    schemas = document["components"]["schemas"]
    fields = schemas["Order"]["properties"]
    schemas["Side"] = fields["side"]
    fields["side"] = {"anyOf": [ref("schemas", "Side"), {"type": "null"}]}
    fields["price"] = {"type": ["number", "null"]}
    fields["legs"] = {"oneOf": [fields["legs"], {"type": "null"}]}
    document["openapi"] = "3.1.0"
    found = compared([place(), LIST], document=document)
    assert [str(each) for each in found.differences] == [
        str(each) for each in compared([place(), LIST]).differences
    ]


def test_a_body_that_holds_itself_comes_to_an_end() -> None:
    document = valid_document()
    schemas = document["components"]["schemas"]
    itself = ref("schemas", "Order")
    schemas["Order"]["properties"] |= {f"p{number}": itself for number in range(40)}
    schemas["Orders"]["properties"]["orders"] = ref("schemas", "Lists")
    schemas["Lists"] = {"type": "array", "items": ref("schemas", "Lists")}
    schemas["Orders"]["properties"]["one"] = itself
    found = compared([], document=document)
    assert found.differences


def test_the_facts_of_the_routes_are_what_the_routes_are() -> None:
    assert KNOWN.read_text(encoding="utf-8") == known_requests_of_routes.to_json_text(), "run `make known`"


def test_ibkrs_document_has_nothing_that_is_not_settled() -> None:
    if not IBKR.exists():
        pytest.skip("IBKR's document is not beside this checkout")
    found = compare(repair(load(str(IBKR)), gateway=True), known_requests())
    assert found.shared_operations == 107
    assert [str(each) for each in found.differences] == []
    assert found.stale == []
    assert found.is_clean


def test_every_accepted_difference_has_a_source_and_stands_there_once() -> None:
    accepted = accepted_differences()
    lines = [each.line for each in accepted]
    assert len(set(lines)) == len(lines)
    assert all(each.source.endswith(".") and len(each.source) > 20 for each in accepted)


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ([LIST], [f"{PLACE}: only in the document"]),
        (
            [LIST, place(), RequestSpec("GET", "/more", "more")],
            ["GET /more: only in the routes"],
        ),
        (
            [LIST, RequestSpec("PUT", "/iserver/account/{}/orders", "put")],
            [
                f"{PLACE}: only in the document; PUT in the routes",
                "PUT /iserver/account/{}/orders: only in the routes; POST in the document",
            ],
        ),
        ([LIST, place(account=ValueSpec("string"))], [f"{PLACE}: member `account` only in the routes"]),
        (
            [LIST, place(orders__side=ValueSpec("integer"))],
            [
                f"{PLACE}: member `orders[].side` is string in the document, integer in the routes",
                f"{PLACE}: member `orders[].side` has an enum only in the document: BUY, SELL",
            ],
        ),
        (
            [LIST, place(orders__side=ValueSpec("string", allowed_values=("BUY", "SHORT")))],
            [
                f"{PLACE}: member `orders[].side` has extra values in the document: SELL",
                f"{PLACE}: member `orders[].side` has extra values in the routes: SHORT",
            ],
        ),
        (
            [LIST, place(orders__conid=ValueSpec("integer"))],
            [f"{PLACE}: member `orders[].conid` is required only in the document"],
        ),
        ([LIST, place(orders__conid=ValueSpec("integer", always_sent=True))], []),
        ([LIST, place(orders__side=ValueSpec("string", constant=True))], []),
        (
            [RequestSpec("GET", "/iserver/account/orders", "list", {"force": ValueSpec("boolean")}), place()],
            ["GET /iserver/account/orders: parameter `page` only in the document"],
        ),
    ],
)
def test_each_kind_of_difference_is_told(ours: list[RequestSpec], said: list[str]) -> None:
    assert differences(ours) == said


def test_what_is_accepted_is_no_difference_and_what_is_gone_is_told() -> None:
    lines = [str(each) for each in compared([LIST]).differences]
    assert lines == [f"{PLACE}: only in the document"]
    assert compared([LIST], *lines).is_clean
    gone = compared([LIST], *lines, "GET /gone: only in the routes")
    assert [each.line for each in gone.stale] == ["GET /gone: only in the routes"]
    assert not gone.is_clean
    assert "## Accepted, and not there any more" in to_markdown(gone)


def test_an_operation_of_the_document_that_cannot_be_used_is_a_difference() -> None:
    document = valid_document()
    document["paths"]["/a/../b"] = {"get": {"responses": {}}}
    found = compared([LIST], f"{PLACE}: only in the document", document=document)
    assert not found.is_clean
    assert "`GET /a/../b`" in to_markdown(found)


def test_the_report_is_the_same_as_json() -> None:
    found = to_json(compared([LIST]))
    assert json.loads(json.dumps(found)) == found
    assert found["same"] is False
    assert [each["operation"] for each in found["differences"]] == [PLACE]
