"""A position: quantity and cost of one instrument, and how a fill changes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

QUANTITY_TOLERANCE = 1e-9


@dataclass
class Position:
    """A quantity (negative when short) and its cost.

    `cost` is in the instrument's currency and includes multiplier and commissions; it is negative for a short
    position.
    """

    conid: int
    quantity: float = 0.0
    cost: float = 0.0

    @property
    def average_cost(self) -> float:
        """Cost of one unit, including multiplier and commission; 0 for an empty position."""
        return self.cost / self.quantity if self.quantity else 0.0

    def add_fill(self, quantity: float, unit_value: float, commission: float) -> float:
        """Add a fill of signed `quantity`, each worth `unit_value` (price times multiplier).

        The part that closes leaves at average cost, the part that opens enters at the fill price, and the
        commission is divided between the two. Returns the realised profit.
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
