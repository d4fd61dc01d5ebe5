"""The gateway client's template of a path, and under which names and types its values are arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api_gateway.client.paths import PATH_PARAMETERS, is_template
from routers_generator.document.names import snake, variables
from routers_generator.generate.python_names import argument_name, in_a_route, unused

_KIND_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(("accountid", "account", "acctid"), "account"),
    **dict.fromkeys(("conid", "contractid", "underlyingconid"), "conid"),
    **dict.fromkeys(("orderid", "parentorderid"), "order"),
    **dict.fromkeys(("page", "pageid", "pagenumber", "pagenum"), "page"),
    "alertid": "alert",
    "watchlistid": "watchlist",
    "replyid": "reply",
    "searchpattern": "pattern",
    "notificationid": "notification",
    "typecode": "typecode",
    "deviceid": "device",
}
# Types of mcp_server.rest.parameters that need no description, with the name of such a value in the routes.
_SPOKEN: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("account_id", "AccountId"),
    "conid": ("conid", "Conid"),
    "order": ("order_id", "OrderId"),
}
ANY_TEXT: Final = "segment"
ANY_NUMBER: Final = "number"


@dataclass(frozen=True)
class PathValue:
    """One value in a path: IBKR's name, the argument's, its kind, and a ready type if there is one."""

    theirs: str
    name: str
    kind: str
    ready: str | None


@dataclass(frozen=True)
class Template:
    """The route's path, the client's template and the values of both, in their order."""

    route: str
    sent: str
    values: tuple[PathValue, ...]


def template(path: str, numbers: frozenset[str], known: str | None) -> Template | None:
    """The template of a path; None if the gateway client takes none such.

    `numbers` are the variables that are whole numbers; `known` is the template of the hand-written route.
    """
    names = variables(path)
    kinds = re.findall(r"\{([a-z]+)\}", known) if known else [_kind(name, name in numbers) for name in names]
    if len(kinds) != len(names) or any(kind not in PATH_PARAMETERS for kind in kinds):
        return None
    values: list[PathValue] = []
    for theirs, kind in zip(names, kinds, strict=True):
        spoken, ready = _SPOKEN.get(kind, (argument_name(theirs), None))
        wanted = in_a_route(spoken)
        name = unused(f"path_{spoken}" if wanted != spoken else spoken, [each.name for each in values])
        values.append(PathValue(theirs, name, kind, ready))
    sent = _filled(path, [f"{{{kind}}}" for kind in kinds])
    if not is_template(sent):
        return None
    return Template(_filled(path, [f"{{{each.name}}}" for each in values]), sent, tuple(values))


def _kind(name: str, number: bool) -> str:
    return _KIND_OF.get(snake(name).replace("_", ""), ANY_NUMBER if number else ANY_TEXT)


def _filled(path: str, values: list[str]) -> str:
    pieces = re.split(r"\{[^{}]*\}", path)
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))
