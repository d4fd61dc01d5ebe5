"""An answer: lines of text, notes, and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcp_server.pictures.picture import Picture


@dataclass(frozen=True)
class Answer:
    """Blocks of text (a head line, tables), then notes where a number can be misread, then pictures."""

    blocks: Sequence[str]
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()

    def text(self) -> str:
        """The text, with each note on a line of its own."""
        return "\n".join(
            [*filter(None, self.blocks), *(f"Note: {note}" for note in dict.fromkeys(self.notes))]
        )
