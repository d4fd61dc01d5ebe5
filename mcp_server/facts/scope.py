"""The scope of facts: which login, at which gateway, they were fetched with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def login_scope(gateway_url: str, accounts: Iterable[str]) -> str:
    """A short text that differs for another set of accounts or another gateway; it names no account."""
    digest = hashlib.sha256("\n".join([gateway_url, *sorted(set(accounts))]).encode())
    return digest.hexdigest()[:16]
