from __future__ import annotations

from api_gateway.simulator.websocket.stream import IntervalTimer, OpenEndedStream, changed_entries


def test_a_cadence_comes_at_once_and_then_once_in_each_interval() -> None:
    cadence = IntervalTimer(0.5)
    assert [cadence.is_due(at) for at in (10.1, 10.2, 10.7, 11.0, 13.0)] == [True, False, True, False, True]


def test_only_new_and_different_entries_have_changed() -> None:
    assert changed_entries({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None}) == {"b": 3, "c": None}
    assert changed_entries({}, {}) == {}


def test_a_stream_that_holds_nothing_never_ends() -> None:
    stream = OpenEndedStream()
    stream.close()
    assert not stream.has_ended(1e12)
