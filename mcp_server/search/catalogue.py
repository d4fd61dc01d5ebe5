"""The available operations, searched by keywords or by a misspelled name."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Protocol

from api_gateway.operations import Effect
from mcp_server.rest.sections import NAMES, SECTIONS, Section
from mcp_server.search.index import Document, SearchIndex

_MAX_QUERY_LENGTH = 500
_MAX_SUGGESTIONS = 3


class SearchableTool(Protocol):
    """A tool with the properties that the search uses."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def parameters(self) -> dict[str, Any]: ...
    @property
    def effect(self) -> Effect: ...
    @property
    def section(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def search_terms(self) -> str: ...


class Catalogue:
    """The mounted operations only: what is not in `tools` is never found, named or suggested."""

    def __init__(self, tools: Mapping[str, SearchableTool]) -> None:
        self._tools = dict(tools)

    @cached_property
    def _index(self) -> SearchIndex:
        """Built by the first search, as it takes a thirtieth of the startup time and may never be needed."""
        return SearchIndex([_build_document(tool) for tool in self._tools.values()])

    def __len__(self) -> int:
        return len(self._tools)

    @property
    def has_writes(self) -> bool:
        """Whether any of them is not read-only."""
        return any(tool.effect is not Effect.READS for tool in self._tools.values())

    def get(self, name: str) -> SearchableTool | None:
        """The operation of exactly this name."""
        return self._tools.get(name)

    def search(self, query: str) -> list[SearchableTool]:
        """The operations that match the query, best first."""
        return [self._tools[name] for name in self._index.search(query[:_MAX_QUERY_LENGTH])]

    def suggest(self, name: str) -> list[str]:
        """A few existing names that are similar to an unknown one."""
        name = name[:_MAX_QUERY_LENGTH]
        similar = get_close_matches(name.lower(), self._tools, n=_MAX_SUGGESTIONS, cutoff=0.7)
        return similar or [tool.name for tool in self.search(name)[:_MAX_SUGGESTIONS]]

    def sections(self) -> list[Section]:
        """The sections with at least one operation; those that IBKR's reference lacks come last."""
        present = dict.fromkeys(tool.section for tool in self._tools.values())
        known = [section for section in SECTIONS if section.name in present]
        others = [name for name in present if name and name not in NAMES]
        return [*known, *(Section(name, "Operations of generated routers.") for name in others)]


def _build_document(tool: SearchableTool) -> Document:
    summary, _, rest = (tool.description or "").partition("\n")
    arguments = tool.parameters.get("properties", {})
    return Document(
        tool.name,
        {
            "name": tool.name,
            "summary": summary,
            "found_by": tool.search_terms,
            "rest": rest,
            "arguments": " ".join(arguments),
            "descriptions": " ".join(each.get("description", "") for each in arguments.values()),
            "section": tool.section,
            "path": tool.path,
        },
        read_only=tool.effect is Effect.READS,
    )
