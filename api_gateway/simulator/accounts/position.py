"""What the account holds of one instrument, and how a fill changes it."""

from __future__ import annotations

import math
from dataclasses import dataclass

QUANTITY_TOLERANCE = 1e-9


@dataclass
class Position:
    """A quantity (negative when short) and what it cost.

    `cost` is in the instrument's currency, with the multiplier and the commissions in it; it is negative
    for a short position, which brought money in.
    """

    conid: int
    quantity: float = 0.0
    cost: float = 0.0

    @property
    def average_cost(self) -> float:
        """Cost of one unit with multiplier and commission, 0 when nothing is held."""
        return self.cost / self.quantity if self.quantity else 0.0

    def add_fill(self, quantity: float, unit_value: float, commission: float) -> float:
        """Add a fill of signed `quantity`, each worth `unit_value` (price times multiplier).

        What it closes leaves at average cost, what it opens enters at the price of the fill; the
        commission is shared between the two. Gives the profit locked in.
        """
        closed = 0.0
        if self.quantity * quantity < 0:
            closed = math.copysign(min(abs(quantity), abs(self.quantity)), self.quantity)
        opened = quantity + closed
        closing_fee = commission * abs(closed / quantity)
        realised = closed * (unit_value - self.average_cost) - closing_fee
        self.cost += opened * unit_value + (commission - closing_fee) - closed * self.average_cost
        self.quantity += quantity
        if abs(self.quantity) < QUANTITY_TOLERANCE:
            self.quantity = self.cost = 0.0
        return realised if closed else 0.0
