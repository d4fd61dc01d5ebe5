"""Snapshot polling: the first snapshot only opens a subscription, so it is repeated until values arrive."""

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

POLL_INTERVAL = 0.5  # seconds; IBKR updates no faster, so an earlier request would return the same values
MANY_CONTRACTS = (
    10  # of so many, some have no values before a second: an earlier poll would be one for nothing
)
SETTLED_AFTER = 2  # polls after which an unchanged set of fields is taken to be complete
MAX_POLLS = 6  # three seconds; then the caller gets what has arrived
EMPTY_TTL = 300.0  # seconds for which a contract without any value is not polled again

Subscription: TypeAlias = tuple[str, str]  # a contract and one of its fields

Send: TypeAlias = Callable[[GatewayRequest, WaitBudget], Awaitable[GatewayResponse]]
EnsureStep: TypeAlias = Callable[..., Awaitable[bool]]


class SnapshotPoller:
    """Repeats a snapshot until its values arrive, and tracks which fields of which contracts are open."""

    def __init__(
        self,
        *,
        send: Send,
        ensure: EnsureStep,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._send = send
        self._ensure = ensure
        self._now = now
        self._sleep = sleep
        self._subscribed: set[Subscription] = set()
        self._valueless: dict[str, float] = {}

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if request.operation == SNAPSHOT:
            return self._poll(proceed, request, budget)
        return proceed(request, budget)

    async def _poll(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        return await self.complete(request, await proceed(request, budget), budget)

    def reset(self) -> None:
        """Forget every subscription, because they ended with the session."""
        self._subscribed.clear()
        self._valueless.clear()

    @property
    def contracts(self) -> int:
        """How many market-data lines are open, one per contract."""
        return len({conid for conid, _ in self._subscribed})

    def observe(self, request: GatewayRequest, _: GatewayResponse) -> None:
        """Forget the subscriptions that a request has ended."""
        if request.path.template == UNSUBSCRIBE_ALL:
            self.reset()
        elif request.path.template == UNSUBSCRIBE:
            conid = str(request.body.get("conid"))
            self._subscribed = {each for each in self._subscribed if each[0] != conid}

    async def complete(
        self, request: GatewayRequest, response: GatewayResponse, budget: WaitBudget
    ) -> GatewayResponse:
        """Return the snapshot with the values that arrive within three seconds and within `budget`."""
        wanted = {
            (conid, field)
            for conid in _split_csv(request, "conids")
            for field in _split_csv(request, "fields")
        }
        missing = _missing(wanted, response.value)
        silent = _contracts_without_values(wanted, missing)
        if not missing or not (wanted - self._subscribed or self._worth_polling(silent)):
            return response
        for poll in range(1, MAX_POLLS + 1):
            pause = POLL_INTERVAL * (2 if poll == 1 and len(silent) >= MANY_CONTRACTS else 1)
            if budget.left < pause:
                break
            budget.left -= pause
            await self._sleep(pause)
            try:
                response = await self._send(request, budget)
            except RateLimited:
                if silent:
                    raise
                return response
            before, missing = missing, _missing(wanted, response.value)
            silent = _contracts_without_values(wanted, missing)
            if not missing or (poll >= SETTLED_AFTER and missing == before and not silent):
                break
            if poll == SETTLED_AFTER and silent:
                await self._open_chains(silent, budget)
        self._subscribed |= wanted
        now = self._now()
        for conid in {conid for conid, _ in wanted}:
            if conid in silent:
                self._valueless[conid] = now
            else:
                self._valueless.pop(conid, None)
        return response

    def _worth_polling(self, silent: Iterable[str]) -> bool:
        since = self._now() - EMPTY_TTL
        return any(self._valueless.get(conid, float("-inf")) <= since for conid in silent)

    async def _open_chains(self, conids: Iterable[str], budget: WaitBudget) -> None:
        """Search for the underlyings of derivatives, which have no values before that."""
        valid = ",".join(sorted(conid for conid in conids if conid.isascii() and conid.isdigit()))
        if not valid:
            return
        try:
            response = await self._send(
                build_request("GET", "/trsrv/secdef", (), {"conids": valid}, read_only=True), budget
            )
            rows = response.value.get("secdef") if isinstance(response.value, Mapping) else None
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, Mapping) and row.get("undConid"):
                    await self._ensure(underlying_step(str(row["undConid"])), budget)
        except Refused:
            return  # an unknown contract, whose snapshot stays without values


def _split_csv(request: GatewayRequest, name: str) -> list[str]:
    value = request.query.get(name)
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return [str(item).strip() for item in items]


def _missing(wanted: set[Subscription], rows: Any) -> set[Subscription]:
    found: set[Subscription] = set()
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            names = {str(row.get("conid")), str(row.get("conidEx"))}
            found.update((name, field) for name in names for field in row)
    return wanted - found


def _contracts_without_values(wanted: set[Subscription], missing: set[Subscription]) -> set[str]:
    """The contracts without any of the requested fields."""
    return {conid for conid, _ in missing} - {conid for conid, _ in wanted - missing}
