"""A package of generated routers beside the hand-written ones: what of it is mounted, and may be sent.

It is held to what the hand-written routes are held to. An operation that they have is theirs.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api_gateway.access_policy import (
    ALL_OPERATIONS,
    POLICIES,
    READ_OPERATIONS,
    AccessPolicy,
    TradingMode,
    extend,
)
from api_gateway.client.paths import is_template
from api_gateway.operations import Effect, OperationKey, normalize
from api_gateway.redaction import sanitize
from api_gateway.settings import SettingsError
from mcp_server.rest.effects import route_effect
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS

SETTING: Final = "MCP_SERVER_EXTRA_ROUTERS"
_PACKAGE: Final = "ib_mcp_extra_routers"  # what its modules are called in this process
_TOOL_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_MAX_REASON_LENGTH: Final = 300
# By HTTP's rules a GET there changes nothing, but the gateway has operations that do by GET what they do by
# POST (`api_gateway.client.path_aliases`): a promise about real money does not rest on that rule.
_WRITE_PATHS: Final = frozenset(normalize(each)[1] for each in ALL_OPERATIONS.allowed - READ_OPERATIONS)


@dataclass(frozen=True)
class ExtraRouters:
    """The routers that a mode has of the package, and what the gateway client may send with them."""

    routers: tuple[APIRouter, ...]
    policy: AccessPolicy


def load_extra_routers(directory: Path | None, mode: TradingMode) -> ExtraRouters:
    """The package in `directory` as this mode has it: what reads in every mode, what writes only in `paper`.

    A GET where only writes are known counts as one. None has none. Raises SettingsError, with a sentence,
    for a package that does not load or keep the rules.
    """
    if directory is None:
        return ExtraRouters((), POLICIES[mode])
    hand_written = [route for router in ROUTERS for route in _api_routes(router)]
    known = {normalize(_operation_sent(route)) for route in hand_written}
    names = {route.name for route in hand_written}
    reads: set[OperationKey] = set()
    writes: set[OperationKey] = set()
    selected: list[APIRouter] = []
    for router in _exported_routers(_load_package(directory), directory):
        chosen = APIRouter()
        for route in _api_routes(router):
            operation, call = _check_route(route, directory)
            if normalize(operation) in known:
                continue
            _check_marks_consistent(route, call, directory)
            if route.name in names:
                raise _package_error(directory, f"the name {route.name} is another tool's")
            known.add(normalize(operation))
            names.add(route.name)
            is_read = route_effect(route) is Effect.READS and not _may_be_write(operation)
            (reads if is_read else writes).add(operation)
            if is_read or mode is TradingMode.PAPER:
                chosen.routes.append(route)
        if chosen.routes:
            selected.append(chosen)
    _check_schemas(selected, directory)
    return ExtraRouters(tuple(selected), extend(mode, frozenset(reads), frozenset(writes)))


def _may_be_write(operation: OperationKey) -> bool:
    """Whether it is a GET of a path at which only operations that write are known."""
    return operation[0] == "GET" and normalize(operation)[1] in _WRITE_PATHS


def _check_schemas(routers: Iterable[APIRouter], directory: Path) -> None:
    """Refuse a package whose annotations nothing can be made of: FastAPI looks at them late."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    try:
        app.openapi()
    except Exception as error:
        raise _package_error(directory, f"its arguments have no schema: {_describe_error(error)}") from error


def sections_of(routers: Iterable[APIRouter]) -> Sequence[str]:
    """The sections of these routers, in their order."""
    return list(
        dict.fromkeys(str(tag) for router in routers for route in _api_routes(router) for tag in route.tags)
    )


def check_name_conflicts(operations: Iterable[str], taken: Collection[str]) -> None:
    """Raise SettingsError if an operation has the name of a tool that is none."""
    for name in operations:
        if name in taken:
            raise SettingsError(f"{SETTING}: the name {name} is another tool's; rename the function.")


def _load_package(directory: Path) -> ModuleType:
    try:
        init_file = directory.expanduser() / "__init__.py"
        exists = init_file.is_file()
    except (OSError, RuntimeError) as error:  # it may not be looked into; nobody has such a home
        raise _package_error(directory, f"it cannot be read: {_describe_error(error)}") from error
    if not exists:
        raise _package_error(directory, "there is no __init__.py in it")
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, init_file, submodule_search_locations=[str(init_file.parent)]
    )
    if spec is None or spec.loader is None:
        raise _package_error(directory, "it is no Python package")
    module = importlib.util.module_from_spec(spec)
    _unload_package()
    sys.modules[_PACKAGE] = module
    try:
        with redirect_stdout(sys.stderr):  # standard output may be the client's
            spec.loader.exec_module(module)
    except BaseException as error:  # whatever a package raises, it is the package that is unusable
        _unload_package()
        raise _package_error(directory, f"it does not load: {_describe_error(error)}") from error
    return module


