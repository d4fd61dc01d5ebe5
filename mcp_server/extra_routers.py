"""Extra routers: loads and validates a package of generated routers, and extends the access policy.

The package must follow the same rules as the hand-written routes. If both have an operation, the hand-written
route is used.
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
from enum import StrEnum
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
_PACKAGE: Final = "ib_mcp_extra_routers"  # the name under which its modules are imported
_TOOL_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_MAX_REASON_LENGTH: Final = 300
# Under HTTP a GET is safe, but the gateway accepts GET for some operations that write
# (`api_gateway.client.path_aliases`), so with real money at stake the method alone proves nothing.
_WRITE_PATHS: Final = frozenset(normalize(each)[1] for each in ALL_OPERATIONS.allowed - READ_OPERATIONS)


class PackageFault(StrEnum):
    """The rules that a package can break; the values are the error messages."""

    UNREADABLE = "it cannot be read: {error}"
    NO_INIT_FILE = "it has no __init__.py"
    NOT_A_PACKAGE = "it is not a Python package"
    IMPORT_FAILED = "it cannot be imported: {error}"
    NO_ROUTERS = "it does not define ROUTERS, a tuple of FastAPI routers"
    NOT_A_ROUTER = "ROUTERS contains something other than a FastAPI router"
    NOT_A_SINGLE_CALL = "{route} must consist of a docstring and one gateway call"
    INVALID_TOOL_NAME = "{route} is not a valid tool name: use snake_case of at most 32 characters"
    OTHER_CALL = "{route} differs from its gateway call in the method, or calls an invalid path"
    OTHER_PATH = "{route} differs from its gateway call in the path"
    NOT_ONE_SECTION = "{route} must have exactly one tag, which is its section"
    UNKNOWN_MARKS = "{route} has marks that mcp_server.rest.effects does not define"
    READ_MARKS_DIFFER = "{route} needs both the mark READS and reads=True in its call, or neither"
    GET_MARKED_AS_WRITE = "{route} is a GET marked as a write, which only a hand-written route may be"
    WRITE_MARKED_AS_READ = "{route} is a PUT or DELETE marked as a read"
    NAME_TAKEN = "the name {route} is taken by another tool"
    NO_SCHEMA = "its arguments have no JSON schema: {error}"


class ExtraRoutersError(SettingsError):
    """The package cannot be used; `fault` is the rule that it breaks, `str()` a sentence for the user."""

    def __init__(self, directory: Path, fault: PackageFault, **facts: str) -> None:
        super().__init__(f"{SETTING}={directory}: {fault.format(**facts)}.")
        self.fault = fault


@dataclass(frozen=True)
class ExtraRouters:
    """The package's routers that a mode allows, and the access policy extended with their operations."""

    routers: tuple[APIRouter, ...]
    policy: AccessPolicy


