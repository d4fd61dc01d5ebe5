"""The base currency of an account, cached for days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.outside_text import outside_name
from mcp_server.facts.fact_store import FactStore

_MAX_AGE: Final = timedelta(days=7)


async def read_base_currency(gateway: GatewayClient, facts: FactStore, scope: str, account_id: str) -> str:
    """The currency's name, empty if IBKR does not report it. Raises GatewayError for a lost session."""

    async def fetch() -> Any:
        value = (await gateway.get("/portfolio/{account}/meta", account_id)).value
        return value.get("currency") if isinstance(value, dict) else None

    try:
        fact = await facts.get_or_fetch(scope, "account currency", account_id, _MAX_AGE, fetch)
    except (Refused, Failed, RateLimited):
        return ""
    return outside_name(fact.value, 5)
