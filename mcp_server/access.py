"""Who may reach the server: the rule for listening beyond this machine, and the bearer token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from fastmcp.server.auth import AccessToken, TokenVerifier

from api_gateway.settings import SettingsError
from mcp_server.settings import ServerSettings


def refuse_open_door(settings: ServerSettings) -> None:
    """Raise SettingsError for an address beyond loopback that nothing guards and nobody asked for."""
    guarded = settings.mcp_server_token is not None or settings.mcp_server_allow_remote
    if not guarded and not is_loopback(settings.mcp_server_host):
        raise SettingsError(
            f"MCP_SERVER_HOST={settings.mcp_server_host} would let other machines read the account: "
            "set MCP_SERVER_TOKEN, or MCP_SERVER_ALLOW_REMOTE=true where something else guards the port, "
            "or listen on 127.0.0.1."
        )


def is_loopback(host: str) -> bool:
    """Whether `host` is reached from this machine only. A name other than localhost may not be."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class BearerToken(TokenVerifier):
    """Lets in who sends this token."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        # On bytes: on text, compare_digest refuses anything that is not ASCII.
        if not hmac.compare_digest(token.encode(errors="surrogatepass"), self._token):
            return None
        # The token itself is kept nowhere: who asks for it later finds a placeholder.
        return AccessToken(token="***", client_id="bearer", scopes=[])  # noqa: S106
