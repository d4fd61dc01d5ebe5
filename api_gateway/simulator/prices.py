"""What every instrument costs at every moment, without a feed."""

from __future__ import annotations

from dataclasses import dataclass

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.universe import Instrument, Universe


@dataclass(frozen=True)
class Quote:
    """The top of the book and the day so far; prices in the instrument's currency."""

    last: float
    bid: float
    ask: float
    open: float
    high: float
    low: float
    prior_close: float
    bid_size: int
    ask_size: int
    last_size: int
    volume: int
    market_open: bool
    halted: bool


@dataclass(frozen=True)
class Bar:
    """One interval of trading; `start` is in seconds since 1970."""

    start: float
    open: float
    high: float
    low: float
    close: float
    volume: int


class Prices:
    """Prices as a pure function of seed, instrument and time."""

    def __init__(self, universe: Universe, clock: Clock, seed: int = 1) -> None:
        self._universe = universe
        self._clock = clock
        self._seed = seed
        self._pinned: dict[int, float] = {}
        self._halted: set[int] = set()

    def quote(self, instrument: Instrument) -> Quote:
        """The quote at the clock's time."""
        last = self.price_at(instrument, self._clock.now())
        return Quote(
            last=last,
            bid=last - instrument.tick,
            ask=last + instrument.tick,
            open=last,
            high=last,
            low=last,
            prior_close=last,
            bid_size=100,
            ask_size=100,
            last_size=100,
            volume=1000,
            market_open=True,
            halted=instrument.conid in self._halted,
        )

    def price_at(self, instrument: Instrument, epoch: float) -> float:  # noqa: ARG002 the price will move
        """The last price at `epoch` (seconds since 1970)."""
        return self._pinned.get(instrument.conid, instrument.reference_price)

    def bars(
        self,
        instrument: Instrument,
        end: float,
        step: float,
        count: int,
        outside_rth: bool = False,  # noqa: ARG002 the day will have hours
    ) -> list[Bar]:
        """The last `count` bars of `step` seconds that end by `end`."""
        price = self.price_at(instrument, end)
        starts = (end - step * (count - i) for i in range(count))
        return [Bar(start, price, price, price, price, 100) for start in starts]

    def set_price(self, conid: int, price: float | None) -> None:
        """Pin the price of one instrument from now on; None lets it move again."""
        if price is None:
            self._pinned.pop(conid, None)
        else:
            self._pinned[conid] = price

    def halt(self, conid: int) -> None:
        """Stop trading in one instrument; its price stands still."""
        self._halted.add(conid)

    def resume(self, conid: int) -> None:
        """Let a halted instrument trade again."""
        self._halted.discard(conid)
