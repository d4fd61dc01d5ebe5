"""What a client says on the WebSocket: a topic of three letters, what it is about, and JSON arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

Frame = dict[str, Any]

_COMMAND = re.compile(r"([a-z]{3})(?:\+([^{}]*?))?(?:\+(\{.*\}))?", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One frame of a client, such as `smd+265598@ARCA+{"fields":["31"]}`.

    `target` is what stands between topic and arguments, split at the plus signs.
    """

    topic: str
    target: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Topic and target as the answers repeat them: `smd+265598`."""
        return "+".join((self.topic, *self.target))

    def string_list(self, name: str) -> list[str] | None:
        """A list of strings among the arguments; None where there is none."""
        values = self.arguments.get(name)
        if not isinstance(values, list):
            return None
        return [str(value) for value in values]


def parse_command(text: str) -> Command | None:
    """The command that a frame holds, or None for a malformed one."""
    match = _COMMAND.fullmatch(text.strip())
    if match is None:
        return None
    topic, target, arguments = match.groups()
    values: Any = {}
    if arguments:
        try:
            values = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return None
    return Command(topic, tuple(target.split("+")) if target else (), values)


def parse_session_token(text: str) -> str | None:
    """The session token in `{"session": "…"}`, or in a cookie that is the bare token; else None."""
    stripped = text.strip()
    if not stripped.startswith("{"):
        return stripped or None
    try:
        value = orjson.loads(stripped)
    except orjson.JSONDecodeError:
        return None
    token = value.get("session")
    return token if isinstance(token, str) else None


def error_frame(command: Command, code: int, text: str) -> Frame:
    """How a topic says no."""
    return {"error": text, "code": code, "topic": command.topic}


def unknown_topic_frame(topic: str | None) -> Frame:
    """The answer to a topic that there is not; that of a malformed frame is null."""
    return {"error": f"Topic unknown '{topic or 'null'}'"}
