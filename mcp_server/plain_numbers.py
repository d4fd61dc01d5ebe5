"""The one spelling of a number in a text where money moves: 1000, 185.5 or -0.35."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)


def is_plain_number(text: str) -> bool:
    """Whether it is ASCII digits with at most a minus and a point, and without leading zeros or an exponent.

    `1,000` and `1.000,5` mean different amounts to different people, and `+5` or `0010` may be a slip.
    """
    return _PLAIN.fullmatch(text) is not None
