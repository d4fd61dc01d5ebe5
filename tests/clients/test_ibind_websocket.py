"""ibind's WebSocket client, with its default settings: every topic arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ibind import IbkrClient, IbkrWsClient, QueueSink, events, subscriptions

from tests.clients.conftest import SimulatorProcess, run_simulator

AAPL = "265598"
ARRIVAL_SECONDS = 30
UNSOLICITED = [events.AccountUpdate, events.AuthenticationStatus, events.System]


class Stream:
    """A WebSocket client that is connected, and the events that have arrived."""

    def __init__(self, simulator: SimulatorProcess) -> None:
        self._rest = IbkrClient(port=simulator.port)
        self.account_id = self._rest.portfolio_accounts().data[0]["accountId"]
        self._rest.receive_brokerage_accounts()
        self._rest.live_orders(force=True)
        self.sink = QueueSink()
        self.client = IbkrWsClient(
            account_id=self.account_id, port=simulator.port, ibkr_client=self._rest, sink=self.sink
        )
        assert self.client.start()

    def next_event(self, kind: type[events.WsEvent]) -> Any:
        """Wait for the next event of a kind, and return it."""
        return self.sink.get(kind, block=True, timeout=ARRIVAL_SECONDS)


@pytest.fixture(scope="module")
def stream() -> Iterator[Stream]:
    """ibind's WebSocket client, connected to a simulator with a running clock, which the topics follow."""
    with run_simulator() as simulator:
        simulator.control("release")
        stream = Stream(simulator)
        yield stream
        # Its result is a race of two of the client's threads for the closing frame.
        stream.client.shutdown()


SUBSCRIPTIONS: dict[str, Callable[[str], subscriptions.Subscription]] = {
    "account summary": lambda account: subscriptions.AccountSummarySubscription(account_id=account),
    "account ledger": lambda account: subscriptions.AccountLedgerSubscription(account_id=account),
    "market data": lambda _: subscriptions.MarketDataSubscription(conid=AAPL, fields=["31", "84", "86"]),
    "market history": lambda _: subscriptions.MarketHistorySubscription(
        conid=AAPL, period="1h", bar="5min", outside_rth=True, source="trades", format="%o/%c/%h/%l"
    ),
    "orders": lambda _: subscriptions.OrdersSubscription(),
    "price ladder": lambda account: subscriptions.PriceLadderSubscription(account_id=account, conid=AAPL),
    "profit and loss": lambda _: subscriptions.PnlSubscription(),
    "trades": lambda _: subscriptions.TradesSubscription(days=3),
}


@pytest.mark.parametrize("topic", SUBSCRIPTIONS)
def test_a_topic_is_subscribed_arrives_and_is_unsubscribed(stream: Stream, topic: str) -> None:
    subscription = SUBSCRIPTIONS[topic](stream.account_id)
    assert stream.client.wait_all(stream.client.subscribe(subscription), ARRIVAL_SECONDS) == []
    assert stream.next_event(subscription.event_type) is not None
    assert stream.client.wait_all(stream.client.unsubscribe(subscription), ARRIVAL_SECONDS) == []


@pytest.mark.parametrize("kind", UNSOLICITED, ids=lambda kind: kind.__name__)
def test_unsolicited_frames_arrive(stream: Stream, kind: type[events.WsEvent]) -> None:
    assert stream.next_event(kind) is not None


def test_a_tic_gets_a_response(stream: Stream) -> None:
    assert stream.client.tic() is not None


def test_the_client_stays_ready_while_it_listens(stream: Stream) -> None:
    until = time.monotonic() + 12  # longer than the client's own look at the heartbeat
    while time.monotonic() < until:
        assert stream.client.is_ready()
        time.sleep(1)
