"""ibind's REST client, with its default settings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from ibind import ExternalBrokerError, IbkrClient, OrderRequest, QuestionType, Result
from ibind.client import ibkr_client_mixins

from tests.clients.conftest import SimulatorProcess, run_simulator
from tests.clients.ibind_methods import (
    ADVISOR_METHODS,
    CLIENT_FAULTS,
    DEPRECATED,
    DYNAMIC_METHODS,
    ENDS_THE_LOGIN,
    METHODS,
    NOT_SERVED,
    ORDER_METHODS,
)

AAPL, EUR_USD = 265598, 12087792
YES_TO_ALL = dict.fromkeys(QuestionType, True)


def connect(simulator: SimulatorProcess) -> IbkrClient:
    """A client whose account is known, as ibind's examples begin."""
    simulator.advance(6)
    client = IbkrClient(port=simulator.port)
    client.account_id = client.portfolio_accounts().data[0]["accountId"]
    simulator.advance(6)
    client.receive_brokerage_accounts()
    return client


@pytest.fixture(scope="module")
def client(retail: SimulatorProcess) -> IbkrClient:
    """ibind with the retail login."""
    return connect(retail)


@pytest.fixture(scope="module")
def advisor() -> Iterator[IbkrClient]:
    """ibind with an advisor's login."""
    with run_simulator("--profile", "fa", "--no-rate-limits") as simulator:
        yield connect(simulator)


@pytest.fixture(scope="module")
def broker() -> Iterator[IbkrClient]:
    """ibind with the login of a broker with many accounts."""
    with run_simulator("--profile", "dynamic", "--no-rate-limits") as simulator:
        yield connect(simulator)


def result_of(reply: Any) -> Any:
    """The data of a `Result`; some methods return the data itself."""
    return reply.data if isinstance(reply, Result) else reply


def test_each_method_of_ibind_is_called() -> None:
    mixins = [
        member
        for _, module in inspect.getmembers(ibkr_client_mixins, inspect.ismodule)
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__
    ]
    methods = {name for mixin in mixins for name in vars(mixin) if not name.startswith("_")}
    methods = {name for name in methods if callable(getattr(IbkrClient, name))}
    called = {*METHODS, *ORDER_METHODS, *CLIENT_FAULTS, *NOT_SERVED, *DEPRECATED, *ENDS_THE_LOGIN}
    called |= {*DYNAMIC_METHODS, *ADVISOR_METHODS}
    assert methods == called


@pytest.mark.parametrize("name", METHODS)
def test_a_method_works(client: IbkrClient, retail: SimulatorProcess, name: str) -> None:
    method = METHODS[name]
    retail.advance(method.wait)
    if method.subscribes:
        method.call(client)
        retail.advance(2)
    data = result_of(method.call(client))
    assert method.holds(data), data


@pytest.mark.parametrize("name", ADVISOR_METHODS)
def test_an_advisors_method_works(advisor: IbkrClient, name: str) -> None:
    data = result_of(ADVISOR_METHODS[name].call(advisor))
    assert ADVISOR_METHODS[name].holds(data), data


@pytest.mark.parametrize("name", DYNAMIC_METHODS)
def test_a_brokers_method_works(broker: IbkrClient, name: str) -> None:
    data = result_of(DYNAMIC_METHODS[name].call(broker))
    assert DYNAMIC_METHODS[name].holds(data), data


@pytest.mark.parametrize("name", [*CLIENT_FAULTS, *NOT_SERVED])
def test_a_request_that_ibkr_does_not_serve_is_refused(
    client: IbkrClient, retail: SimulatorProcess, name: str
) -> None:
    call, status = {**CLIENT_FAULTS, **NOT_SERVED}[name]
    retail.advance(6)
    with pytest.raises(ExternalBrokerError) as refusal:
        call(client)
    assert refusal.value.status_code == status


def test_a_deprecated_method_still_works(client: IbkrClient, retail: SimulatorProcess) -> None:
    retail.advance(1)
    assert "message" in client.reauthenticate().data


def test_a_logout_ends_the_login() -> None:
    with run_simulator() as simulator:
        client = connect(simulator)
        assert client.logout().data["status"]
        with pytest.raises(ExternalBrokerError) as refusal:
            client.portfolio_accounts()
        assert refusal.value.status_code == 401


