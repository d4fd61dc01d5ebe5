"""The table of all operations, ENDPOINTS.md: read from the routes themselves.

`python -m mcp_server.reference.endpoints_md > ENDPOINTS.md` writes it anew.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from textwrap import dedent
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.client.rate_limiter import IBKR_LIMITS, RateLimit
from mcp_server.rest import sections
from mcp_server.rest.effects import Effect, effect
from mcp_server.routers import ROUTERS

SOURCE_NOTE: Final = re.compile(
    r'Source: IBKR Web API reference, "(?P<page>[^"]+)"; (?P<status>recorded|documented|simulated only)\.'
    r"(\nOpen to: (?P<open_to>[^\n]+)\.)?"
    # Words that people use and the text above does not, for the search; how to get a shorter answer.
    r"(\nFound by: (?P<found_by>[^\n]+(\n(?!For less)[^\n]+)*)\.)?"
    r"(\nFor less: (?P<for_less>[^\n]+(\n[^\n]+)*)\.)?"
)
EVERYBODY: Final = "everybody"
# The brokerage session is what /iserver and /fa need, except to look at it and to open it.
BROKERAGE_PATHS: Final = ("/iserver/", "/fa/")
BROKERAGE_EXCEPTIONS: Final = "/iserver/auth/"
NO_LOGIN_PATHS: Final = frozenset({"/iserver/auth/status", "/tickle"})

HEADER: Final = """\
# Operations

Every operation of IBKR's Web API that is a tool here. This file is made from the routes by
`make endpoints`; do not edit it.

* **Does**: *reads*, *changes* something, or *destroys* what no other call can bring back.
* **Modes**: the values of `TRADING_MODE` with which it is there.
* **Session**: *brokerage* needs the brokerage session, *login* the browser login, *none* neither.
* **Pacing**: IBKR's own limit for it, which the gateway client keeps; 10 requests a second hold for all.
* **Status**: *recorded*, the simulator's answer has the types that were seen on the wire; *documented*, the
  shape is IBKR's word; *simulated only*, neither: its shape is our guess.
* **Open to**: who can use it through the gateway; *everybody* includes an individual's own account.
"""


@dataclass(frozen=True)
class OperationRow:
    """One tool, and the operation of IBKR's that it calls."""

    section: str
    tool: str
    method: str
    template: str
    summary: str
    effect: Effect
    page: str
    status: str
    open_to: str

    @property
    def session(self) -> str:
        """Which of the two sessions it needs."""
        if self.template in NO_LOGIN_PATHS:
            return "none"
        if self.template.startswith(BROKERAGE_PATHS) and not self.template.startswith(BROKERAGE_EXCEPTIONS):
            return "brokerage"
        return "login"

    @property
    def modes(self) -> str:
        """The trading modes that have it."""
        return ", ".join(
            mode for mode in TradingMode if (self.method, self.template) in POLICIES[mode].allowed
        )

    @property
    def rate_limit(self) -> str:
        """IBKR's limit for this operation in words."""
        limit = IBKR_LIMITS.get((self.method, self.template))
        return _format_limit(limit) if limit else ""


def list_operations(routers: Iterable[APIRouter] = ROUTERS) -> list[OperationRow]:
    """What every route does, in the order of the sections and of the routes in them."""
    found = [
        _operation_row(route) for router in routers for route in router.routes if isinstance(route, APIRoute)
    ]
    return sorted(found, key=lambda each: sections.NAMES.index(each.section))


def single_call(route: APIRoute) -> tuple[str, str, ast.Call]:
    """Method, template and syntax tree of the one call to the gateway that a route consists of."""
    function = ast.parse(dedent(inspect.getsource(route.endpoint))).body[0]
    calls = [node.value for node in ast.walk(function) if isinstance(node, ast.Await)]
    match calls:
        case [ast.Call(func=ast.Attribute(value=ast.Name(id="gateway"), attr="tickle")) as call]:
            return "POST", "/tickle", call
        case [
            ast.Call(
                func=ast.Attribute(value=ast.Name(id="gateway"), attr=verb),
                args=[ast.Constant(value=str(template)), *_],
            ) as call
        ]:
            return verb.upper(), template, call
    raise ValueError(f"{route.name} is not one call to the gateway")


def to_markdown(operations: Sequence[OperationRow]) -> str:
    """ENDPOINTS.md."""
    return "\n".join((HEADER, *_count_lines(operations), *_section_tables(operations)))


def _operation_row(route: APIRoute) -> OperationRow:
    method, template, _ = single_call(route)
    text = inspect.getdoc(route.endpoint) or ""
    source = SOURCE_NOTE.search(text)
    if source is None:
        raise ValueError(f"{route.name} does not name its source")
    return OperationRow(
        section=str(route.tags[0]),
        tool=route.name,
        method=method,
        template=template,
        summary=text.partition("\n")[0],
        effect=effect(route.methods or (), route.openapi_extra),
        page=source["page"],
        status=source["status"],
        open_to=source["open_to"] or EVERYBODY,
    )


def _count_lines(operations: Sequence[OperationRow]) -> Iterator[str]:
    for name, counted in (
        ("operations", Counter(each.section for each in operations)),
        ("by what they do", Counter(each.effect.value for each in operations)),
        ("by mode", Counter(each.modes for each in operations)),
        ("by session", Counter(each.session for each in operations)),
        ("by status", Counter(each.status for each in operations)),
        ("by who can use them", Counter(each.open_to for each in operations)),
    ):
        counts = ", ".join(f"{count} {label}" for label, count in counted.items())
        yield (
            f"**{len(operations)} {name}**: {counts}."
            if name == "operations"
            else f"{name.capitalize()}: {counts}."
        )
        yield ""


def _section_tables(operations: Sequence[OperationRow]) -> Iterator[str]:
    descriptions = {each.name: each.description for each in sections.SECTIONS}
    for section, rows in groupby(operations, key=lambda each: each.section):
        yield f"## {section}"
        yield ""
        yield descriptions[section]
        yield ""
        yield "| Tool | Method and path | What you get | Does | Modes | Session | Pacing | Status | Open to |"
        yield "|---|---|---|---|---|---|---|---|---|"
        for each in rows:
            request = f"`{each.method} {each.template}`"
            cells = (f"`{each.tool}`", request, each.summary, each.effect.value, each.modes, each.session)
            yield f"| {' | '.join((*cells, each.rate_limit, each.status, each.open_to))} |"
        yield ""


def _format_limit(limit: RateLimit) -> str:
    minutes = limit.seconds / 60
    span = f"{minutes:g} min" if minutes >= 1 else f"{limit.seconds:g} s"
    return f"{limit.count} in {span}"


if __name__ == "__main__":
    sys.stdout.write(to_markdown(list_operations()))
