"""Counting the MCP servers that read the state."""

from __future__ import annotations

import pytest

from tests.api_gateway.fakes import FakeTime
from ticker_service.client_count import CLIENT_TTL, MAX_CLIENTS, ClientCounter


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def clients(fake_time: FakeTime) -> ClientCounter:
    return ClientCounter(fake_time.now)


def test_each_server_counts_once_while_it_sends_requests(clients: ClientCounter, fake_time: FakeTime) -> None:
    first, second = "0" * 16, "1" * 16
    for name in (first, second, first):
        clients.record_request(name)
    assert clients.count() == 2
    fake_time.seconds += CLIENT_TTL - 1
    clients.record_request(second)
    fake_time.seconds += 1
    assert clients.count() == 1


@pytest.mark.parametrize("name", ["", "0", "0" * 17, "G" * 16, "0" * 15 + "\n", "é" * 16])
def test_an_invalid_name_is_not_counted(clients: ClientCounter, name: str) -> None:
    clients.record_request(name)
    assert clients.count() == 0


def test_the_number_of_names_is_limited(clients: ClientCounter) -> None:
    for number in range(2 * MAX_CLIENTS):
        clients.record_request(f"{number:016x}")
    assert clients.count() == MAX_CLIENTS
