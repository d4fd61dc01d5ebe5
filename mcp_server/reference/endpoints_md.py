"""ENDPOINTS.md: a table of all operations, from their rows and their routes.

`python -m mcp_server.reference.endpoints_md > ENDPOINTS.md` writes it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.operations import OPERATIONS, Operation, RateLimit
from mcp_server.reference.example_operation import example_operation
from mcp_server.rest import sections
from mcp_server.rest.route_call import single_call, source_file
from mcp_server.routers import ROUTERS

SOURCE_NOTE: Final = re.compile(
    # Operations outside IBKR's reference name another source.
    r'Source: (?:IBKR Web API reference, "[^"]+"|not in IBKR\'s reference: [^\n]+)\.'
    # Words that users search for and the text above lacks; how to get a smaller result.
    r"(\nFound by: (?P<found_by>[^\n]+(\n(?!For less)[^\n]+)*)\.)?"
    r"(\nFor less: (?P<for_less>[^\n]+(\n[^\n]+)*)\.)?"
)

COLUMNS: Final = (
    *("Tool", "Method and path", "What it does", "Effect", "Modes"),
    *("Session", "Rate limit", "Status", "Open to"),
)

HEADER: Final = """\
# Operations

Every operation of IBKR's Web API that is available as a tool. `make endpoints` generates this file from
`api_gateway/operations.py` and the routes; do not edit it.

* **Effect**: *reads*, *changes* something, *destroys* something that no other call can restore, or *trades*
  (it can lead to a trade).
* **Modes**: the values of `TRADING_MODE` that allow it.
* **Session**: *brokerage* needs the brokerage session, *login* the browser login, *none* neither.
* **Rate limit**: IBKR's limit, which the gateway client observes; on top of it, all operations together are
  limited to 10 requests a second.
* **Status**: where the shape of the simulator's response comes from: *recorded*, seen on the wire;
  *documented*, IBKR's reference; *simulated only*, neither, so it is our guess.
* **Open to**: who can use it through the gateway; *everybody* includes individual accounts.
"""


@dataclass(frozen=True)
class ListedOperation:
    """One tool, and the IBKR operation that it calls."""

    tool: str
    summary: str
    row: Operation

    @property
    def modes(self) -> str:
        """The trading modes that allow it."""
        return ", ".join(mode for mode in TradingMode if self.row.key in POLICIES[mode].allowed)

    @property
    def rate_limit(self) -> str:
        """IBKR's limit for this operation in words."""
        return _format_limit(self.row.limit) if self.row.limit else ""


def list_operations(routers: Iterable[APIRouter] = ROUTERS) -> list[ListedOperation]:
    """Every route's tool and operation, ordered by section and then as in the router."""
    found = [
        _listed_operation(route)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
    ]
    return sorted(found, key=lambda each: sections.NAMES.index(each.row.section))


def to_markdown(operations: Sequence[ListedOperation]) -> str:
    """The content of ENDPOINTS.md."""
    return "\n".join((HEADER, *_count_lines(operations), *_section_tables(operations)))


def _listed_operation(route: APIRoute) -> ListedOperation:
    row = OPERATIONS.get(single_call(route)[:2])
    if row is None:
        method, template, _ = single_call(route)
        raise ValueError(
            f"api_gateway/operations.py has no row for {route.name}. "
            f"Example: {example_operation((method, template))}"
        )
    text = inspect.getdoc(route.endpoint) or ""
    if not SOURCE_NOTE.search(text):
        raise ValueError(
            f"{source_file(route)}, {route.name}: the docstring does not name its source. "
            'Example: Source: IBKR Web API reference, "All Conids by Exchange".'
        )
    return ListedOperation(route.name, text.partition("\n")[0], row)


def _count_lines(operations: Sequence[ListedOperation]) -> Iterator[str]:
    for name, counted in (
        ("operations", Counter(each.row.section for each in operations)),
        ("by effect", Counter(each.row.effect.value for each in operations)),
        ("by mode", Counter(each.modes for each in operations)),
        ("by session", Counter(each.row.session for each in operations)),
        ("by status", Counter(each.row.status for each in operations)),
        ("open to", Counter(each.row.open_to for each in operations)),
    ):
        counts = "; ".join(f"{label} ({count})" for label, count in counted.items())
        yield (
            f"**{len(operations)} {name}**: {counts}."
            if name == "operations"
            else f"{name.capitalize()}: {counts}."
        )
        yield ""


def _section_tables(operations: Sequence[ListedOperation]) -> Iterator[str]:
    descriptions = {each.name: each.description for each in sections.SECTIONS}
    for section, rows in groupby(operations, key=lambda each: each.row.section):
        yield f"## {section}"
        yield ""
        yield descriptions[section]
        yield ""
        yield _table_row(COLUMNS)
        yield _table_row(["---"] * len(COLUMNS))
        for each in rows:
            row = each.row
            yield _table_row(
                (
                    *(f"`{each.tool}`", f"`{row.method} {row.path}`", each.summary, row.effect, each.modes),
                    *(row.session, each.rate_limit, row.status, row.open_to),
                )
            )
        yield ""


def _table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _format_limit(limit: RateLimit) -> str:
    minutes = limit.seconds / 60
    span = f"{minutes:g} min" if minutes >= 1 else f"{limit.seconds:g} s"
    return f"{limit.count} in {span}"


if __name__ == "__main__":
    sys.stdout.write(to_markdown(list_operations()))
