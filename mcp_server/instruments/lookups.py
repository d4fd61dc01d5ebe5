"""IBKR's requests about instruments, as few as possible, and the facts that are stored of their responses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, Refused
from mcp_server.facts.fact_store import FactStore
from mcp_server.instruments.dates import ContractMonth, parse_day
from mcp_server.instruments.definitions import (
    DEFINITION_FIELDS,
    DETAIL_FIELDS,
    reduced,
    to_conid,
    to_decimal,
)
from mcp_server.instruments.names import decimal_text

NEW_YORK: Final = ZoneInfo("America/New_York")
CONID_AGE: Final = timedelta(weeks=4)
NOTHING_AGE: Final = timedelta(minutes=10)
"""How long it is remembered that something does not exist: the reply may have been incomplete."""

MAX_SYMBOLS: Final = 50
MAX_CONIDS: Final = 200
_NO_MATCH: Final = re.compile(
    r"no (symbol|contract|security|securities)|not found|invalid con(id|tract)", re.IGNORECASE
)
_URL_SAFE: Final = re.compile(r"[A-Za-z0-9 ._-]+")
_SECTION_FIELDS: Final = ("secType", "months", "exchange", "conid")
_CHAIN_FIELDS: Final = (
    "conid", "symbol", "ticker", "exchange", "listingExchange", "right", "strike", "currency",
    "maturityDate", "multiplier", "tradingClass", "companyName", "coupon", "desc2",
)  # fmt: skip


class Lookups:
    """Each method returns IBKR's rows, from the stored facts where these are young enough.

    A GatewayError is raised, except when it says that nothing has that name or number.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        facts: FactStore,
        *,
        scope: Callable[[], Awaitable[str]],
        now: Callable[[], datetime],
    ) -> None:
        self._gateway = gateway
        self._facts = facts
        self._scope = scope
        self._now = now

    @property
    def today(self) -> date:
        """The date in New York."""
        return self._now().astimezone(NEW_YORK).date()

    async def stocks(self, symbols: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """Every stock with one of the symbols, worldwide: conid, name, exchange, isUS. One request for 50."""

        async def fetch(missing: list[str]) -> dict[str, Any]:
            reply = await self._get("/trsrv/stocks", symbols=missing)
            found: dict[str, Any] = {}
            for symbol in missing:
                companies = reply.get(symbol) if isinstance(reply, Mapping) else None
                found[symbol] = [
                    {
                        "conid": conid,
                        "name": company.get("name"),
                        "exchange": contract.get("exchange"),
                        "isUS": contract.get("isUS"),
                    }
                    for company in _rows(companies)
                    for contract in _rows(company.get("contracts"))
                    if (conid := to_conid(contract.get("conid"))) is not None
                ]
            return found

        return await self._read_many("stocks", symbols, MAX_SYMBOLS, fetch)

    async def definitions(self, conids: Collection[int]) -> dict[int, dict[str, Any]]:
        """The definitions of many contracts by conid, without the unknown ones. One request for 200."""

        async def fetch(missing: list[str]) -> dict[str, Any]:
            reply = await self._get("/trsrv/secdef", conids=[int(conid) for conid in missing])
            rows = _rows(reply.get("secdef")) if isinstance(reply, Mapping) else []
            by_conid = {str(to_conid(row.get("conid"))): reduced(row, DEFINITION_FIELDS) for row in rows}
            return {conid: by_conid.get(conid) for conid in missing}

        found = await self._read_many("definition", [str(conid) for conid in conids], MAX_CONIDS, fetch)
        return {int(conid): row for conid, row in found.items() if row}

    async def details(self, conid: int) -> dict[str, Any]:
        """A contract's details, with its trading class and contract month; empty for an unknown conid."""

        async def fetch() -> Any:
            reply = await self._get("/iserver/contract/{conid}/info", conid)
            return reduced(reply, DETAIL_FIELDS) if isinstance(reply, Mapping) else {}

        return dict(await self._read("details", str(conid), CONID_AGE, fetch))

    async def search(
        self, symbol: str, *, kind: str | None = None, by_name: bool = False, today_only: bool = False
    ) -> list[dict[str, Any]]:
        """IBKR's search by symbol or by company name; `today_only` for the contract months of today."""

        async def fetch() -> Any:
            terms = {"symbol": symbol, "secType": kind, "name": by_name or None}
            terms = {name: value for name, value in terms.items() if value is not None}
            if _URL_SAFE.fullmatch(symbol):
                reply = await self._get("/iserver/secdef/search", **terms)
            else:  # IBKR understands accents and & only in the body
                reply = await self._post("/iserver/secdef/search", terms)
            return [_search_row(row) for row in _rows(reply)]

        age = self._since_midnight() if today_only else CONID_AGE
        key = f"{symbol} {kind or ''} {'name' if by_name else ''}".strip()
        return list(await self._read("search", key, age, fetch))

    async def pairs(self, currency: str) -> list[dict[str, Any]]:
        """The currency pairs of a currency: symbol (EUR.USD) and conid."""

        async def fetch() -> Any:
            reply = await self._get("/iserver/currency/pairs", currency=currency)
            rows = _rows(reply.get(currency)) if isinstance(reply, Mapping) else []
            return [{"symbol": row.get("symbol"), "conid": to_conid(row.get("conid"))} for row in rows]

        return list(await self._read("pairs", currency, CONID_AGE, fetch))

    async def strikes(self, conid: int, kind: str, month: ContractMonth, exchange: str) -> list[Decimal]:
        """The strikes of a month over all its expiries, in ascending order."""

        async def fetch() -> Any:
            reply = await self._get(
                "/iserver/secdef/strikes",
                conid=conid,
                sectype=kind,
                month=month.code,
                exchange=exchange or None,
            )
            sides = [reply.get("call"), reply.get("put")] if isinstance(reply, Mapping) else []
            return sorted({str(strike) for side in sides if isinstance(side, list) for strike in side})

        stored = await self._read(
            "strikes", f"{conid} {kind} {month.code} {exchange}", self._since_midnight(), fetch
        )
        return sorted({strike for text in stored if (strike := to_decimal(text))})

    async def options(
        self,
        conid: int,
        kind: str,
        month: ContractMonth,
        strike: Decimal,
        exchange: str,
        *,
        today_only: bool = False,
    ) -> list[dict[str, Any]]:
        """The options of one strike in one month: every expiry and class, calls and puts."""

        async def fetch() -> Any:
            return await self._chain(conid, kind, month, exchange, strike)

        age = self._since_midnight() if today_only else CONID_AGE
        return list(
            await self._read(
                "options", f"{conid} {kind} {month.code} {decimal_text(strike)} {exchange}", age, fetch
            )
        )

    async def futures(self, conid: int, month: ContractMonth) -> list[dict[str, Any]]:
        """The futures of one contract month on a product's index."""

        async def fetch() -> Any:
            return await self._chain(conid, "FUT", month, "", None)

        return list(await self._read("futures", f"{conid} {month.code}", CONID_AGE, fetch))

    async def listed_futures(self, symbol: str) -> list[tuple[int, date]]:
        """The conids and expiries of all futures that are listed under a symbol."""

        async def fetch() -> Any:
            reply = await self._get("/trsrv/futures", symbols=[symbol])
            rows = _rows(reply.get(symbol)) if isinstance(reply, Mapping) else []
            return [
                [to_conid(row.get("conid")), str(row.get("expirationDate") or row.get("ltd"))] for row in rows
            ]

        stored = await self._read("listed futures", symbol, self._since_midnight(), fetch)
        return [
            (conid, expiry) for conid, text in stored if conid and (expiry := parse_day(text)) is not None
        ]

    async def cfds(self, conid: int) -> list[dict[str, Any]]:
        """The CFDs on a contract."""

        async def fetch() -> Any:
            reply = await self._get("/iserver/secdef/info", conid=conid, sectype="CFD")
            return [reduced(row, _CHAIN_FIELDS) for row in _rows(reply)]

        return list(await self._read("cfds", str(conid), CONID_AGE, fetch))

    async def bonds(self, issuer: str) -> list[dict[str, Any]]:
        """The bonds of an issuer."""

        async def fetch() -> Any:
            reply = await self._get("/iserver/secdef/info", issuerId=issuer, sectype="BOND")
            return [reduced(row, _CHAIN_FIELDS) for row in _rows(reply)]

        return list(await self._read("bonds", issuer, timedelta(days=1), fetch))

    async def _chain(
        self, conid: int, kind: str, month: ContractMonth, exchange: str, strike: Decimal | None
    ) -> list[dict[str, Any]]:
        reply = await self._get(
            "/iserver/secdef/info",
            conid=conid,
            sectype=kind,
            month=month.code,
            exchange=exchange or None,
            strike=None if strike is None else decimal_text(strike),
        )
        rows = {to_conid(row.get("conid")): reduced(row, _CHAIN_FIELDS) for row in _rows(reply)}
        return list(rows.values())

    async def _read(
        self, kind: str, key: str, max_age: timedelta, fetch: Callable[[], Awaitable[Any]]
    ) -> Any:
        scope = await self._scope()
        known = await self._facts.read(scope, kind, key, max_age)
        if known is None or not known.value:
            known = await self._facts.get_or_fetch(scope, kind, key, min(max_age, NOTHING_AGE), fetch)
        return known.value

    async def _read_many(
        self,
        kind: str,
        keys: Collection[str],
        most: int,
        fetch: Callable[[list[str]], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        scope = await self._scope()
        found: dict[str, Any] = {}
        missing: list[str] = []
        for key in dict.fromkeys(keys):
            known = await self._facts.read(scope, kind, key, CONID_AGE)
            if known is not None and not known.value:
                known = await self._facts.read(scope, kind, key, NOTHING_AGE)
            if known is None:
                missing.append(key)
            else:
                found[key] = known.value
        for start in range(0, len(missing), most):
            for key, value in (await fetch(missing[start : start + most])).items():
                await self._facts.write(scope, kind, key, value)
                found[key] = value
        return found

    def _since_midnight(self) -> timedelta:
        """The age of what was fetched when the day in New York began."""
        now = self._now().astimezone(NEW_YORK)
        return now - now.replace(hour=0, minute=0, second=0, microsecond=0)

    async def _get(self, template: str, *values: object, **query: Any) -> Any:
        return await _or_nothing(self._gateway.get(template, *values, **query))

    async def _post(self, template: str, body: dict[str, Any]) -> Any:
        return await _or_nothing(self._gateway.post(template, body=body, reads=True))


async def _or_nothing(request: Awaitable[Any]) -> Any:
    """The value of the response; None if IBKR says that there is no such contract."""
    try:
        return (await request).value
    except (Refused, Failed) as error:
        if _NO_MATCH.search(error.problem):
            return None
        raise


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _search_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "conid": to_conid(row.get("conid")),
        "name": row.get("companyName"),
        "header": row.get("companyHeader"),
        "symbol": row.get("symbol"),
        "exchange": row.get("description"),
        "index": row.get("restricted") == "IND",
        "sections": [reduced(section, _SECTION_FIELDS) for section in _rows(row.get("sections"))],
        "issuers": [reduced(issuer, ("id", "name")) for issuer in _rows(row.get("issuers"))],
    }
