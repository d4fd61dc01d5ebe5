"""What an error about invalid arguments names, apart from its wording."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError


def rejected(kind: Any, value: object) -> set[str]:
    """What the rejection of a value names: argument paths, quoted names, keys of Pydantic's built-in rules.

    Fails if the value is accepted.
    """
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    found: set[str] = set()
    for error in caught.value.errors():
        found |= {".".join(map(str, error["loc"]))} if error["loc"] else set()
        found |= {error["type"]} if error["type"] != "wrong" else set()
        found |= set(quoted(error["msg"]))
    return found


def quoted(text: str) -> list[str]:
    """The names in backticks, in order."""
    return re.findall(r"`([^`]+)`", text)
