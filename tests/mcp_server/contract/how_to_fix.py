"""Messages of failed laws: what is wrong, the file to edit, and an example of the line there."""

from __future__ import annotations

import inspect
from pathlib import Path

from fastapi import APIRouter
from fastapi.routing import APIRoute

from mcp_server.reference.known_requests import describe_requests
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from tests.ibkr_facts import unnamed

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


def example_row(route: APIRoute) -> str:
    """An example of a wire row for a route, with `...` for the values."""
    method, template, _ = single_call(route)
    names = [name for name in inspect.signature(route.endpoint).parameters if name != "gateway"]
    arguments = ", ".join(f'"{name}": ...' for name in names)
    [request] = describe_requests([_router_of(route)])
    query = "&".join(f"{name}=..." for name in request["query"])
    body = ", ".join(f'"{name}": ...' for name in request["body"] or {})
    sent = f"{method} {template}{'?' if query else ''}{query}"
    return f'    Row("{route.name}", {{{arguments}}}, "{sent}"{f", {{{body}}}" if body else ""}),'


def _router_of(route: APIRoute) -> APIRouter:
    return APIRouter(routes=[route])


def simulator_file(route: APIRoute) -> str:
    """The file with the simulator's responses for a route's section."""
    return f"api_gateway/simulator/web_api/sections/{Path(routes_file(route)).name}"


def example_reply(route: APIRoute) -> str:
    """An example of a simulator handler for the operation that a route calls."""
    method, template, _ = single_call(route)
    return (
        f'    @SECTION.route("{method}", "{template}", requires=RequiredSession.BROKERAGE)\n'
        f"    def {route.name}(simulation: Simulation, request: ApiRequest) -> Any:\n"
        f'        """Return ..."""\n'
        f'        return {{"key": "value"}}'
    )


def in_row(route: APIRoute, what: str) -> str:
    """A message about the row of the operation that a route calls, with an example of the row."""
    method, template, _ = single_call(route)
    effect = "" if method == "GET" else ", CHANGES"
    path = "" if unnamed(template) == unnamed(route.path) else f', route="{route.path}"'
    return in_file(
        f"api_gateway/operations.py, section {route.tags[0]!r}",
        what,
        f'        Operation("{method}", "{template}"{effect}{path}, session=LOGIN, status=DOCUMENTED),',
    )
