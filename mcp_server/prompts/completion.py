"""Completion of the prompts' arguments: accounts and watchlists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from mcp_types import CompletionArgument, PromptReference, ResourceTemplateReference

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError
from mcp_server.answers.accounts import ALL, AccountBook
from mcp_server.answers.outside_text import outside_name

MAX_VALUES: Final = 100
"""The protocol's limit."""


class ArgumentCompletion:
    """Completes the arguments `account` and `watchlist` of every prompt. Without a connection, to nothing."""

    def __init__(self, gateway: GatewayClient, accounts: AccountBook) -> None:
        self._accounts = accounts
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
        response = await self._gateway.get("/iserver/watchlists", SC="USER_WATCHLIST")
        data = response.value.get("data") if isinstance(response.value, dict) else None
        lists = data.get("user_lists") if isinstance(data, dict) else None
        return [
            outside_name(each["name"])
            for each in (lists if isinstance(lists, list) else ())
            if isinstance(each, dict) and each.get("name")
        ]
