from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.universe import Universe, build_universe
from api_gateway.simulator.prices.order_book import build_order_book


@pytest.fixture(scope="module")
def universe() -> Universe:
    return build_universe(1_772_557_200.0)


def test_last_price_is_within_bid_and_ask(universe: Universe) -> None:
    for instrument in universe.all()[:300]:
        for key in range(6):
            last = instrument.reference_price
            book = build_order_book(instrument, last, key, centred=False)
            assert book.bid <= last <= book.ask
            assert book.bid >= 0


def test_stock_sizes_are_multiples_of_100(universe: Universe) -> None:
    stock = universe.by_conid(265598)
    assert stock is not None
    book = build_order_book(stock, 268.0, 3, centred=True)
    assert (book.bid, book.ask) == (267.98, 268.02)
    assert book.bid_size % 100 == book.ask_size % 100 == book.last_size % 100 == 0


def test_index_has_no_order_book(universe: Universe) -> None:
    index = universe.by_conid(416904)
    assert index is not None
    book = build_order_book(index, 6700.0, 3, centred=False)
    assert (book.bid, book.ask, book.bid_size) == (6700.0, 6700.0, 0)


@pytest.mark.parametrize("centred", [True, False])
def test_without_value_there_is_an_ask_of_at_least_a_tick_and_no_bid(
    universe: Universe, centred: bool
) -> None:
    option = universe.options_of(265598, right="C")[0]
    for key in range(20):
        for last in (0.0, option.tick):
            book = build_order_book(option, last, key, centred=centred)
            assert (book.bid, book.bid_size) == (0.0, 0)
            assert book.ask >= option.tick
            assert book.ask_size > 0
        assert build_order_book(option, 2 * option.tick, key, centred=centred).bid >= option.tick
