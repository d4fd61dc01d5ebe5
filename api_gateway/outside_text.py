"""Text from outside: removes characters that people do not see but models read.

Company names, headlines, messages and order reasons come from third parties. Escape sequences, bidirectional
overrides, zero-width and tag characters in them can hide instructions, or show another text than is sent.
"""

from __future__ import annotations

import re
from typing import Final

# Every invisible character except spaces: Unicode's Cf without the visible marks of Arabic,
# Syriac and Kaithi numbers, and what Unicode calls default ignorable (fillers, variation selectors).
_INVISIBLE: Final = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    r"\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Tabs and line breaks are left: JSON escapes them, and messages consist of lines.
_CONTROL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"

_INVISIBLE_CHARACTERS: Final = re.compile(f"[{_INVISIBLE}]+")
_SPACES: Final = re.compile(rf"[\s{_CONTROL}]+")
_REMOVED: Final = re.compile(f"[{_INVISIBLE}{_CONTROL}]")
_ESCAPE: Final = re.compile(
    # A surrogate pair is one character. A backslash before another character is consumed with it, so that
    # the second half of an escaped backslash does not begin an escape.
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)"
    f"|[{_INVISIBLE}{_CONTROL}]"
)
_SHORT_ESCAPES: Final = {r"\b": "\b", r"\f": "\f"}
_ESCAPES_TO_CHECK: Final = (b"\\u", b"\\b", b"\\f")
_CONTROL_BYTES: Final = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32)) + b"\x7f"


def clean_line(text: str) -> str:
    """The text on one line: invisible characters removed, controls and runs of spaces replaced by a space."""
    return _SPACES.sub(" ", _INVISIBLE_CHARACTERS.sub("", text)).strip()


def quote(text: str) -> str:
    """The text in quotation marks, which it cannot close itself; for sentences of ours about it."""
    inner = text.replace('"', "'").removesuffix(".")
    return f'"{inner}"'


def clean_json(body: bytes) -> bytes:
    """The same JSON text, with its strings cleaned as by `clean_line`, except that spaces and lines remain.

    A body with nothing to clean (almost every one) or that is not UTF-8 is returned unchanged. Half a
    surrogate pair, which makes a body invalid, is removed too.
    """
    plain = body.isascii() and len(body.translate(None, _CONTROL_BYTES)) == len(body)
    if plain and not any(each in body for each in _ESCAPES_TO_CHECK):
        return body
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    cleaned = _ESCAPE.sub(_clean_match, text)
    return body if cleaned == text else cleaned.encode()


def _clean_match(found: re.Match[str]) -> str:
    token = found[0]
    if token.startswith("\\"):
        character = _unescape(token)
        if character is None or not _REMOVED.fullmatch(character):
            return token
    else:
        character = token
    return "" if _INVISIBLE_CHARACTERS.fullmatch(character) else " "


def _unescape(token: str) -> str | None:
    """The character of an escape: four digits, a surrogate pair, or a control; None for any other."""
    if not token.startswith("\\u"):
        return _SHORT_ESCAPES.get(token)
    units = [int(each, 16) for each in token.split("\\u")[1:]]
    if len(units) == 2:
        return chr(0x10000 + ((units[0] - 0xD800) << 10) + units[1] - 0xDC00)
    return chr(units[0])