class TestOrders:
    """Orders placed with ibind, which answers questions from its own table of phrases."""

    @pytest.fixture
    def ready(self, client: IbkrClient, retail: SimulatorProcess) -> IbkrClient:
        retail.advance(6)
        client.receive_brokerage_accounts()
        for conid in (AAPL, EUR_USD):
            client.live_marketdata_snapshot([str(conid)], ["31", "84", "86"])
        retail.advance(2)
        return client

    def place(self, client: IbkrClient, *tickets: OrderRequest) -> Any:
        """Place orders, answering every question with yes."""
        return client.place_order(list(tickets), YES_TO_ALL, client.account_id).data

    def ticket(self, client: IbkrClient, **fields: Any) -> OrderRequest:
        """An order for ten shares of AAPL, except for `fields`."""
        ticket: dict[str, Any] = {
            "conid": AAPL,
            "side": "BUY",
            "quantity": 10,
            "order_type": "MKT",
            "tif": "DAY",
        }
        return OrderRequest(**{**ticket, "acct_id": client.account_id, **fields})

    def price(self, client: IbkrClient) -> float:
        """The price of AAPL."""
        row = client.live_marketdata_snapshot([str(AAPL)], ["31"]).data[0]
        return float(row["31"].lstrip("CH"))

    @pytest.mark.parametrize(
        "fields",
        [
            {"order_type": "MKT"},
            {"order_type": "LMT", "price": -0.01, "tif": "GTC"},
            {"order_type": "LMT", "price": -0.06},
            {"order_type": "STP", "price": 0.03, "tif": "GTC"},
            {"order_type": "STP", "price": -0.03, "side": "SELL"},
            {"order_type": "STOP_LIMIT", "price": 0.04, "aux_price": 0.03},
            {"order_type": "TRAIL", "price": 0.05, "trailing_type": "amt", "trailing_amt": 5},
            {"order_type": "TRAIL", "price": 0.05, "trailing_type": "%", "trailing_amt": 3},
            {"order_type": "MIDPRICE", "price": 0.01},
        ],
        ids=lambda fields: "-".join(map(str, fields.values())),
    )
    def test_an_order_of_each_type_is_placed(self, ready: IbkrClient, fields: dict[str, Any]) -> None:
        price = self.price(ready)
        prices = {
            name: round(price * (1 + fields[name]), 2) for name in ("price", "aux_price") if name in fields
        }
        placed = self.place(ready, self.ticket(ready, **(fields | prices)))
        assert placed["order_id"].isdigit()

    def test_a_large_order_is_placed_after_all_its_questions(self, ready: IbkrClient) -> None:
        placed = self.place(ready, self.ticket(ready, quantity=900))
        assert placed["order_id"].isdigit()

    def test_an_order_by_cash_amount_is_placed(self, ready: IbkrClient) -> None:
        placed = self.place(ready, self.ticket(ready, quantity=None, cash_qty=5_000))
        assert placed["order_id"].isdigit()

    def test_a_currency_order_is_placed(self, ready: IbkrClient) -> None:
        ticket = self.ticket(ready, conid=EUR_USD, quantity=30_000, sec_type=f"{EUR_USD}:CASH")
        assert self.place(ready, ticket)["order_id"].isdigit()

    def test_a_currency_conversion_is_placed(self, ready: IbkrClient) -> None:
        ticket = self.ticket(ready, conid=EUR_USD, quantity=None, fx_qty=1_000, is_ccy_conv=True)
        assert self.place(ready, ticket)["order_id"].isdigit()

    def test_a_bracket_is_placed_with_all_its_orders(
        self, ready: IbkrClient, retail: SimulatorProcess
    ) -> None:
        price = self.price(ready)
        reference = f"bracket-{retail.control('advance', seconds=1)['now']}"
        exits = {"side": "SELL", "tif": "GTC", "parent_id": reference}
        placed = self.place(
            ready,
            self.ticket(ready, order_type="LMT", price=round(price * 0.99, 2), coid=reference),
            self.ticket(ready, order_type="LMT", price=round(price * 1.05, 2), **exits),
            self.ticket(ready, order_type="STP", price=round(price * 0.95, 2), **exits),
        )
        assert len(placed) == 3
        assert all(row["order_id"].isdigit() for row in placed)

    def test_an_order_is_previewed_watched_changed_and_cancelled(
        self, ready: IbkrClient, retail: SimulatorProcess
    ) -> None:
        price = self.price(ready)
        ticket = self.ticket(ready, order_type="LMT", price=round(price * 0.99, 2))
        assert "amount" in ready.whatif_order(ticket, ready.account_id).data
        order_id = self.place(ready, ticket)["order_id"]
        retail.advance(6)
        assert ready.order_status(order_id).data["order_id"] == int(order_id)
        ticket.price = round(price * 0.985, 2)
        changed = ready.modify_order(order_id, ticket, YES_TO_ALL, ready.account_id).data
        assert changed["order_id"] == order_id
        retail.advance(6)
        assert ready.cancel_order(order_id, ready.account_id).data["order_id"] == int(order_id)

    def test_a_question_answered_with_no_places_nothing(self, ready: IbkrClient) -> None:
        ticket = self.ticket(ready, order_type="LMT", price=round(self.price(ready) * 0.9, 2))
        with pytest.raises(RuntimeError):
            ready.place_order(ticket, dict.fromkeys(QuestionType, False), ready.account_id)
