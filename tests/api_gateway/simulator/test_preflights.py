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
