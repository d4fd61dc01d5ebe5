"""Redaction and sanitizing: texts for messages and logs, without markup, stacks, account IDs and tokens."""

from __future__ import annotations

import html
import re

from api_gateway.outside_text import clean_line
from api_gateway.security_ids import has_isin_check_digit, is_cusip, is_isin

_ACCOUNT = re.compile(r"\b([A-Z]{1,4})[0-9]{1,8}([0-9]{4}[A-Z]?)\b")
# IBKR's account IDs begin with U, F or I, with D before it in paper trading: no country's code.
_ACCOUNT_PREFIX = re.compile(r"(?:U|F|I|D[UFI])[0-9]")
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
# `token=…` and `"session": "…"`, however short: the name marks the value as a secret.
_NAMED_SECRET = re.compile(
    r"""(?i)((?:token|cookie|passw(?:or)?d|secret|session(?:_?id)?|credential|api_?key)"?\s*(?:=\s*|:\s*(?="))"?)"""
    r"""[^\s"'&;,<>]+"""
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"'&;,<>]{6,}")
_INVISIBLE_ELEMENT = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_STACK_FRAME = re.compile(r" at [\w$/]{1,99}\.[\w.$/]{0,200} ?\([^()]{0,200}\)")

MAX_INPUT = 4_000


def redact(text: str) -> str:
    """Return the text without tokens and without the middle of each account ID (`U***4567`).

    A token is a long run of base64 characters, or a value named as a secret (`token=…`, `"session": "…"`).
    """
    named = _BEARER.sub(r"\1***", _NAMED_SECRET.sub(r"\1***", text))
    return _TOKEN.sub("***", redact_accounts(named))


def redact_accounts(text: str) -> str:
    """Return the text without the middle of each account ID; for log lines, whose paths look like tokens."""
    return _ACCOUNT.sub(_redact_account, text)


def _redact_account(found: re.Match[str]) -> str:
    """The ID without its middle; an ISIN or a CUSIP of the same form stays."""
    text = found[0]
    is_security = (is_isin(text) and has_isin_check_digit(text)) or is_cusip(text)
    return text if is_security and not _ACCOUNT_PREFIX.match(text) else f"{found[1]}***{found[2]}"


def sanitize(text: str, *, max_length: int = 300) -> str:
    """Return the redacted text on one line, without markup, stack frames and invisible characters.

    It has at most `max_length` characters.
    """
    text = text[:MAX_INPUT]
    if "<" in text:
        text = html.unescape(_TAG.sub(" ", _INVISIBLE_ELEMENT.sub(" ", text)))
    text = redact(_STACK_FRAME.sub("", clean_line(text)).strip())
    return text if len(text) <= max_length else text[: max_length - 1] + "…"
