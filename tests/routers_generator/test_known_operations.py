"""What the generator knows of the hand-written routers is what they are.

`make known` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute

from api_gateway.operations import OPERATIONS, Effect, Operation
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from routers_generator import known_operations

FILE = Path(known_operations.__file__).with_name(known_operations.FILE)


def marks(row: Operation) -> list[str]:
    """The marks that a generated route of this operation has, as names of `mcp_server.rest.effects`."""
    if row.read_only:
        return [] if row.method == "GET" else ["READS"]
    trades = row.effect is Effect.TRADES
    effect = "CHANGES" if trades else row.effect.name
    return [effect, *(["REPEATABLE"] if row.repeatable else []), *(["TRADES"] if trades else [])]


def told() -> list[dict[str, Any]]:
    """The routes as the file has them."""
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
                    "marks": marks(OPERATIONS[method, template]),
                }
            )
    return rows


def written() -> str:
    """The file's text: an operation on a line."""
    return "[\n" + ",\n".join(json.dumps(row) for row in told()) + "\n]\n"


def test_the_file_says_what_the_routes_are() -> None:
    assert FILE.read_text() == written(), "run `make known`"


def test_an_operation_is_found_whatever_the_values_in_its_path_are_called() -> None:
    found = known_operations.known_operations()[
        "GET", known_operations.normalize_path("/portfolio/{accountId}/positions/{pageId}")
    ]
    assert (found.name, found.template) == ("list_positions", "/portfolio/{account}/positions/{page}")
    assert len(known_operations.known_operations()) == len(told())


if __name__ == "__main__":
    FILE.write_text(written())
