"""The operations that can be reached, and how one is found by words or by a name that is nearly right."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Protocol

from mcp_server.rest.effects import Effect
from mcp_server.rest.sections import NAMES, TOOLSETS, Toolset
from mcp_server.search.index import Entry, SearchIndex

_LONGEST_QUERY = 500
_NEAREST = 3


class Operation(Protocol):
    """What can be found: a tool with what a search reads of it."""

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
    def found_by(self) -> str: ...


class Catalogue:
    """The mounted operations and no other: what is not among `tools` is not found, named or suggested."""

    def __init__(self, tools: Mapping[str, Operation]) -> None:
        self._tools = dict(tools)
        self._index = SearchIndex([_entry(tool) for tool in tools.values()])

    def __len__(self) -> int:
        return len(self._tools)

    @property
    def writes(self) -> bool:
        """Whether one of them changes or destroys something."""
        return any(tool.effect is not Effect.READS for tool in self._tools.values())

    def get(self, name: str) -> Operation | None:
        """The operation of exactly this name."""
        return self._tools.get(name)

    def found(self, query: str) -> list[Operation]:
        """The operations that the query may mean, best first."""
        return [self._tools[name] for name in self._index.ranked(query[:_LONGEST_QUERY])]

    def nearest(self, name: str) -> list[str]:
        """A few names that may be meant by one that does not exist."""
        name = name[:_LONGEST_QUERY]
        alike = get_close_matches(name.lower(), self._tools, n=_NEAREST, cutoff=0.7)
        return alike or [tool.name for tool in self.found(name)[:_NEAREST]]

    def sections(self) -> list[Toolset]:
        """The sections that have an operation here; those that IBKR's reference does not have come last."""
        mounted = dict.fromkeys(tool.section for tool in self._tools.values())
        known = [toolset for toolset in TOOLSETS if toolset.name in mounted]
        others = [name for name in mounted if name and name not in NAMES]
        return [*known, *(Toolset(name, "Operations of generated routers.") for name in others)]


def _entry(tool: Operation) -> Entry:
    summary, _, rest = (tool.description or "").partition("\n")
    arguments = tool.parameters.get("properties", {})
    return Entry(
        tool.name,
        {
            "name": tool.name,
            "summary": summary,
            "found_by": tool.found_by,
            "rest": rest,
            "arguments": " ".join(arguments),
            "descriptions": " ".join(each.get("description", "") for each in arguments.values()),
            "section": tool.section,
            "path": tool.path,
        },
        reads=tool.effect is Effect.READS,
    )
