"""A position: quantity and cost of one instrument, and how a fill changes them."""

from __future__ import annotations

import math
from dataclasses import dataclass

QUANTITY_TOLERANCE = 1e-9


@dataclass
class Position:
    """A quantity (negative when short) and its cost.

    `cost` is in the instrument's currency and includes multiplier and commissions; it is negative for a short
    position. `settled` is the value at the last daily settlement, or when the position was opened: only the
    profit since then is not in cash. Both amounts are in whole cents.
    """

    conid: int
    quantity: float = 0.0
    cost: float = 0.0
    settled: float = 0.0

    @property
    def average_cost(self) -> float:
        """Cost of one unit, including multiplier and commission; 0 for an empty position."""
        return self.cost / self.quantity if self.quantity else 0.0

    def add_fill(self, quantity: float, unit_value: float, commission: float) -> float:
        """Add a fill of signed `quantity`, each worth `unit_value` (price times multiplier).

        The part that closes leaves at average cost, the part that opens enters at the fill price, and the
        commission is divided between the two. Returns the realised profit, in whole cents, so that the amount
        paid is exactly the remaining cost minus the profit.
        """
        closed = 0.0
        if self.quantity * quantity < 0:
            closed = math.copysign(min(abs(quantity), abs(self.quantity)), self.quantity)
        value = round(quantity * unit_value, 2)
        closing_fee = commission * abs(closed / quantity)
        realised = round(closed * (unit_value - self.average_cost) - closing_fee, 2) if closed else 0.0
        left = self.settled * (1 - closed / self.quantity) if self.quantity else 0.0
        self.settled = round(left + (quantity + closed) * unit_value, 2)
        self.cost = round(self.cost + value + commission + realised, 2)
        self.quantity += quantity
        if abs(self.quantity) < QUANTITY_TOLERANCE:
            self.quantity = self.cost = self.settled = 0.0
        return realised
