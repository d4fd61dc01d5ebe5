from __future__ import annotations

from dataclasses import fields

from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.session.open_questions import ConfirmationQuestion, OpenQuestions, Submission
from api_gateway.simulator.session.preflight import MarketDataSubscription, PreflightState

ORDER = Order(1, 265598, "BUY", 10, "MKT", placed_at=1.0)


def test_reset_clears_everything_in_place() -> None:
    preflights = PreflightState()
    for field in fields(PreflightState):
        value = getattr(preflights, field.name)
        if isinstance(value, int):
            setattr(preflights, field.name, 1)
        elif isinstance(value, set):
            value.add("something")
        elif isinstance(value, OpenQuestions):
            value.open_question(
                Submission((("DU1234567", ORDER),), (ConfirmationQuestion("o163", "Sure?"),)), 1.0
            )
        else:
            value[265598] = MarketDataSubscription(since=1.0, fields={"31": 1.0})
        assert getattr(preflights, field.name) != getattr(PreflightState(), field.name), field.name
    preflights.reset()
    assert preflights == PreflightState()


def test_selecting_an_account_resets_its_orders_trades_and_pnl() -> None:
    preflights = PreflightState(
        accounts_called=True,
        portfolio_called=True,
        orders_warm=True,
        trades_warm=True,
        pnl_warm=True,
        positions_warm={"DU1234567"},
    )
    preflights.reset_account()
    assert preflights.accounts_called
    assert preflights.portfolio_called
    assert preflights.positions_warm == {"DU1234567"}
    assert not preflights.orders_warm
    assert not preflights.trades_warm
    assert not preflights.pnl_warm
