"""Path templates of the gateway client, and the arguments that fill them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api_gateway.client.paths import PATH_PARAMETERS, is_template
from routers_generator.document.names import path_variables, to_snake_case
from routers_generator.generate.python_names import argument_name, make_unique, route_parameter_name

_KIND_BY_NAME: Final[Mapping[str, str]] = {
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
# Types of mcp_server.rest.parameters that include a description, with the usual argument name.
_ANNOTATED_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("account_id", "AccountId"),
    "conid": ("conid", "Conid"),
    "order": ("order_id", "OrderId"),
}
ANY_TEXT: Final = "segment"
ANY_NUMBER: Final = "number"


@dataclass(frozen=True)
class PathParameter:
    """A value in a path: IBKR's name, the argument name, its kind, and its type if it has a named one."""

    document_name: str
    name: str
    kind: str
    annotation: str | None


@dataclass(frozen=True)
class PathTemplate:
    """A route's path, the gateway client's template, and the parameters of both in order."""

    route_path: str
    client_template: str
    parameters: tuple[PathParameter, ...]


def make_template(path: str, integers: frozenset[str], known_template: str | None) -> PathTemplate | None:
    """Make the template of a path; None if the gateway client does not support it.

    `integers` are the integer variables; `known_template` is the hand-written route's template, if any.
    """
    names = path_variables(path)
    kinds = (
        re.findall(r"\{([a-z]+)\}", known_template)
        if known_template
        else [_guess_kind(name, name in integers) for name in names]
    )
    if len(kinds) != len(names) or any(kind not in PATH_PARAMETERS for kind in kinds):
        return None
    parameters: list[PathParameter] = []
    for document_name, kind in zip(names, kinds, strict=True):
        usual_name, annotation = _ANNOTATED_KINDS.get(kind, (argument_name(document_name), None))
        safe_name = route_parameter_name(usual_name)
        name = make_unique(
            f"path_{usual_name}" if safe_name != usual_name else usual_name,
            [each.name for each in parameters],
        )
        parameters.append(PathParameter(document_name, name, kind, annotation))
    client_template = _fill_variables(path, [f"{{{kind}}}" for kind in kinds])
    if not is_template(client_template):
        return None
    return PathTemplate(
        _fill_variables(path, [f"{{{each.name}}}" for each in parameters]), client_template, tuple(parameters)
    )


def _guess_kind(name: str, number: bool) -> str:
    return _KIND_BY_NAME.get(to_snake_case(name).replace("_", ""), ANY_NUMBER if number else ANY_TEXT)


def _fill_variables(path: str, values: list[str]) -> str:
    pieces = re.split(r"\{[^{}]*\}", path)
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))
