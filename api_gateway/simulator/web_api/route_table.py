"""Route table: finds the endpoint of a request. Literal path segments win over variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from api_gateway.simulator.web_api.routing import Endpoint, Section


@dataclass(frozen=True)
class RouteMatch:
    """An endpoint and the percent-decoded values of its path variables."""

    endpoint: Endpoint
    path_params: dict[str, str]


class RouteTable:
    """The endpoints of all given sections."""

    def __init__(self, sections: Iterable[Section]) -> None:
        endpoints = [endpoint for section in sections for endpoint in section.endpoints]
        self._templates = sorted(
            ((tuple(endpoint.template.strip("/").split("/")), endpoint) for endpoint in endpoints),
            key=lambda pair: [_is_variable(segment) for segment in pair[0]],
        )

    def find(self, method: str, raw_path: str) -> RouteMatch | None:
        """Return the endpoint for a method and a percent-encoded path, or None."""
        for endpoint, path_params in self._matching_endpoints(raw_path):
            if endpoint.method == method:
                return RouteMatch(endpoint, path_params)
        return None

    def allowed_methods(self, raw_path: str) -> list[str]:
        """Return the methods that a path supports; empty for an unknown path."""
        return sorted({endpoint.method for endpoint, _ in self._matching_endpoints(raw_path)})

    def _matching_endpoints(self, raw_path: str) -> Iterable[tuple[Endpoint, dict[str, str]]]:
        if not raw_path.startswith("/"):
            return
        # Segments are decoded after the split: an encoded slash is part of a value, never a separator.
        # A trailing slash is ignored, as IBKR does: ibind calls `/iserver/account/trades/`.
        segments = [unquote(segment) for segment in raw_path[1:].removesuffix("/").split("/")]
        for template, endpoint in self._templates:
            path_params = _match_template(template, segments)
            if path_params is not None:
                yield endpoint, path_params


def _is_variable(segment: str) -> bool:
    return segment.startswith("{")


def _match_template(template: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    path_params = {}
    for expected, segment in zip(template, segments, strict=True):
        if _is_variable(expected) and segment:
            path_params[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return path_params
