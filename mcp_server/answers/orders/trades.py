"""Executions of the last days, grouped by order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from mcp_server.answers.orders.row_values import (
    Leg,
    describe_contract,
    first_value,
    parse_conid,
    parse_id,
    parse_legs,
    parse_moment,
    parse_side,
)
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.quotes import parse_number
from mcp_server.answers.times import in_new_york

MAX_DAYS: Final = 7
"""Days of which IBKR lists executions, today included."""


@dataclass(frozen=True)
class Execution:
    """One execution. `legs` are those of the combination that it is part of, or that it is as a whole."""

    execution_id: str
    order_id: str
    account: str
    conid: int | None
    symbol: str
    contract: str
    kind: str
    legs: tuple[Leg, ...]
    side: str
    size: float
    price: float | None
    commission: float | None
    moment: datetime | None
    reference: str

    @property
    def day(self) -> date | None:
        """The day in New York."""
        return in_new_york(self.moment).date() if self.moment else None

    @property
    def is_combination(self) -> bool:
        """Whether it is a combination as a whole, whose legs have executions of their own."""
        return self.kind == "BAG"

    @property
    def names(self) -> tuple[str, ...]:
        """What a person can call it by."""
        return (self.symbol, self.order_id, self.reference)


@dataclass(frozen=True)
class Trade:
    """The executions of one order in one contract or combination."""

    executions: tuple[Execution, ...]
    legs: tuple[Execution, ...] = ()

    @property
    def all(self) -> tuple[Execution, ...]:
        """The executions, and those of the legs."""
        return (*self.executions, *self.legs)

    @property
    def first(self) -> Execution:
        return self.executions[0]

    @property
    def quantity(self) -> float:
        return sum(each.size for each in self.executions)

    @property
    def average(self) -> float | None:
        """The average price, weighted by size; None if one of the prices is unknown."""
        return average_price(self.executions)

    @property
    def moment(self) -> datetime | None:
        """The time of the last execution."""
        return max((each.moment for each in self.executions if each.moment), default=None)

    @property
    def charged(self) -> tuple[Execution, ...]:
        """The executions that have the commission: IBKR charges a combination's legs."""
        return self.legs if any(each.commission for each in self.legs) else self.executions


def average_price(executions: Sequence[Execution]) -> float | None:
    """The average price, weighted by size; None if one of the prices is unknown."""
    size = sum(each.size for each in executions)
    if not size or any(each.price is None for each in executions):
        return None
    return sum(each.size * (each.price or 0.0) for each in executions) / size


async def read_executions(gateway: GatewayClient, account_id: str | None) -> list[Execution]:
    """The executions of the selected account, or of another one that IBKR lists on request, newest first.

    Always of all days: whether IBKR counts days of New York is not documented, callers share the request, and
    the client remembers for each number of days that there are none.
    """
    response = await gateway.get("/iserver/account/trades", days=MAX_DAYS, accountId=account_id)
    return parse_executions(response.value)


def parse_executions(rows: Any) -> list[Execution]:
    """The executions in a response to /iserver/account/trades, newest first, without corrected ones.

    As in TWS, a correction has the ID of the execution that it corrects, with a higher number at its end.
    """
    found: dict[str, Execution] = {}
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, dict):
            continue
        execution = _parse_execution(row)
        stem, _, revision = execution.execution_id.rpartition(".")
        key = stem if stem and revision.isdecimal() else execution.execution_id or f"row {number}"
        if key not in found or execution.execution_id > found[key].execution_id:
            found[key] = execution
    return sorted(found.values(), key=_epoch, reverse=True)


def _parse_execution(row: Mapping[str, Any]) -> Execution:
    kind = str(row.get("sec_type") or "").upper()
    return Execution(
        execution_id=parse_id(row.get("execution_id")),
        order_id=parse_id(row.get("order_id")),
        account=parse_id(first_value(row, "account", "accountCode")),
        conid=parse_conid(row.get("conid")),
        symbol=outside_name(row.get("symbol")),
        contract=describe_contract(
            row.get("symbol"), row.get("contract_description_1"), row.get("contract_description_2"), kind
        ),
        kind=kind,
        legs=parse_legs(row.get("conidEx")),
        side=parse_side(row.get("side")),
        size=abs(parse_number(row.get("size")) or 0.0),
        price=parse_number(row.get("price")),
        commission=parse_number(row.get("commission")),
        moment=parse_moment(row.get("trade_time_r"), row.get("trade_time")),
        reference=outside_name(row.get("order_ref"), 64),
    )


def _epoch(row: Execution | Trade) -> float:
    return row.moment.timestamp() if row.moment else 0.0


def group_by_order(executions: Iterable[Execution]) -> list[Trade]:
    """The trades, newest first: one for each order, and for each contract of an order without a whole."""
    orders: dict[tuple[str, str], list[Execution]] = defaultdict(list)
    for each in executions:
        # Bookings without an order, such as an expiry, have the ID 0.
        order = each.order_id if each.order_id.strip("0") else f"execution {each.execution_id}"
        orders[each.account, order].append(each)
    trades = [trade for rows in orders.values() for trade in _trades_of_order(rows)]
    return sorted(trades, key=_epoch, reverse=True)


def _trades_of_order(rows: Sequence[Execution]) -> list[Trade]:
    wholes = [each for each in rows if each.is_combination]
    if wholes:
        return [Trade(tuple(wholes), tuple(each for each in rows if not each.is_combination))]
    contracts: dict[tuple[int | None, str], list[Execution]] = defaultdict(list)
    for each in rows:
        contracts[each.conid, each.side].append(each)
    return [Trade(tuple(each)) for each in contracts.values()]
