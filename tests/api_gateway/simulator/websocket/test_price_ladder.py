from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.websocket.price_ladder import LEVELS, PriceLadderStream, ladder_rows
from tests.api_gateway.simulator.paper_account import AAPL


@pytest.fixture
def apple(simulation: Simulation) -> Instrument:
    return simulation.selected_account.instrument(AAPL)


@pytest.fixture
def rows(simulation: Simulation, apple: Instrument) -> list[dict[str, Any]]:
    return ladder_rows(apple, simulation.prices.quote(apple))


def price(row: dict[str, Any]) -> float:
    """Return the price of a row, which may come after a size."""
    return float(row["price"].rpartition(" ")[2])


def test_the_prices_fall_tick_by_tick(rows: list[dict[str, Any]], apple: Instrument) -> None:
    steps = {round(price(above) - price(below), 2) for above, below in pairwise(rows)}
    assert steps == {apple.tick}
    assert len(rows) == 2 * LEVELS + 1


def test_the_row_of_the_last_trade_has_the_focus_and_its_size(
    rows: list[dict[str, Any]], simulation: Simulation, apple: Instrument
) -> None:
    quote = simulation.prices.quote(apple)
    assert [row["price"] for row in rows if row["focus"]] == [f"{quote.last_size} @ {quote.last:.2f}"]


def test_bids_are_below_asks_and_the_best_have_the_quoted_sizes(
    rows: list[dict[str, Any]], simulation: Simulation, apple: Instrument
) -> None:
    quote = simulation.prices.quote(apple)
    bids = {price(row): row["bid"] for row in rows if "bid" in row}
    asks = {price(row): row["ask"] for row in rows if "ask" in row}
    assert (max(bids), min(asks)) == (quote.bid, quote.ask)
    assert (bids[quote.bid], asks[quote.ask]) == (str(quote.bid_size), str(quote.ask_size))


def test_later_frames_have_only_the_rows_that_changed(
    simulation: Simulation, apple: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = simulation.prices.quote(apple)
    more_is_bid = replace(quote, bid_size=quote.bid_size + 100)
    quotes = iter([quote, quote, more_is_bid])
    monkeypatch.setattr(simulation.prices, "quote", lambda _: next(quotes))
    ladder = PriceLadderStream(simulation, apple, "sbd+x")
    frames = [ladder.due_frames(float(second)) for second in range(3)]
    assert len(frames[0][0]["data"]) == 2 * LEVELS + 1
    assert frames[1] == []
    assert [row["bid"] for row in frames[2][0]["data"]] == [str(more_is_bid.bid_size)]
