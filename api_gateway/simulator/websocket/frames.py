"""A client's WebSocket frames: a three-letter topic, its target, and JSON arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

Frame = dict[str, Any]

# Arguments that are not an object make the frame malformed, not its target: no target is empty or has a
# bracket or a quotation mark.
_COMMAND = re.compile(r'([a-z]{3})((?:\+[^+{}\[\]"]+)*)(?:\+(\{.*\}))?', re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One frame from a client, such as `smd+265598@ARCA+{"fields":["31"]}`.

    `target` is the part between topic and arguments, split at the plus signs.
    """

    topic: str
    target: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Topic and target as responses repeat them: `smd+265598`."""
        return "+".join((self.topic, *self.target))

    def string_list(self, name: str) -> list[str] | None:
        """Return the argument as a list of strings, or None if it is not a list."""
        values = self.arguments.get(name)
        if not isinstance(values, list):
            return None
        return [str(value) for value in values]


def parse_command(text: str) -> Command | None:
    """Return the command in a frame, or None for a malformed frame."""
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
    return Command(topic, tuple(target.split("+")[1:]), values)


def parse_session_token(text: str) -> str | None:
    """Return the session token of `{"session": "…"}` or of a cookie with the bare token; otherwise None."""
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
    """Return the frame with which a topic rejects a command."""
    return {"error": text, "code": code, "topic": command.topic}


def unknown_topic_frame(topic: str | None) -> Frame:
    """Return the response to an unknown topic; for a malformed frame the topic is null."""
    return {"error": f"Topic unknown '{topic or 'null'}'"}
