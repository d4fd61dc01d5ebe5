"""The paper account behind the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api_gateway.simulator.clock import Clock
    from api_gateway.simulator.prices import Prices
    from api_gateway.simulator.universe import Universe


class Broker:
    """One paper account: what it holds, what it has done and what that is worth."""

    base = "USD"

    def __init__(self, account_id: str, universe: Universe, prices: Prices, clock: Clock) -> None:
        self.account_id = account_id
        self.universe = universe
        self.prices = prices
        self.clock = clock
