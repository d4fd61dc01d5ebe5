"""Authenticates clients by a static bearer token."""

from __future__ import annotations

import hmac

from fastmcp.server.auth import AccessToken, TokenVerifier


class BearerTokenVerifier(TokenVerifier):
    """Accepts the requests that carry this token."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        # As bytes, because compare_digest rejects text that is not ASCII.
        if not hmac.compare_digest(token.encode(errors="surrogatepass"), self._token):
            return None
        # The token itself is not stored: whatever reads it later gets a placeholder.
        return AccessToken(token="***", client_id="bearer", scopes=[])  # noqa: S106
