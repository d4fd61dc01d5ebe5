from __future__ import annotations

from dataclasses import fields

from api_gateway.simulator.preflights import Preflights, Subscription


def test_everything_is_forgotten_in_the_same_object() -> None:
    preflights = Preflights()
    for field in fields(Preflights):
        value = getattr(preflights, field.name)
        if isinstance(value, bool):
            setattr(preflights, field.name, True)
        elif isinstance(value, set):
            value.add("something")
        else:
            value[265598] = Subscription(since=1.0, fields={"31": 1.0})
    assert preflights != Preflights()
    preflights.forget()
    assert preflights == Preflights()


def test_another_account_has_its_orders_trades_and_profit_fetched_anew() -> None:
    preflights = Preflights(
        accounts_called=True,
        portfolio_called=True,
        orders_warm=True,
        trades_warm=True,
        pnl_warm=True,
        positions_warm={"DU1234567"},
    )
    preflights.forget_account()
    assert preflights.accounts_called
    assert preflights.portfolio_called
    assert preflights.positions_warm == {"DU1234567"}
    assert not preflights.orders_warm
    assert not preflights.trades_warm
    assert not preflights.pnl_warm
