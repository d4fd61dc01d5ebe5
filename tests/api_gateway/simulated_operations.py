"""What the simulator says about the operations of `api_gateway/operations.py`, by operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache

from api_gateway.operations import OPERATIONS, OperationKey, RateLimit, normalize
from api_gateway.simulator.rate_limits import ENDPOINT_LIMITS
from api_gateway.simulator.web_api.routing import Endpoint
from api_gateway.simulator.web_api.sections import all_sections


@cache
def simulated_endpoints() -> Mapping[OperationKey, Endpoint]:
    """The simulator's endpoints by method and path with unnamed values."""
    return {
        normalize((endpoint.method, endpoint.template)): endpoint
        for section in all_sections()
        for endpoint in section.endpoints
    }


def replies_file(section: str) -> str:
    """The file of the simulator's replies for a section of IBKR's reference."""
    for each in all_sections():
        if each.name == section:
            return f"{each.endpoints[0].handler.__module__.replace('.', '/')}.py"
    return "api_gateway/simulator/web_api/sections"


def enforced_limit(path: str) -> RateLimit | None:
    """The strictest rate limit that the simulator enforces for a path, however its values are named."""
    unnamed = normalize(("", path))[1]
    limits = [
        RateLimit(limit.max_calls, limit.window_seconds)
        for limit in ENDPOINT_LIMITS
        if fnmatchcase(unnamed, normalize(("", limit.path_pattern))[1])
    ]
    return max(limits, key=lambda limit: limit.seconds / limit.count, default=None)


def in_simulators_spelling(path: str) -> str:
    """The path with the simulator's (IBKR's) names of its values: `{accountId}` for `{account}`."""
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{_names().get(found[1], found[1])}}}", path)


@cache
def _names() -> Mapping[str, str]:
    """The simulator's name for each name that the rows give to a value of a path."""
    return {
        ours: theirs
        for key in OPERATIONS
        if (endpoint := simulated_endpoints().get(normalize(key)))
        for ours, theirs in zip(_values(key[1]), _values(endpoint.template), strict=True)
    }


def _values(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)
