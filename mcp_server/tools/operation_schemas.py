"""The arguments of every operation as JSON Schema, read from a generated file at startup.

FastAPI and FastMCP build a schema from a route in a millisecond, and there are more than a hundred routes.
The hand-written ones change only with the code, so their schemas are in `operation_schemas.json`, which
`python -m mcp_server.tools.operation_schemas` writes and a test compares. Schemas of other routes are built
at startup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from mcp_server.app import operation_id, routes_by_name
from mcp_server.routers import ROUTERS
from mcp_server.tools.json_schema import compact_schema

SCHEMA_FILE: Final = Path(__file__).with_name("operation_schemas.json")


@dataclass(frozen=True)
class Target:
    """Where an argument goes: `path`, `query` or `body`, and under which name."""

    location: str
    name: str


@dataclass(frozen=True)
class OperationSchema:
    """The arguments of an operation: their JSON Schema, and where each goes in a request."""

    parameters: dict[str, Any]
    targets: Mapping[str, Target]
    has_body: bool


def operation_schemas(routes: Iterable[APIRoute]) -> dict[str, OperationSchema]:
    """The schemas of these routes by name: from the file, or built if the file lacks them."""
    stored: Mapping[str, Any] = orjson.loads(SCHEMA_FILE.read_bytes())
    found: dict[str, OperationSchema] = {}
    missing: list[APIRoute] = []
    for route in routes:
        row = stored.get(_key(route))
        if row is None:
            missing.append(route)
        else:
            found[route.name] = OperationSchema(
                row["parameters"],
                {name: Target(**each) for name, each in row["targets"].items()},
                row["has_body"],
            )
    return found | build_schemas(missing)


def build_schemas(routes: Iterable[APIRoute]) -> dict[str, OperationSchema]:
    """The schemas of these routes by name, from FastAPI's OpenAPI document as FastMCP reads it."""
    router = APIRouter()
    router.routes.extend(routes)
    if not router.routes:
        return {}
    # Imported here because these models alone take as long to import as the rest of this package.
    from fastmcp.utilities.openapi import parse_openapi_to_http_routes

    app = FastAPI(generate_unique_id_function=operation_id)
    app.include_router(router)
    return {
        route.operation_id or route.path: OperationSchema(
            compact_schema(route.flat_param_schema),
            {
                name: Target(each["location"], each["openapi_name"])
                for name, each in route.parameter_map.items()
            },
            route.request_body is not None,
        )
        for route in parse_openapi_to_http_routes(app.openapi())
    }


def schema_file_text(routers: Iterable[APIRouter]) -> str:
    """The content of the file for these routers."""
    routes = routes_by_name(routers)
    rows = {_key(routes[name]): asdict(schema) for name, schema in build_schemas(routes.values()).items()}
    # One operation per line, so that changing one changes one line.
    lines = [f"{orjson.dumps(key).decode()}:{orjson.dumps(row).decode()}" for key, row in rows.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _key(route: APIRoute) -> str:
    """The function's module and name: a generated or test router may use a hand-written route's name."""
    return f"{route.endpoint.__module__}.{route.endpoint.__qualname__}"


def main() -> None:
    """Write the file."""
    SCHEMA_FILE.write_text(schema_file_text(ROUTERS), encoding="utf-8")


if __name__ == "__main__":
    main()
