"""Text from outside (names, messages, reasons), which answers only quote."""

from __future__ import annotations

from typing import Any

from api_gateway.redaction import sanitize

MAX_NAME_LENGTH = 40
MAX_MESSAGE_LENGTH = 200


def outside_name(value: Any, max_length: int = MAX_NAME_LENGTH) -> str:
    """The name of a company, an account or a list: one line, without invisible characters; may be empty."""
    return sanitize(str(value), max_length=max_length) if value not in (None, "") else ""


def outside_message(value: Any, max_length: int = MAX_MESSAGE_LENGTH) -> str:
    """A message or a reason, in quotation marks, so that it cannot be read as a sentence of the answer."""
    text = outside_name(value, max_length).replace('"', "'")
    return f'"{text}"' if text else ""
