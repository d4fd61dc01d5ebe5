"""Messages of failed laws: what is wrong, the file to edit, and an example of the line there."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from pydantic import ValidationError

from api_gateway.errors import GatewayError
from api_gateway.operations import OPERATIONS, find_operation
from mcp_server.reference.example_operation import derive_row, format_operation
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from tests.api_gateway.simulated_operations import enforced_limit, in_simulators_spelling
from tests.ibkr_facts import unnamed
from tests.mcp_server.contract.example_requests import example_arguments, example_request
from tests.mcp_server.contract.wire_rows.row import Row

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE_ROUTE = """\
    @router.get("/trsrv/all-conids")
    async def list_exchange_conids(
        gateway: Gateway, exchange: Annotated[str, Query(description="An exchange, such as `NASDAQ`.")]
    ) -> Json:
        \"\"\"List the conids of every contract at an exchange.
        \\f
        Source: IBKR Web API reference, "All Conids by Exchange".
        \"\"\"
        return await gateway.get("/trsrv/all-conids", exchange=exchange)"""


def in_route(route: APIRoute, what: str, example: str) -> str:
    """A message about a route, with its file and an example."""
    return f"{routes_file(route)}, {route.name}: {what}. Example:\n{example}"


def in_file(file: str, what: str, example: str) -> str:
    """A message about a file, with an example."""
    return f"{file}: {what}. Example:\n{example}"


def routes_file(route: APIRoute) -> str:
    """The file of the router that defines a route, relative to the checkout."""
    source = inspect.getsourcefile(inspect.unwrap(route.endpoint)) or ""
    return str(Path(source).resolve().relative_to(ROOT))


def tool_file(tool: str) -> str:
    """The file that defines a tool."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.name == tool:
                return f"{routes_file(route)}, {tool}"
    return f"mcp_server/connection/{tool}.py"


def section_file(section: str) -> str:
    """The file of the router with a section's routes."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return next((routes_file(each) for each in routes if section in each.tags), "mcp_server/routers")


def rows_file(route: APIRoute) -> str:
    """The file with the wire rows for a route's section."""
    return f"tests/mcp_server/contract/wire_rows/{Path(routes_file(route)).name}"


def example_row(route: APIRoute, rows: Iterable[Row]) -> str:
    """A wire row of this route, with values that arguments of the same names have in `rows`."""
    arguments = example_arguments(route, rows)
    note = ""
    try:
        sent, body = example_request(route, arguments)
    except (ValueError, GatewayError) as error:
        method, template, _ = single_call(route)
        sent, body = f"{method} {template}", None
        reasons = [each["msg"] for each in error.errors()] if isinstance(error, ValidationError) else [error]
        rejected = "; ".join(map(str, reasons))
        note = f"\n    # The route rejects these values; correct them and what is sent: {rejected}"
    last = "" if body is None else f", {_python(body)}"
    return f'    Row("{route.name}", {_python(arguments)}, "{sent}"{last}),{note}'


def _python(value: object) -> str:
    """A value as our code writes it: with double quotes."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_python(name)}: {_python(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_python(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def simulator_file(route: APIRoute) -> str:
    """The file with the simulator's responses for a route's section."""
    return f"api_gateway/simulator/web_api/sections/{Path(routes_file(route)).name}"


def in_simulator(route: APIRoute, what: str) -> str:
    """What is wrong with the simulator's reply to what a route sends, and an example of a reply."""
    return in_file(simulator_file(route), what, example_reply(route))


def example_reply(route: APIRoute) -> str:
    """An example of a simulator handler for the operation that a route calls."""
    method, template, _ = single_call(route)
    row = find_operation((method, template))
    reads = ", read_only=True" if row.read_only and method != "GET" else ""
    path = in_simulators_spelling(template)
    return (
        f'    @SECTION.route("{method}", "{path}", requires=RequiredSession.{row.session.name}{reads})\n'
        f"    def {route.name}(simulation: Simulation, request: ApiRequest) -> Any:\n"
        f'        """Return ..."""\n'
        f'        return {{"key": "value"}}'
    )


def in_row(route: APIRoute, what: str, **corrected: Any) -> str:
    """What is wrong with the row of a route's operation, and the row with what is `corrected`."""
    key = single_call(route)[:2]
    row = derive_row(key)
    if key not in OPERATIONS:
        row = replace(row, limit=enforced_limit(row.path))
    if unnamed(row.path) != unnamed(route.path):
        corrected = {"route": route.path, **corrected}
    return in_file(
        f"api_gateway/operations.py, section {route.tags[0]!r}",
        what,
        f"        {format_operation(replace(row, **corrected))}",
    )
