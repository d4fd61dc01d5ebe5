"""Reads the one call to the gateway that a route consists of from its source."""

from __future__ import annotations

import ast
import inspect
from textwrap import dedent

from fastapi.routing import APIRoute


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
    raise ValueError(
        f"{source_file(route)}, {route.name}: a route must be one call to the gateway. "
        'Example: return await gateway.get("/trsrv/all-conids", exchange=exchange)'
    )


def source_file(route: APIRoute) -> str:
    """The file that defines a route, relative to the checkout, for messages."""
    return f"{route.endpoint.__module__.replace('.', '/')}.py"
