"""A picture as clients receive it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """A PNG image, and what it shows in words."""

    png: bytes
    description: str