def _unload_package() -> None:
    """Take out the modules of a package that was loaded before."""
    for name in [each for each in sys.modules if each == _PACKAGE or each.startswith(f"{_PACKAGE}.")]:
        del sys.modules[name]


def _describe_error(error: BaseException) -> str:
    """The error in a line, with the file of the package that it is about."""
    if isinstance(error, SyntaxError):
        return f"{sanitize(str(error.msg))}, in {Path(error.filename or '').name} line {error.lineno}"
    text = sanitize(str(error)[:_MAX_REASON_LENGTH]).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _exported_routers(module: ModuleType, directory: Path) -> Iterator[APIRouter]:
    routers = getattr(module, "ROUTERS", None)
    if not isinstance(routers, (tuple, list)):
        raise _package_error(directory, "it has no ROUTERS, a tuple of FastAPI routers")
    for router in routers:
        if not isinstance(router, APIRouter):
            raise _package_error(directory, "its ROUTERS are not all FastAPI routers")
        yield router


def _api_routes(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _operation_sent(route: APIRoute) -> OperationKey:
    method, template, _ = single_call(route)
    return method, template


def _check_route(route: APIRoute, directory: Path) -> tuple[OperationKey, ast.Call]:
    """The operation of a route that is as a route has to be, and its call."""
    try:
        method, template, call = single_call(route)
        is_single = _is_single_call(route, call)
    except (ValueError, TypeError, OSError, SyntaxError):
        is_single = False
    if not is_single:
        raise _package_error(directory, f"{sanitize(route.name)} is not one call to the gateway")
    if not _TOOL_NAME.fullmatch(route.name):
        raise _package_error(
            directory, f"{sanitize(route.name)} is no name for a tool, of at most 32 small letters"
        )
    if route.methods != {method} or not is_template(template):
        raise _package_error(
            directory, f"{route.name} has another method than its call, or a path that is none"
        )
    if _PLACEHOLDER.sub("{}", route.path) != _PLACEHOLDER.sub("{}", template):
        raise _package_error(directory, f"{route.name} has another path than its call")
    _check_marks_readable(route, directory)
    if len(route.tags) != 1:
        raise _package_error(directory, f"{route.name} should have one tag, which is its section")
    return (method, template), call


def _check_marks_readable(route: APIRoute, directory: Path) -> None:
    """Raise SettingsError unless what a route is marked with can be read."""
    try:
        route_effect(route)
    except (AttributeError, TypeError, ValueError):
        raise _package_error(
            directory, f"{route.name} has marks that are none of mcp_server.rest.effects"
        ) from None


def _check_marks_consistent(route: APIRoute, call: ast.Call, directory: Path) -> None:
    """Raise SettingsError unless a route says the same to a reader and to the gateway client."""
    method = min(route.methods or ())
    reads = route_effect(route) is Effect.READS
    declared_read = any(each.arg == "reads" and ast.unparse(each.value) == "True" for each in call.keywords)
    if method == "POST" and reads is not declared_read:
        raise _package_error(
            directory, f"{route.name} is marked READS, or says reads=True to the gateway, not both"
        )
    if method == "GET" and not reads:
        raise _package_error(
            directory, f"{route.name} is a GET that writes, which only hand-written routes may have"
        )
    if method in ("PUT", "DELETE") and reads:
        raise _package_error(directory, f"{route.name} is a {method} that is marked as reading")


def _is_single_call(route: APIRoute, call: ast.Call) -> bool:
    """Whether a route is its docstring and the call, and nothing beside."""
    function = ast.parse(dedent(inspect.getsource(route.endpoint))).body[0]
    if not isinstance(function, ast.AsyncFunctionDef):
        return False
    docstring, *rest = function.body
    match rest:
        case [ast.Return(value=ast.Await(value=only))]:
            return isinstance(docstring, ast.Expr) and ast.dump(only) == ast.dump(call)
    return False


def _package_error(directory: Path, reason: str) -> SettingsError:
    return SettingsError(f"{SETTING}={directory}: {reason}.")
