from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.session.preflight import MarketDataSubscription
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.variants import Variants
from api_gateway.simulator.web_api.market_data.snapshots import MAX_LINES
from api_gateway.simulator.websocket.frames import Command, parse_command
from api_gateway.simulator.websocket.market_streams import HistoryStream, QuoteStream, find_instrument
from tests.api_gateway.simulator.paper_account import AAPL

FIELDS = ["31", "84", "86", "55", "6509"]


@pytest.fixture
def apple(simulation: Simulation) -> Instrument:
    return simulation.selected_account.instrument(AAPL)


@pytest.fixture
def quotes(simulation: Simulation, apple: Instrument) -> QuoteStream:
    quotes = QuoteStream(simulation, apple, str(AAPL))
    quotes.subscribe(FIELDS, simulation.clock.now())
    return quotes


def frames_during(quotes: QuoteStream, simulation: Simulation, seconds: float) -> list[dict[str, Any]]:
    """Return the frames of these seconds, polled eight times per second."""
    frames = []
    for _ in range(round(seconds * 8)):
        simulation.clock.advance(0.125)
        frames += quotes.due_frames(simulation.clock.now())
    return frames


def test_the_quote_stream_sends_every_field_first_and_then_changes(
    quotes: QuoteStream, simulation: Simulation
) -> None:
    first = frames_during(quotes, simulation, 2)
    whole: dict[str, Any] = {}
    assert first[0].keys() == {"topic", "conid", "conidEx", "_updated"}
    for frame in first:
        whole |= frame
    assert {"topic", "conid", "conidEx", "server_id", "_updated", *FIELDS} <= whole.keys()
    assert (whole["topic"], whole["conid"], whole["55"]) == (f"smd+{AAPL}", AAPL, "AAPL")
    assert all(isinstance(whole[field], str) for field in FIELDS)
    later = frames_during(quotes, simulation, 10)
    assert later
    for frame in later:
        assert "55" not in frame
        assert frame.keys() & {"31", "84", "86"}


def test_the_quote_stream_sends_at_most_two_frames_per_second(
    quotes: QuoteStream, simulation: Simulation
) -> None:
    frames_during(quotes, simulation, 3)
    assert 1 <= len(frames_during(quotes, simulation, 5)) <= 10


def test_the_quote_stream_is_silent_while_nothing_changes(
    quotes: QuoteStream, simulation: Simulation
) -> None:
    frames_during(quotes, simulation, 3)
    simulation.prices.halt(AAPL)
    frames_during(quotes, simulation, 1)
    assert [frame for frame in frames_during(quotes, simulation, 5) if "31" in frame] == []


def test_a_running_quote_stream_accepts_more_fields(quotes: QuoteStream, simulation: Simulation) -> None:
    frames_during(quotes, simulation, 3)
    quotes.subscribe(["7295"], simulation.clock.now())
    assert any("7295" in frame for frame in frames_during(quotes, simulation, 2))


def test_a_quote_stream_whose_line_was_released_is_silent_until_renewed(
    quotes: QuoteStream, simulation: Simulation
) -> None:
    frames_during(quotes, simulation, 2)
    simulation.preflights.subscriptions.clear()
    assert frames_during(quotes, simulation, 5) == []
    assert simulation.preflights.subscriptions == {}
    quotes.subscribe([], simulation.clock.now())
    assert frames_during(quotes, simulation, 5) != []


@pytest.mark.parametrize("minutes", [10, 15])
def test_the_quote_stream_ends_after_15_minutes_or_10(
    simulation: Simulation, apple: Instrument, minutes: int
) -> None:
    simulation.variants = Variants.model_validate({"quote_minutes": minutes})
    quotes, start = QuoteStream(simulation, apple, str(AAPL)), simulation.clock.now()
    quotes.subscribe(FIELDS, start)
    assert not quotes.has_ended(start + 60 * minutes - 0.5)
    assert quotes.has_ended(start + 60 * minutes)


def test_a_quote_stream_without_a_free_line_is_silent(simulation: Simulation, apple: Instrument) -> None:
    simulation.preflights.subscriptions |= {-n: MarketDataSubscription(0.0) for n in range(MAX_LINES)}
    quotes = QuoteStream(simulation, apple, str(AAPL))
    quotes.subscribe(FIELDS, simulation.clock.now())
    assert frames_during(quotes, simulation, 3) == []


def history_frames(simulation: Simulation, apple: Instrument, **arguments: Any) -> list[dict[str, Any]]:
    return HistoryStream(simulation, apple, Command("smh", (str(AAPL),), arguments), 20_500).due_frames(0.0)


def test_the_history_stream_sends_one_frame_with_its_server_id(
    simulation: Simulation, apple: Instrument
) -> None:
    history = HistoryStream(
        simulation, apple, Command("smh", (str(AAPL),), {"period": "1d", "bar": "1hour"}), 20_500
    )
    (frame,) = history.due_frames(0.0)
    assert (frame["topic"], frame["serverId"], frame["symbol"]) == (f"smh+{AAPL}", "20500", "AAPL")
    assert (frame["barLength"], frame["timePeriod"]) == (3600, "1d")
    assert frame["data"][0].keys() == {"o", "c", "h", "l", "v", "t"}
    assert history.due_frames(1.0) == []


def test_the_history_format_selects_the_columns(simulation: Simulation, apple: Instrument) -> None:
    (frame,) = history_frames(simulation, apple, period="1d", bar="1h", format="%o/%c")
    assert frame["data"][0].keys() == {"o", "c", "t"}


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=True, rate_limits=False, availability="DPB")], ids=["late"]
)
def test_history_over_the_websocket_is_delayed_like_over_http(
    simulation: Simulation, apple: Instrument, options: SimulationOptions, skip: Callable[[float], None]
) -> None:
    assert options.availability == "DPB"
    skip(60)
    (frame,) = history_frames(simulation, apple, period="1h", bar="1min", source="trades")
    assert frame["mktDataDelay"] == 900_000
    assert frame["data"][-1]["t"] / 1000 <= simulation.clock.now() - 900


@pytest.mark.parametrize(("target", "known"), [((str(AAPL),), True), (("265598@ARCA",), True), ((), False)])
def test_find_instrument_accepts_a_conid_with_an_exchange(
    simulation: Simulation, target: tuple[str, ...], known: bool
) -> None:
    assert (find_instrument(simulation, Command("smd", target)) is not None) is known


@pytest.mark.parametrize("ratios", [("1", "-1"), ("+1", "-1")])
def test_a_combination_is_streamed_under_the_conidex_that_was_sent(
    simulation: Simulation, ratios: tuple[str, str]
) -> None:
    conidex = f"0;;;{AAPL}/{ratios[0]},8314/{ratios[1]}"
    command = parse_command(f'smd+{conidex}+{{"fields":["31","84"]}}')
    assert command is not None
    combination = find_instrument(simulation, command)
    assert combination is not None
    quotes = QuoteStream(simulation, combination, "+".join(command.target))
    quotes.subscribe(["31", "84"], simulation.clock.now())
    whole: dict[str, Any] = {}
    for frame in frames_during(quotes, simulation, 2):
        whole |= frame
    assert (whole["topic"], whole["conidEx"], whole["conid"]) == (f"smd+{conidex}", conidex, 0)
    assert float(whole["84"]) <= float(whole["31"])
    quotes.close()
    assert simulation.preflights.subscriptions == {}