def load_extra_routers(directory: Path | None, mode: TradingMode) -> ExtraRouters:
    """Load the package in `directory`: reads are allowed in every mode, writes only in `paper`.

    A GET of a path that is known only for writes counts as a write. Without a directory there are no extra
    routers. Raises `ExtraRoutersError` if the package cannot be loaded or breaks a rule.
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
                raise ExtraRoutersError(directory, PackageFault.NAME_TAKEN, route=route.name)
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
    """Whether it is a GET of a path that is known only for writes."""
    return operation[0] == "GET" and normalize(operation)[1] in _WRITE_PATHS


def _check_schemas(routers: Iterable[APIRouter], directory: Path) -> None:
    """Raise `ExtraRoutersError` for annotations without a JSON schema, which FastAPI reports only later."""
    app = FastAPI()
    for router in routers:
        app.include_router(router)
    try:
        app.openapi()
    except Exception as error:
        raise ExtraRoutersError(directory, PackageFault.NO_SCHEMA, error=_describe_error(error)) from error


def sections_of(routers: Iterable[APIRouter]) -> Sequence[str]:
    """The sections of these routers, in order of appearance."""
    return list(
        dict.fromkeys(str(tag) for router in routers for route in _api_routes(router) for tag in route.tags)
    )


def check_name_conflicts(operations: Iterable[str], taken: Collection[str]) -> None:
    """Raise SettingsError if an operation has the name of a tool that is not an operation."""
    for name in operations:
        if name in taken:
            raise SettingsError(f"{SETTING}: the name {name} is taken by another tool; rename the function.")


def _load_package(directory: Path) -> ModuleType:
    try:
        init_file = directory.expanduser() / "__init__.py"
        exists = init_file.is_file()
    except (OSError, RuntimeError) as error:  # not readable, or `~user` of an unknown user
        raise ExtraRoutersError(directory, PackageFault.UNREADABLE, error=_describe_error(error)) from error
    if not exists:
        raise ExtraRoutersError(directory, PackageFault.NO_INIT_FILE)
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, init_file, submodule_search_locations=[str(init_file.parent)]
    )
    if spec is None or spec.loader is None:
        raise ExtraRoutersError(directory, PackageFault.NOT_A_PACKAGE)
    module = importlib.util.module_from_spec(spec)
    _unload_package()
    sys.modules[_PACKAGE] = module
    try:
        with redirect_stdout(sys.stderr):  # standard output may be the client's
            spec.loader.exec_module(module)
    except BaseException as error:  # whatever a package raises, it is the package that is unusable
        _unload_package()
        raise ExtraRoutersError(
            directory, PackageFault.IMPORT_FAILED, error=_describe_error(error)
        ) from error
    return module


def _unload_package() -> None:
    """Remove the modules of a package that was loaded earlier."""
    for name in [each for each in sys.modules if each == _PACKAGE or each.startswith(f"{_PACKAGE}.")]:
        del sys.modules[name]


def _describe_error(error: BaseException) -> str:
    """The error on one line; for a syntax error, with the file and line in the package."""
    if isinstance(error, SyntaxError):
        return f"{sanitize(str(error.msg))}, in {Path(error.filename or '').name} line {error.lineno}"
    text = sanitize(str(error)[:_MAX_REASON_LENGTH]).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _exported_routers(module: ModuleType, directory: Path) -> Iterator[APIRouter]:
    routers = getattr(module, "ROUTERS", None)
    if not isinstance(routers, (tuple, list)):
        raise ExtraRoutersError(directory, PackageFault.NO_ROUTERS)
    for router in routers:
        if not isinstance(router, APIRouter):
            raise ExtraRoutersError(directory, PackageFault.NOT_A_ROUTER)
        yield router


def _api_routes(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def _operation_sent(route: APIRoute) -> OperationKey:
    method, template, _ = single_call(route)
    return method, template


def _check_route(route: APIRoute, directory: Path) -> tuple[OperationKey, ast.Call]:
    """Validate a route; returns its operation and the call that it makes."""
    try:
        method, template, call = single_call(route)
        is_single = _is_single_call(route, call)
    except (ValueError, TypeError, OSError, SyntaxError):
        is_single = False
    if not is_single:
        raise ExtraRoutersError(directory, PackageFault.NOT_A_SINGLE_CALL, route=sanitize(route.name))
    if not _TOOL_NAME.fullmatch(route.name):
        raise ExtraRoutersError(directory, PackageFault.INVALID_TOOL_NAME, route=sanitize(route.name))
    if route.methods != {method} or not is_template(template):
        raise ExtraRoutersError(directory, PackageFault.OTHER_CALL, route=route.name)
    if _PLACEHOLDER.sub("{}", route.path) != _PLACEHOLDER.sub("{}", template):
        raise ExtraRoutersError(directory, PackageFault.OTHER_PATH, route=route.name)
    _check_marks_readable(route, directory)
    if len(route.tags) != 1:
        raise ExtraRoutersError(directory, PackageFault.NOT_ONE_SECTION, route=route.name)
    return (method, template), call


def _check_marks_readable(route: APIRoute, directory: Path) -> None:
    """Raise `ExtraRoutersError` if a route's effect marks are invalid."""
    try:
        route_effect(route)
    except (AttributeError, TypeError, ValueError):
        raise ExtraRoutersError(directory, PackageFault.UNKNOWN_MARKS, route=route.name) from None


def _check_marks_consistent(route: APIRoute, call: ast.Call, directory: Path) -> None:
    """Raise `ExtraRoutersError` if a route's effect marks contradict its method or its gateway call."""
    method = min(route.methods or ())
    reads = route_effect(route) is Effect.READS
    declared_read = any(each.arg == "reads" and ast.unparse(each.value) == "True" for each in call.keywords)
    if method == "POST" and reads is not declared_read:
        raise ExtraRoutersError(directory, PackageFault.READ_MARKS_DIFFER, route=route.name)
    if method == "GET" and not reads:
        raise ExtraRoutersError(directory, PackageFault.GET_MARKED_AS_WRITE, route=route.name)
    if method in ("PUT", "DELETE") and reads:
        raise ExtraRoutersError(directory, PackageFault.WRITE_MARKED_AS_READ, route=route.name)


def _is_single_call(route: APIRoute, call: ast.Call) -> bool:
    """Whether a route consists of a docstring and the call, and nothing else."""
    function = ast.parse(dedent(inspect.getsource(route.endpoint))).body[0]
    if not isinstance(function, ast.AsyncFunctionDef):
        return False
    docstring, *rest = function.body
    match rest:
        case [ast.Return(value=ast.Await(value=only))]:
            return isinstance(docstring, ast.Expr) and ast.dump(only) == ast.dump(call)
    return False
