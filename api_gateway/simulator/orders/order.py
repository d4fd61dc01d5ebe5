"""An order of a paper account, and its executions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from api_gateway.simulator.instruments.combinations import Combination

Side = Literal["BUY", "SELL"]
TrailUnit = Literal["amt", "%"]
FOREVER = float("inf")


class OrderStatus(Enum):
    """Order status, with the names that the gateway uses."""

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
        """True while the order can still be filled, modified or cancelled."""
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
    """One order: its ticket and its state. Times are in seconds since 1970.

    `order_type` is `LMT`, `MKT`, `STP`, …; `tif` is `DAY`, `GTC`, …; `reference` is the customer's order ID
    (`cOID`), or empty. `stop_price` is the trigger price, if there is one; a trailing stop follows the price
    by `trailing`, an amount or a percentage. `ticket` is the request body. If the order is for a
    `combination`, `conid` is its spread conid, and quantities are units of it.

    `parent_id` is the order that must fill first; in an `oca_group`, a fill of one order cancels the others.
    `simulated_until` is the time up to which its market was simulated, `expires_at` when it expires,
    `triggered_at` when its stop was triggered, `cancels_at` when a requested cancellation takes effect.
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
    combination: Combination | None = None

    def __post_init__(self) -> None:
        self.updated_at = self.updated_at or self.placed_at
        self.simulated_until = self.simulated_until or self.placed_at

    @property
    def remaining(self) -> float:
        """Unfilled quantity; 0 once the order has ended."""
        return self.quantity - self.filled if self.status.is_working else 0.0

    @property
    def sign(self) -> int:
        """+1 for a purchase, -1 for a sale."""
        return 1 if self.side == "BUY" else -1

    def set_status(self, status: OrderStatus, at: float) -> None:
        """Set the status and the time of the change."""
        self.status = status
        self.updated_at = at

    def add_fill(self, quantity: float, price: float, at: float) -> None:
        """Add one execution; the status becomes `Filled` when nothing remains.

        With a remainder, a pending cancellation stays pending.
        """
        if quantity <= 0 or quantity > self.quantity - self.filled + 1e-9:
            raise ValueError(
                f"order {self.order_id} has {self.quantity - self.filled:g} left, not {quantity:g}"
            )
        paid = self.average_price * self.filled + price * quantity
        self.average_price = round(paid / (self.filled + quantity), 10)
        self.filled += quantity
        self.fills += 1
        done = self.quantity - self.filled < 1e-9
        is_cancelling = self.status is OrderStatus.PENDING_CANCEL
        working = OrderStatus.PENDING_CANCEL if is_cancelling else OrderStatus.SUBMITTED
        self.set_status(OrderStatus.FILLED if done else working, at)


class ExecutionKind(Enum):
    """What caused an execution: an order, or the expiry of a contract."""

    TRADE = "trade"
    EXERCISE = "exercise"
    ASSIGNMENT = "assignment"
    EXPIRATION = "expiration"
    FINAL_SETTLEMENT = "final settlement"
    CLOSE_OUT = "close-out"


@dataclass(frozen=True)
class Execution:
    """One booked fill. Amounts are in the instrument's currency.

    `quantity` is signed: positive for a purchase. `position` is the account's position after the fill,
    `realised` the profit that the fill realised, after commission. If no order caused it, `order_id` is 0 and
    `kind` is the cause.

    A fill of a `combination` is one execution for each leg, which changes cash and position, and one for the
    combination, which repeats them at the net price and changes nothing.
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
    kind: ExecutionKind = ExecutionKind.TRADE
    combination: Combination | None = None
