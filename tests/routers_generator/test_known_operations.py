"""The known operations match the hand-written routes; `make known` updates them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from api_gateway.operations import Effect, Operation, find_operation
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from routers_generator import known_operations
from routers_generator.document.names import normalize_path

FILE = Path(known_operations.__file__).with_name(known_operations.FILE)


def marks(row: Operation) -> list[str]:
    """The marks that a generated route of this operation has, as names of `mcp_server.rest.effects`."""
    if row.read_only:
        return [] if row.method == "GET" else ["READS"]
    trades = row.effect is Effect.TRADES
    effect = "CHANGES" if trades else row.effect.name
    return [effect, *(["REPEATABLE"] if row.repeatable else []), *(["TRADES"] if trades else [])]


def known_rows() -> list[dict[str, Any]]:
    """The rows of the file, from the routes."""
    rows = []
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            method, template, _ = single_call(route)
            rows.append(
                {
                    "method": method,
                    "template": template,
                    "name": route.name,
                    "section": str(route.tags[0]),
                    "module": route.endpoint.__module__.rpartition(".")[2],
                    "marks": marks(find_operation((method, template))),
                }
            )
    return rows


def known_text() -> str:
    """The text of the file: one operation per line."""
    return "[\n" + ",\n".join(json.dumps(row) for row in known_rows()) + "\n]\n"


def test_known_operations_json_matches_the_routes() -> None:
    assert FILE.read_text() == known_text(), f"{FILE.name} is out of date: run `make known`"


def test_a_known_operation_is_found_whatever_its_variables_are_called() -> None:
    found = known_operations.known_operations()[
        "GET", normalize_path("/portfolio/{accountId}/positions/{pageId}")
    ]
    assert (found.name, found.template) == ("list_positions", "/portfolio/{account}/positions/{page}")
    assert len(known_operations.known_operations()) == len(known_rows())


if __name__ == "__main__":
    FILE.write_text(known_text())
