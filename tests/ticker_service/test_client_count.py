"""Who listens to the ticker."""

from __future__ import annotations

import pytest

from tests.api_gateway.fakes import FakeTime
from ticker_service.client_count import CLIENT_TTL, MAX_CLIENTS, ClientCounter


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def listeners(fake_time: FakeTime) -> ClientCounter:
    return ClientCounter(fake_time.now)


def test_each_server_counts_once_for_as_long_as_it_asks(
    listeners: ClientCounter, fake_time: FakeTime
) -> None:
    first, second = "0" * 16, "1" * 16
    for name in (first, second, first):
        listeners.record_request(name)
    assert listeners.count() == 2
    fake_time.seconds += CLIENT_TTL - 1
    listeners.record_request(second)
    fake_time.seconds += 1
    assert listeners.count() == 1


@pytest.mark.parametrize("name", ["", "0", "0" * 17, "G" * 16, "0" * 15 + "\n", "é" * 16])
def test_what_is_no_name_counts_nothing(listeners: ClientCounter, name: str) -> None:
    listeners.record_request(name)
    assert listeners.count() == 0


def test_endless_names_take_no_endless_memory(listeners: ClientCounter) -> None:
    for number in range(2 * MAX_CLIENTS):
        listeners.record_request(f"{number:016x}")
    assert listeners.count() == MAX_CLIENTS
