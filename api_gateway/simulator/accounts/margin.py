"""Margin of all positions of a segment: a spread requires its maximum loss, not the sum of its legs' margins.

A short option is paired with a long one of the same right that expires no earlier, or is covered by its
underlying, as in IBKR's strategy-based margin. The rate for futures spreads is a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api_gateway.simulator.accounts.valued_position import ValuedPosition

_OPTIONS = frozenset({"OPT", "FOP"})
_FUTURES_SPREAD = 0.1  # of the margin of its legs


@dataclass(frozen=True)
class Margin:
    """Requirements in base currency: initial, maintenance, and at the end of the day under Regulation T."""

    initial: float = 0.0
    maintenance: float = 0.0
    reg_t: float = 0.0

    def __add__(self, other: Margin) -> Margin:
        return Margin(
            self.initial + other.initial, self.maintenance + other.maintenance, self.reg_t + other.reg_t
        )


@dataclass
class _Unpaired:
    """The part of a position that is not yet paired, in absolute units."""

    position: ValuedPosition
    units: float

    @property
    def margin(self) -> Margin:
        """The requirement of this unpaired part."""
        position = self.position
        share = self.units / abs(position.quantity)
        return Margin(
            position.initial_margin * share,
            position.maintenance_margin * share,
            position.reg_t_margin * share,
        )

    def take(self, units: float) -> Margin:
        """Mark `units` as paired, and return the margin that they would require alone."""
        margin = _Unpaired(self.position, units).margin
        self.units -= units
        return margin


def required_margin(positions: Iterable[ValuedPosition]) -> Margin:
    """The margin that these positions require together."""
    margin = Margin()
    options: dict[int, list[ValuedPosition]] = defaultdict(list)
    futures: dict[int, list[ValuedPosition]] = defaultdict(list)
    holdings: dict[int, ValuedPosition] = {}
    for position in positions:
        if not position.quantity:
            continue
        instrument = position.instrument
        if instrument.sec_type in _OPTIONS:
            options[instrument.underlying_conid or 0].append(position)
            continue
        holdings[instrument.conid] = position
        if instrument.sec_type == "FUT":
            futures[instrument.underlying_conid or 0].append(position)
        else:
            margin += _Unpaired(position, abs(position.quantity)).margin
    for conid, same_underlying in options.items():
        margin += _option_margin(same_underlying, holdings.get(conid))
    for same_underlying in futures.values():
        margin += _futures_margin(same_underlying)
    return margin


def _option_margin(options: Sequence[ValuedPosition], underlying: ValuedPosition | None) -> Margin:
    """The margin of all options on one underlying. Long options require none: they are paid for in full."""
    naked = Margin()
    losses: dict[tuple[str, str], float] = defaultdict(float)
    strikes: dict[tuple[str, str], list[float]] = defaultdict(list)
    longs = [_Unpaired(option, option.quantity) for option in options if option.quantity > 0]
    shorts = [_Unpaired(option, -option.quantity) for option in options if option.quantity < 0]
    cover = underlying.quantity if underlying else 0.0
    for short in shorts:
        instrument = short.position.instrument
        right, key = instrument.right or "", (instrument.expiry or "", instrument.right or "")
        if underlying is not None and cover * (1 if right == "C" else -1) > 0:
            per_option = instrument.multiplier / underlying.instrument.multiplier
            covered = min(short.units, abs(cover) // per_option)
            short.take(covered)
            cover -= covered * per_option * (1 if right == "C" else -1)
        for long in sorted(longs, key=lambda each: _loss(short.position, each.position)):
            units = min(short.units, long.units)
            if not units or not _hedges(long.position, short.position):
                continue
            loss = _loss(short.position, long.position) * units
            losses[key] += min(loss, short.take(units).maintenance)
            long.units -= units
            strikes[key].append(instrument.strike or 0.0)
        naked += short.margin
    loss = sum(_worst_side(losses, strikes, expiry) for expiry in {expiry for expiry, _ in losses})
    return naked + Margin(loss, loss, loss)


def _hedges(long: ValuedPosition, short: ValuedPosition) -> bool:
    """Whether the long option limits what the short one can lose."""
    bought, sold = long.instrument, short.instrument
    same = (bought.right, bought.multiplier) == (sold.right, sold.multiplier)
    return same and not short.is_cash_secured and (bought.expires_at or 0.0) >= (sold.expires_at or 0.0)


def _loss(short: ValuedPosition, long: ValuedPosition) -> float:
    """What one short option can lose at most beyond what the long one gains, in base currency."""
    sold, bought = short.instrument, long.instrument
    width = (bought.strike or 0.0) - (sold.strike or 0.0)
    return max(0.0, width if sold.right == "C" else -width) * sold.multiplier * short.rate


def _worst_side(
    losses: dict[tuple[str, str], float], strikes: dict[tuple[str, str], list[float]], expiry: str
) -> float:
    """The loss of the spreads of one expiry, where only the calls or only the puts of a condor can lose."""
    calls, puts = (expiry, "C"), (expiry, "P")
    both = [losses.get(calls, 0.0), losses.get(puts, 0.0)]
    apart = calls in strikes and puts in strikes and min(strikes[calls]) >= max(strikes[puts])
    return max(both) if apart else sum(both)


def _futures_margin(futures: Sequence[ValuedPosition]) -> Margin:
    """The margin of all futures on an underlying; long and short contracts in two months are a spread."""
    sides = [
        [_Unpaired(future, abs(future.quantity)) for future in futures if future.quantity * sign > 0]
        for sign in (1, -1)
    ]
    margin = Margin()
    for long in sides[0]:
        for short in sides[1]:
            units = min(long.units, short.units)
            if units:
                alone = long.take(units) + short.take(units)
                margin += Margin(
                    alone.initial * _FUTURES_SPREAD,
                    alone.maintenance * _FUTURES_SPREAD,
                    alone.reg_t * _FUTURES_SPREAD,
                )
    for rest in (*sides[0], *sides[1]):
        margin += rest.margin
    return margin
