"""The accounts of the login, and which of them an argument means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.redaction import redact_accounts, sanitize
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.outside_text import outside_name
from mcp_server.rest.parameters import ACCOUNT_PATTERN

ALL: Final = "all"
_MIN_ENDING: Final = 3
_MAX_LISTED: Final = 20
_DYNAMIC: Final = (
    " This login's other accounts are found by search: search_dynamic_accounts, then select_dynamic_account."
)


@dataclass(frozen=True)
class Account:
    """One account of the login. `paper` is None if IBKR does not say; a master has client accounts."""

    id: str
    alias: str
    paper: bool | None
    is_master: bool = False

    @property
    def label(self) -> str:
        """`DU1234567 paper`, with the alias if the account has one."""
        kind = {True: " paper", False: " LIVE", None: ""}[self.paper]
        alias = f' "{self.alias}"' if self.alias else ""
        return f"{self.id}{alias}{kind}"


@dataclass(frozen=True)
class Accounts:
    """The accounts of one login. `is_dynamic`: it has further ones, which IBKR finds by search only."""

    all: tuple[Account, ...]
    selected: str
    is_advisor: bool
    is_dynamic: bool = False

    @property
    def scope(self) -> str:
        """A name for the login, for use in memory: an account ID could be found by trying all of them."""
        return hashlib.sha256(",".join(sorted(each.id for each in self.all)).encode()).hexdigest()[:16]

    @property
    def clients(self) -> tuple[Account, ...]:
        """The accounts that hold positions: without an advisor's master account."""
        return tuple(each for each in self.all if not each.is_master) or self.all

    def choose(self, wanted: str | None) -> tuple[Account, ...]:
        """The accounts that the argument `account` means; without it, all that hold positions.

        Understands an ID, the end of one, its redacted form, an alias, and `all`. Raises AnswerError.
        """
        if wanted is None or not wanted.strip() or wanted.strip().lower() == ALL:
            return self.clients
        text = wanted.strip()
        exact = [each for each in self.all if text.upper() == each.id or text.lower() == each.alias.lower()]
        ending = re.split(r"[^0-9A-Z]+", text.upper())[-1]
        found = exact or [
            each for each in self.all if len(ending) >= _MIN_ENDING and each.id.endswith(ending)
        ]
        found = found or [each for each in self.all if text.lower() in each.alias.lower()]
        if len(found) == 1:
            return (found[0],)
        why = "matches several accounts" if found else "is not an account of this login"
        raise AnswerError(
            f'`account` "{sanitize(text, max_length=40)}" {why}.',
            f"Write one of: {self._list_for_errors(found or self.all)}.{_DYNAMIC if self.is_dynamic else ''}",
        )

    def omissions(self, chosen: Sequence[Account]) -> list[str]:
        """Which accounts an answer about all of them leaves out."""
        if {each.id for each in chosen} != {each.id for each in self.clients}:
            return []
        masters = [each.id for each in self.all if each not in chosen]
        notes = [f"Without the master account {each}: account={each} for it." for each in masters]
        return [*notes, *([_DYNAMIC.strip()] if self.is_dynamic else [])]

    def choose_one(self, wanted: str | None) -> Account:
        """The one account that the argument `account` means. Raises AnswerError if it means several."""
        found = self.choose(wanted)
        if len(found) > 1:
            raise AnswerError(
                "This login has several accounts; choose one.",
                f"Pass `account`: {self._list_for_errors(found)}.",
            )
        return found[0]

    def _list_for_errors(self, accounts: Sequence[Account]) -> str:
        """The accounts with redacted IDs, because errors are logged; `choose` understands them."""
        names = [
            redact_accounts(each.id) + (f' "{each.alias}"' if each.alias else "")
            for each in accounts[:_MAX_LISTED]
        ]
        more = len(accounts) - len(names)
        return ", ".join([*names, *([f"and {more} more"] if more else [])])


class AccountBook:
    """Reads the accounts once per brokerage session."""

    def __init__(self, gateway: GatewayClient) -> None:
        self._gateway = gateway
        self._known: Accounts | None = None
        self._known_for: object = None

    async def read(self) -> Accounts:
        """The accounts of the login. Raises GatewayError."""
        current = self._gateway.accounts
        if self._known is None or current is None or current is not self._known_for:
            response = await self._gateway.get("/iserver/accounts")
            self._known = parse_accounts(response.value)
            self._known_for = self._gateway.accounts
        return self._known

    async def scope(self) -> str:
        """The login's scope of stored facts."""
        return (await self.read()).scope


def parse_accounts(value: Any) -> Accounts:
    """The accounts in the response to /iserver/accounts, which also lists an advisor's groups and models."""
    body = value if isinstance(value, dict) else {}
    groups = {str(each) for key in ("groups", "profiles") for each in body.get(key) or ()}
    properties = body.get("acctProps") or {}
    aliases = body.get("aliases") or {}
    paper, features = body.get("isPaper"), body.get("allowFeatures") or {}
    ids = [
        each
        for each in dict.fromkeys(map(str, body.get("accounts") or ()))
        if each not in groups and re.fullmatch(ACCOUNT_PATTERN, each, re.ASCII)
    ]
    accounts = tuple(
        Account(
            id=each,
            alias="" if aliases.get(each) in (None, each) else outside_name(aliases[each]),
            paper=paper if isinstance(paper, bool) else None,
            is_master=len(ids) > 1 and bool((properties.get(each) or {}).get("hasChildAccounts")),
        )
        for each in ids
    )
    return Accounts(
        accounts,
        selected=str(body.get("selectedAccount") or ""),
        is_advisor=bool(features.get("allowFA")),
        is_dynamic=bool(features.get("allowDynAccount")),
    )
