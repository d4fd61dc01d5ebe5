"""Lists in sentences, never longer than a reader needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

MOST: Final = 5


def few(between: str, parts: Sequence[str]) -> str:
    """The first parts, and how many more there are: what is wrong with a thousand rows is told by a few."""
    more = len(parts) - MOST
    told = between.join(parts[:MOST])
    return f"{told}{between}and {more} more" if more > 0 else told
