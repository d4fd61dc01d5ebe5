"""Lists in sentences, never longer than a reader needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

MAX_LISTED: Final = 5


def join_limited(separator: str, parts: Sequence[str]) -> str:
    """The first parts, and how many more there are: a few say what is wrong with a thousand rows."""
    more = len(parts) - MAX_LISTED
    listed = separator.join(parts[:MAX_LISTED])
    return f"{listed}{separator}and {more} more" if more > 0 else listed
