"""The simulator's answers, one module per section of IBKR's reference."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from api_gateway.simulator.routing import Section


def all_sections() -> list[Section]:
    """Every section, in the order of their modules' names."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return [module.SECTION for module in modules]
