"""An order of the paper account, and the executions that fill it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

Side = Literal["BUY", "SELL"]
TrailUnit = Literal["amt", "%"]
FOREVER = float("inf")


class OrderStatus(Enum):
    """The states of an order, with the names the gateway gives them."""

    INACTIVE = "Inactive"
    PENDING_SUBMIT = "PendingSubmit"
    PRE_SUBMITTED = "PreSubmitted"
    SUBMITTED = "Submitted"
    FILLED = "Filled"
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"
    WARN_STATE = "WarnState"

    @property
    def is_working(self) -> bool:
        """True while the order may still be filled, changed or cancelled."""
        return self in _WORKING


_WORKING = frozenset(
    {
        OrderStatus.PENDING_SUBMIT,
        OrderStatus.PRE_SUBMITTED,
        OrderStatus.SUBMITTED,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.WARN_STATE,
    }
)


@dataclass
class Order:
    """One order ticket and how far it has come. Times are seconds since 1970.

    `order_type` is `LMT`, `MKT`, `STP`, …; `tif` is `DAY`, `GTC`, …; `reference` is the customer's own
    order id (`cOID`), empty when there is none. `stop_price` is the price that triggers it, if one does;
    a trailing one moves by `trailing`, an amount or a percentage. `ticket` is what the customer sent.

    `parent_id` is the order that has to fill first, `oca_group` names the orders of which one fill cancels
    the rest. `simulated_until` is how far its market has been looked at, `expires_at` when it ends by itself
    and `triggered_at` when its stop was touched. `cancels_at` is when a requested cancellation takes effect.
    """

    order_id: int
    conid: int
    side: Side
    quantity: float
    order_type: str
    placed_at: float
    limit_price: float | None = None
    stop_price: float | None = None
    tif: str = "DAY"
    exchange: str = "SMART"
    reference: str = ""
    status: OrderStatus = OrderStatus.PRE_SUBMITTED
    updated_at: float = 0.0
    filled: float = 0.0
    average_price: float = 0.0
    fees: float = 0.0
    fills: int = 0
    outside_rth: bool = False
    all_or_none: bool = False
    trailing: float | None = None
    trailing_unit: TrailUnit = "amt"
    parent_id: int | None = None
    oca_group: str = ""
    simulated_until: float = 0.0
    expires_at: float = FOREVER
    triggered_at: float | None = None
    limit_offset: float | None = None
    cancels_at: float = FOREVER
    ticket: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.updated_at = self.updated_at or self.placed_at
        self.simulated_until = self.simulated_until or self.placed_at

    @property
    def remaining(self) -> float:
        """What is still to be filled; nothing once the order is over."""
        return self.quantity - self.filled if self.status.is_working else 0.0

    @property
    def sign(self) -> int:
        """+1 for a purchase, -1 for a sale."""
        return 1 if self.side == "BUY" else -1

    def set_status(self, status: OrderStatus, at: float) -> None:
        """Change the state at that time."""
        self.status = status
        self.updated_at = at

    def add_fill(self, quantity: float, price: float, at: float) -> None:
        """Count one execution; the last one makes the order `Filled`."""
        if quantity <= 0 or quantity > self.quantity - self.filled + 1e-9:
            raise ValueError(
                f"order {self.order_id} has {self.quantity - self.filled:g} left, not {quantity:g}"
            )
        paid = self.average_price * self.filled + price * quantity
        self.average_price = round(paid / (self.filled + quantity), 10)
        self.filled += quantity
        self.fills += 1
        done = self.quantity - self.filled < 1e-9
        self.set_status(OrderStatus.FILLED if done else OrderStatus.SUBMITTED, at)


@dataclass(frozen=True)
class Execution:
    """One fill as it was booked. Amounts are in the instrument's currency.

    `quantity` is signed: positive for a purchase. `position` is what the account held afterwards,
    `realised` the profit that the fill locked in after commission.
    """

    execution_id: str
    order_id: int
    conid: int
    at: float
    quantity: float
    price: float
    exchange: str
    commission: float
    cash_flow: float
    realised: float
    position: float
    reference: str = ""
