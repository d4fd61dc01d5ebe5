"""One conversation with a model that can call tools, whatever the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mcp_types import ImageContent, Tool


@dataclass(frozen=True)
class ToolCall:
    """A call that the model wants; `arguments` is None if what it wrote is not a JSON object."""

    call_id: str
    name: str
    arguments: dict[str, Any] | None


@dataclass(frozen=True)
class ToolResult:
    """What a call returned."""

    call_id: str
    text: str
    failed: bool
    pictures: Sequence[ImageContent] = ()


@dataclass(frozen=True)
class Reply:
    """What the model wrote and wants to call; without calls, `text` is its answer."""

    text: str
    calls: Sequence[ToolCall]
    input_tokens: int
    output_tokens: int
    cut: bool = False
    """Whether the reply ended at the limit of tokens."""


class Chat(Protocol):
    """A conversation. Both methods raise EndpointError."""

    def ask(self, question: str) -> Reply:
        """Send the user's question."""

    def send(self, results: Sequence[ToolResult]) -> Reply:
        """Send the results of all calls of the last reply."""


class StartChat(Protocol):
    """Starts a conversation with a system prompt and tools."""

    def __call__(self, system: str, tools: Sequence[Tool]) -> Chat: ...
