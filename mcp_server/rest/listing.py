"""Lists in messages, limited to the first few items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

MAX_LISTED: Final = 5


def join_limited(separator: str, parts: Sequence[str]) -> str:
    """The first few parts and the number of the others, so that a thousand errors fit in a sentence."""
    more = len(parts) - MAX_LISTED
    listed = separator.join(parts[:MAX_LISTED])
    return f"{listed}{separator}and {more} more" if more > 0 else listed
