"""Watchlists and holdings: the conids that a name stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.quotes import parse_number

_MAX_LISTED: Final = 20


@dataclass(frozen=True)
class ConidList:
    """Contracts in their order, each once, and the sentence that is said if there are none."""

    conids: Sequence[int]
    if_empty: str


async def read_watchlist(name: str, context: AnswerContext) -> ConidList:
    """The contracts of a watchlist by its name or ID; without a name, the only one there is.

    Raises AnswerError with the names of the watchlists if it is none of them.
    """
    response = await context.gateway.get("/iserver/watchlists", SC="USER_WATCHLIST")
    found = _find(_user_lists(response.value), name)
    content = await context.gateway.get("/iserver/watchlist", id=found["id"])
    body = content.value if isinstance(content.value, dict) else {}
    rows = body.get("instruments")
    conids = _conids(rows if isinstance(rows, list) else (), ("C", "conid"))
    return ConidList(conids, f'The watchlist "{found["name"]}" has no contracts.')


async def read_holdings(account: str | None, context: AnswerContext) -> ConidList:
    """The contracts that the accounts hold, those of `account` if one is named."""
    chosen = (await context.accounts.read()).choose(account)
    responses = await gather_partial(
        {each.id: context.gateway.get("/portfolio2/{account}/positions", each.id) for each in chosen}
    )
    rows = [
        row
        for response in responses.values.values()
        for row in (response.value if isinstance(response.value, list) else ())
        if isinstance(row, dict) and parse_number(row.get("position")) != 0
    ]
    return ConidList(_conids(rows, ("conid",)), "There are no positions.")


def _user_lists(value: Any) -> list[dict[str, str]]:
    data = value.get("data") if isinstance(value, dict) else None
    rows = data.get("user_lists") if isinstance(data, dict) else None
    return [
        {"id": str(row["id"]), "name": outside_name(row.get("name") or row["id"])}
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and row.get("id") not in (None, "")
    ]


def _find(lists: Sequence[dict[str, str]], name: str) -> dict[str, str]:
    wanted = outside_name(name).casefold()
    matches = [each for each in lists if wanted in (each["name"].casefold(), each["id"].casefold())]
    matches = matches or [each for each in lists if wanted in each["name"].casefold()]
    if len(matches) == 1:
        return matches[0]
    if not lists:
        raise AnswerError("This login has no watchlists.", "Create one with save_watchlist.")
    state = "matches several watchlists" if matches else "is not a watchlist of this login"
    problem = f'"{outside_name(name)}" {state}.' if wanted else "Which watchlist?"
    names = ", ".join(f'"{each["name"]}"' for each in (matches or lists)[:_MAX_LISTED])
    raise AnswerError(problem, f"Write `watchlist:NAME` with one of: {names}.")


def _conids(rows: Sequence[Any], keys: Sequence[str]) -> list[int]:
    """The conids of rows, each once; headings and blank rows have none."""
    found = []
    for row in rows:
        values = (row.get(key) for key in keys) if isinstance(row, dict) else ()
        text = next((str(value) for value in values if str(value).isdecimal()), "")
        if text and int(text):
            found.append(int(text))
    return list(dict.fromkeys(found))
