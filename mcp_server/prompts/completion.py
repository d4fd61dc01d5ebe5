"""Completion of the prompts' arguments: accounts and watchlists."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from mcp_types import CompletionArgument, PromptReference, ResourceTemplateReference

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError
from mcp_server.answers.accounts import ALL, AccountBook
from mcp_server.answers.outside_text import outside_name

MAX_VALUES: Final = 100
"""The protocol's limit."""

NAMES_TTL: Final = 60.0
"""Seconds for which the watchlists' names are reused: clients request completions at every keystroke."""


class ArgumentCompletion:
    """Completes the arguments `account` and `watchlist` of every prompt.

    Returns none without a connection, or while an order awaits confirmation: any request would void it.
    """

    def __init__(
        self, gateway: GatewayClient, accounts: AccountBook, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._accounts = accounts
        self._now = now
        self._watchlists: tuple[str, float, list[str]] = ("", 0.0, [])  # login, time, names
        self._gateway = gateway
        self._sources: dict[str, Callable[[], Awaitable[list[str]]]] = {
            "account": self._account_names,
            "watchlist": self._watchlist_names,
        }

    async def complete(
        self, reference: PromptReference | ResourceTemplateReference, argument: CompletionArgument, _: Any
    ) -> list[str] | None:
        """The values that contain what was typed; None for an argument that is not completed."""
        source = self._sources.get(argument.name) if isinstance(reference, PromptReference) else None
        if source is None:
            return None
        if self._gateway.order_question.open:
            return []
        try:
            names = await source()
        except GatewayError:
            return []
        typed = argument.value.strip().lower()
        return [name for name in names if typed in name.lower()][:MAX_VALUES]

    async def _account_names(self) -> list[str]:
        accounts = (await self._accounts.read()).all
        names = [name for each in accounts for name in (each.id, each.alias) if name]
        return [*names, *([ALL] if len(accounts) > 1 else [])]

    async def _watchlist_names(self) -> list[str]:
        login = await self._accounts.scope()
        known, read_at, names = self._watchlists
        if known == login and self._now() - read_at < NAMES_TTL:
            return names
        names = await self._read_watchlist_names()
        self._watchlists = (login, self._now(), names)
        return names

    async def _read_watchlist_names(self) -> list[str]:
        response = await self._gateway.get("/iserver/watchlists", SC="USER_WATCHLIST")
        data = response.value.get("data") if isinstance(response.value, dict) else None
        lists = data.get("user_lists") if isinstance(data, dict) else None
        return [
            outside_name(each["name"])
            for each in (lists if isinstance(lists, list) else ())
            if isinstance(each, dict) and each.get("name")
        ]
