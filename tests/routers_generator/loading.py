"""Import of a generated package from its directory."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter
from fastapi.routing import APIRoute


def load_routers(directory: Path, name: str) -> Sequence[APIRouter]:
    """Import the package in `directory` under the module name `name`; returns its routers."""
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    routers: Sequence[APIRouter] = module.ROUTERS
    return routers


def list_routes(routers: Sequence[APIRouter]) -> list[APIRoute]:
    """Every route of the routers."""
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
