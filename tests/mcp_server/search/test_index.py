"""Which document a query finds."""

from __future__ import annotations

import pytest

from mcp_server.search.index import Document, SearchIndex

DOCUMENTS = (
    Document("list_orders", {"summary": "List the orders of today."}),
    Document("cancel_order", {"summary": "Cancel an order."}, read_only=False),
    Document("get_history", {"summary": "Get bars of prices.", "arguments": "period bar"}),
    Document(
        "list_watchlists", {"summary": "List the lists of contracts.", "found_by": "favourites, tickers"}
    ),
    Document("get_rules", {"rest": "Rules of an order.", "descriptions": 'Symbol, e.g. AAPL or "MSFT".'}),
)


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(DOCUMENTS)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("orders of today", "list_orders"),
        ("what orders are there", "list_orders"),
        ("kill an order", "cancel_order"),
        ("history", "get_history"),
        ("my favourites", "list_watchlists"),
        ("watch list", "list_watchlists"),
        ("get_rules", "get_rules"),
        ("GET RULES", "get_rules"),
        ("hystory", "get_history"),
    ],
)
def test_the_best_document_comes_first(index: SearchIndex, query: str, first: str) -> None:
    assert index.search(query)[0] == first


@pytest.mark.parametrize("query", ["", "?", "zebra", "the of my", "\ud800", "AAPL", "MSFT"])
def test_a_query_without_an_indexed_word_finds_nothing(index: SearchIndex, query: str) -> None:
    assert index.search(query) == []


def test_an_exact_name_comes_first_even_if_other_documents_have_more_of_its_words() -> None:
    documents = [
        Document("order", {}),
        Document("other", {"summary": "Order an order.", "found_by": "order"}),
    ]
    assert SearchIndex(documents).search("order") == ["order", "other"]
    assert SearchIndex([Document("get", {}), *documents]).search("get") == ["get"]


def test_the_ranking_does_not_depend_on_the_order_of_documents() -> None:
    queries = ["order", "list order bars", "get"]
    one, other = SearchIndex(DOCUMENTS), SearchIndex(DOCUMENTS[::-1])
    assert [one.search(query) for query in queries] == [other.search(query) for query in queries]


def test_an_empty_index_finds_nothing() -> None:
    assert SearchIndex([]).search("order") == []
