"""Comparison of a document with the hand-written routes, and the accepted differences."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mcp_server.reference import known_requests as known_requests_of_routes
from routers_generator.compare import compare as compare_module
from routers_generator.compare.compare import (
    AcceptedDifference,
    Comparison,
    Difference,
    accepted_differences,
    compare,
    compare_requests,
    known_requests,
)
from routers_generator.compare.documented_requests import RequestSpec, ValueSpec
from routers_generator.compare.report import to_json, to_markdown
from routers_generator.document.loading import Document, load
from routers_generator.repair.repair import repair
from tests.routers_generator.ibkr_document import (
    FACTS,
    documented_operations,
    facts_text,
    ibkr_document,
    needs_ibkr_document,
)
from tests.routers_generator.sample_document import ref, valid_document

ACCEPTED = f"routers_generator/compare/{compare_module.ACCEPTED_FILE}"
PAGE = "the heading of its page"
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


def compare_with(
    routes: list[RequestSpec], *lines: str, document: dict[str, Any] | None = None
) -> Comparison:
    accepted = [AcceptedDifference(line, "A source.") for line in lines]
    return compare(repair(Document(document or valid_document()), gateway=True), routes, accepted)


def differences(routes: list[RequestSpec]) -> list[str]:
    known = ("orders[].legs[]",)
    return [
        str(each) for each in compare_with(routes).differences if not any(name in str(each) for name in known)
    ]


def test_compare_treats_openapi_3_1_like_3_0() -> None:
    document = valid_document()
    schemas = document["components"]["schemas"]
    fields = schemas["Order"]["properties"]
    schemas["Side"] = fields["side"]
    fields["side"] = {"anyOf": [ref("schemas", "Side"), {"type": "null"}]}
    fields["price"] = {"type": ["number", "null"]}
    fields["legs"] = {"oneOf": [fields["legs"], {"type": "null"}]}
    document["openapi"] = "3.1.0"
    found = compare_with([place(), LIST], document=document)
    assert [str(each) for each in found.differences] == [
        str(each) for each in compare_with([place(), LIST]).differences
    ]


def test_compare_terminates_on_a_recursive_body() -> None:
    document = valid_document()
    schemas = document["components"]["schemas"]
    itself = ref("schemas", "Order")
    schemas["Order"]["properties"] |= {f"p{number}": itself for number in range(40)}
    schemas["Orders"]["properties"]["orders"] = ref("schemas", "Lists")
    schemas["Lists"] = {"type": "array", "items": ref("schemas", "Lists")}
    schemas["Orders"]["properties"]["one"] = itself
    found = compare_with([], document=document)
    assert found.differences


def test_known_requests_json_matches_the_routes() -> None:
    assert KNOWN.read_text(encoding="utf-8") == known_requests_of_routes.to_json_text(), (
        f"{KNOWN.name} is out of date: run `make known`"
    )


def test_every_difference_from_ibkrs_document_is_accepted() -> None:
    documented = [each.request for each in documented_operations()]
    found = compare_requests(documented, known_requests())
    assert found.shared_operations == len(documented)
    assert not found.differences, differences_to_accept(found.differences)
    stale = "\n".join(f'  "{each.line}",' for each in found.stale)
    assert not stale, f"{ACCEPTED}: remove these lines, which no longer match:\n{stale}"
    assert found.is_clean


def differences_to_accept(found: Sequence[Difference]) -> str:
    """The route or accepted.toml is to be edited; here is what the latter lacks."""
    lines = "\n".join(f"  {json.dumps(str(each), ensure_ascii=False)}," for each in found)
    return (
        f"the routes differ from IBKR's document. Correct the route; or, if the document is wrong "
        f"or lacks it, add to {ACCEPTED} with the page that shows it:\n"
        f'[[accepted]]\nsource = "IBKR\'s Web API reference, \\"{PAGE}\\"."\ndifferences = [\n{lines}\n]'
    )


def test_the_block_that_a_failure_shows_accepts_what_it_reports() -> None:
    found = compare_with([LIST, RequestSpec("GET", "/more", "more")]).differences
    [block] = tomllib.loads(differences_to_accept(found).partition("shows it:\n")[2])["accepted"]
    assert block["differences"] == [str(each) for each in found]


@needs_ibkr_document
def test_the_facts_match_ibkrs_document() -> None:
    assert FACTS.read_text(encoding="utf-8") == facts_text()
    assert compare(repair(load(str(ibkr_document())), gateway=True), known_requests()).is_clean


def test_every_accepted_difference_is_unique_and_has_a_source() -> None:
    accepted = accepted_differences()
    lines = [each.line for each in accepted]
    assert len(set(lines)) == len(lines)
    assert all(each.source.endswith(".") and len(each.source) > 20 for each in accepted)


@pytest.mark.parametrize(
    ("routes", "expected"),
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
def test_compare_reports_each_kind_of_difference(routes: list[RequestSpec], expected: list[str]) -> None:
    assert differences(routes) == expected


def test_accepted_differences_are_not_reported_and_stale_ones_are() -> None:
    lines = [str(each) for each in compare_with([LIST]).differences]
    assert lines == [f"{PLACE}: only in the document"]
    assert compare_with([LIST], *lines).is_clean
    gone = compare_with([LIST], *lines, "GET /gone: only in the routes")
    assert [each.line for each in gone.stale] == ["GET /gone: only in the routes"]
    assert not gone.is_clean
    assert "* GET /gone: only in the routes" in to_markdown(gone)


def test_an_unusable_operation_of_the_document_is_reported() -> None:
    document = valid_document()
    document["paths"]["/a/../b"] = {"get": {"responses": {}}}
    found = compare_with([LIST], f"{PLACE}: only in the document", document=document)
    assert not found.is_clean
    assert "`GET /a/../b`" in to_markdown(found)


def test_the_comparison_report_as_json_lists_the_differences() -> None:
    found = to_json(compare_with([LIST]))
    assert json.loads(json.dumps(found)) == found
    assert found["same"] is False
    assert [each["operation"] for each in found["differences"]] == [PLACE]
