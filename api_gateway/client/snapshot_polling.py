"""Market-data snapshots: the first one only opens a subscription, so they are repeated until values come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.preflight import underlying_step
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.errors import RateLimited, Refused

SNAPSHOT = ("GET", "/iserver/marketdata/snapshot")
UNSUBSCRIBE = "/iserver/marketdata/unsubscribe"
UNSUBSCRIBE_ALL = "/iserver/marketdata/unsubscribeall"

POLL_INTERVAL = 0.5  # seconds; IBKR's own step: sooner, the same values come again
SETTLED_AFTER = 2  # repetitions after which the same fields again mean that there are no others
MAX_POLLS = 6  # three seconds, then the caller gets what is there
EMPTY_TTL = 300.0  # seconds for which a contract without any value is taken to have none

FieldLine: TypeAlias = tuple[str, str]  # a contract and one of its fields

Send: TypeAlias = Callable[[GatewayRequest, WaitBudget], Awaitable[GatewayResponse]]
EnsureStep: TypeAlias = Callable[..., Awaitable[bool]]


class SnapshotPoller:
    """Remembers which fields of which contracts have been asked for in this session."""

    def __init__(
        self,
        *,
        ask: Send,
        take: EnsureStep,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._ask = ask
        self._take = take
        self._now = now
        self._sleep = sleep
        self._open: set[FieldLine] = set()
        self._valueless: dict[str, float] = {}

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if request.operation == SNAPSHOT:
            return self._poll(proceed, request, budget)
        return proceed(request, budget)

    async def _poll(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        return await self.complete(request, await proceed(request, budget), budget)

    def reset(self) -> None:
        """The session has changed, and every subscription has ended with it."""
        self._open.clear()
        self._valueless.clear()

    @property
    def contracts(self) -> int:
        """How many contracts have an open line of market data."""
        return len({conid for conid, _ in self._open})

    def observe(self, call: GatewayRequest, _: GatewayResponse) -> None:
        """Subscriptions that the caller has ended must be opened again."""
        if call.path.template == UNSUBSCRIBE_ALL:
            self.reset()
        elif call.path.template == UNSUBSCRIBE:
            conid = str(call.body.get("conid"))
            self._open = {line for line in self._open if line[0] != conid}

    async def complete(
        self, call: GatewayRequest, reply: GatewayResponse, patience: WaitBudget
    ) -> GatewayResponse:
        """The snapshot with values, as far as they come within three seconds and within `patience`."""
        wanted = {
            (conid, field) for conid in _split_csv(call, "conids") for field in _split_csv(call, "fields")
        }
        missing = _missing(wanted, reply.value)
        silent = _contracts_without_values(wanted, missing)
        if not missing or not (wanted - self._open or self._unexpected(silent)):
            return reply
        for repetition in range(1, MAX_POLLS + 1):
            if patience.left < POLL_INTERVAL:
                break
            patience.left -= POLL_INTERVAL
            await self._sleep(POLL_INTERVAL)
            try:
                reply = await self._ask(call, patience)
            except RateLimited:
                if silent:
                    raise
                return reply
            before, missing = missing, _missing(wanted, reply.value)
            silent = _contracts_without_values(wanted, missing)
            if not missing or (repetition >= SETTLED_AFTER and missing == before and not silent):
                break
            if repetition == SETTLED_AFTER and silent:
                await self._open_chains(silent, patience)
        self._open |= wanted
        now = self._now()
        for conid in {conid for conid, _ in wanted}:
            if conid in silent:
                self._valueless[conid] = now
            else:
                self._valueless.pop(conid, None)
        return reply

    def _unexpected(self, silent: Iterable[str]) -> bool:
        since = self._now() - EMPTY_TTL
        return any(self._valueless.get(conid, float("-inf")) <= since for conid in silent)

    async def _open_chains(self, conids: Iterable[str], patience: WaitBudget) -> None:
        """A derivative has values only after its underlying has been searched for."""
        plain = ",".join(sorted(conid for conid in conids if conid.isascii() and conid.isdigit()))
        if not plain:
            return
        try:
            reply = await self._ask(
                build_request("GET", "/trsrv/secdef", (), {"conids": plain}, read_only=True), patience
            )
            rows = reply.value.get("secdef") if isinstance(reply.value, Mapping) else None
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, Mapping) and row.get("undConid"):
                    await self._take(underlying_step(str(row["undConid"])), patience)
        except Refused:
            return  # an unknown contract: the snapshot says so by having no values


def _split_csv(call: GatewayRequest, name: str) -> list[str]:
    value = call.query.get(name)
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return [str(item).strip() for item in items]


def _missing(wanted: set[FieldLine], rows: Any) -> set[FieldLine]:
    found: set[FieldLine] = set()
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            names = {str(row.get("conid")), str(row.get("conidEx"))}
            found.update((name, field) for name in names for field in row)
    return wanted - found


def _contracts_without_values(wanted: set[FieldLine], missing: set[FieldLine]) -> set[str]:
    """The contracts that have none of the fields they were asked for."""
    return {conid for conid, _ in missing} - {conid for conid, _ in wanted - missing}
