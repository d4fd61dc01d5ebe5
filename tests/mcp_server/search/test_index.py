"""Which entry a question means."""

from __future__ import annotations

import pytest

from mcp_server.search.index import Entry, SearchIndex

ENTRIES = (
    Entry("list_orders", {"summary": "List the orders of today."}),
    Entry("cancel_order", {"summary": "Cancel an order."}, reads=False),
    Entry("get_history", {"summary": "Get bars of prices.", "arguments": "period bar"}),
    Entry("list_watchlists", {"summary": "List the lists of contracts.", "found_by": "favourites, tickers"}),
    Entry("get_rules", {"rest": "Rules of an order.", "descriptions": 'Symbol, e.g. AAPL or "MSFT".'}),
)


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex(ENTRIES)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("orders of today", "list_orders"),
        ("what orders are there", "list_orders"),
        ("kill an order", "cancel_order"),
        ("candles", "get_history"),
        ("history", "get_history"),
        ("my favourites", "list_watchlists"),
        ("watch list", "list_watchlists"),
        ("get_rules", "get_rules"),
        ("GET RULES", "get_rules"),
        ("hystory", "get_history"),
    ],
)
def test_the_best_entry_comes_first(index: SearchIndex, query: str, first: str) -> None:
    assert index.ranked(query)[0] == first


@pytest.mark.parametrize("query", ["", "?", "zebra", "the of my", "\ud800", "AAPL", "MSFT"])
def test_what_shares_no_word_with_any_entry_finds_nothing(index: SearchIndex, query: str) -> None:
    assert index.ranked(query) == []


def test_a_name_comes_first_though_other_entries_have_more_of_its_words() -> None:
    entries = [Entry("order", {}), Entry("other", {"summary": "Order an order.", "found_by": "order"})]
    assert SearchIndex(entries).ranked("order") == ["order", "other"]
    assert SearchIndex([Entry("get", {}), *entries]).ranked("get") == ["get"]


def test_the_ranking_does_not_depend_on_the_order_of_entries() -> None:
    queries = ["order", "list order bars", "get"]
    one, other = SearchIndex(ENTRIES), SearchIndex(ENTRIES[::-1])
    assert [one.ranked(query) for query in queries] == [other.ranked(query) for query in queries]


def test_an_index_of_nothing_finds_nothing() -> None:
    assert SearchIndex([]).ranked("order") == []
