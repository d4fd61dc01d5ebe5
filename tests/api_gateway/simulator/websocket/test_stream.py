from __future__ import annotations

from api_gateway.simulator.websocket.stream import IntervalTimer, OpenEndedStream, changed_entries


def test_an_interval_timer_is_due_at_once_and_then_once_per_interval() -> None:
    timer = IntervalTimer(0.5)
    assert [timer.is_due(at) for at in (10.1, 10.2, 10.7, 11.0, 13.0)] == [True, False, True, False, True]


def test_changed_entries_are_the_new_and_the_different_ones() -> None:
    assert changed_entries({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None}) == {"b": 3, "c": None}
    assert changed_entries({}, {}) == {}


def test_an_open_ended_stream_never_ends() -> None:
    stream = OpenEndedStream()
    stream.close()
    assert not stream.has_ended(1e12)
