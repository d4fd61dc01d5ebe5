"""Conflicts: a write that creates something is refused if its ID or name is already in use.

IBKR replaces a watchlist or a model silently. Before such a write, the relay reads what exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Refused
from api_gateway.redaction import sanitize

NOTHING_CHANGED: Final = "Nothing was changed."


@dataclass(frozen=True)
class Conflict:
    """What must not exist: a row of the list that this read returns, with one of these values.

    `rows` is the path of the list in the response; `taken` has the row's keys and the new values, compared
    without case; `instead` says what to call if it is meant.
    """

    method: str
    template: str
    taken: Mapping[str, object]
    instead: str
    rows: tuple[str, ...] = ()
    values: tuple[object, ...] = ()
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    async def check(self, gateway: GatewayClient, request: str) -> None:
        """Raise Refused if it exists."""
        if self.method == "GET":
            reply = await gateway.get(self.template, *self.values, **self.query)
        else:
            reply = await gateway.post(self.template, *self.values, body=self.body, **self.query)
        found: Any = reply.value
        for key in self.rows:
            found = found.get(key) if isinstance(found, dict) else None
        for row in found if isinstance(found, list) else []:
            for key, value in self.taken.items():
                if isinstance(row, dict) and _same(row.get(key), value):
                    raise Refused(
                        request=request,
                        problem=f"one with the {key.replace('_', ' ')} "
                        f'"{sanitize(str(row[key]), max_length=60)}" already exists.',
                        hint=f"{NOTHING_CHANGED} {self.instead}",
                    )


def _same(one: object, other: object) -> bool:
    return one is not None and str(one).strip().casefold() == str(other).strip().casefold()


REPLACE: Final = "To replace it, pass `replace`: true; otherwise choose another name or ID."


def watchlist_conflict(watchlist_id: str, name: str) -> Conflict:
    """No other watchlist has this ID or name."""
    return Conflict(
        "GET",
        "/iserver/watchlists",
        {"id": watchlist_id, "name": name},
        REPLACE,
        rows=("data", "user_lists"),
        query={"SC": "USER_WATCHLIST"},
    )


def model_conflict(model: str) -> Conflict:
    """No other model has this name."""
    return Conflict("POST", "/fa/model/list", {"model": model}, REPLACE, rows=("models",), body={"reqID": 1})


def group_conflict(name: str) -> Conflict:
    """No other allocation group has this name."""
    return Conflict(
        "GET",
        "/iserver/account/allocation/group",
        {"name": name},
        "To change it, call `modify_allocation_group`; otherwise use another name.",
        rows=("data",),
    )


def alert_conflict(account_id: str, alert_name: str) -> Conflict:
    """No other alert of the account has this name. IBKR would accept two, which nobody could tell apart."""
    return Conflict(
        "GET",
        "/iserver/account/{account}/alerts",
        {"alert_name": alert_name},
        "To modify it, pass its `order_id`; otherwise use another name.",
        values=(account_id,),
    )
