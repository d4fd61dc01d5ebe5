"""Removes what people write around the name of an instrument: quotes, `$`, spaces, punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_LENGTH: Final = 100
_AROUND: Final = " \t\r\n\"'`()[]{}<>,;:?*_|" + "\u00b4\u00ab\u00bb\u2039\u203a\u201c\u201d\u201e\u2018\u2019"
_CONTINUOUS: Final = "1!"  # a front month at TradingView: ES1!
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def clean_text(text: str) -> str:
    """The text in one line, with plain characters, and without what surrounds the name."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    visible = "".join(" " if c.isspace() else c for c in plain if c.isprintable() or c.isspace())
    line = " ".join(visible.split()).strip(_AROUND)
    named = re.sub(r"^[$#^]+(?=[A-Za-z])", "", line).strip(_AROUND)
    return named if named.endswith(_CONTINUOUS) else named.rstrip("!")
