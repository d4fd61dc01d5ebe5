"""Bind guard: listening beyond this machine requires a bearer token or an explicit setting."""

from __future__ import annotations

from ipaddress import ip_address

from api_gateway.settings import SettingsError
from mcp_server.settings import ServerSettings


def require_safe_bind(settings: ServerSettings) -> None:
    """Raise SettingsError if other machines or any web page could reach the server without a token.

    `MCP_SERVER_ALLOW_REMOTE=true` permits it.
    """
    guarded = settings.mcp_server_token is not None or settings.mcp_server_allow_remote
    if not guarded and not is_loopback(settings.mcp_server_host):
        raise SettingsError(
            f"MCP_SERVER_HOST={settings.mcp_server_host} would let other machines read the account: "
            "set MCP_SERVER_TOKEN, or MCP_SERVER_ALLOW_REMOTE=true if something else protects the port, "
            "or listen on 127.0.0.1."
        )
    lists = {
        "MCP_SERVER_ALLOWED_HOSTS": settings.mcp_server_allowed_hosts,
        "MCP_SERVER_ALLOWED_ORIGINS": settings.mcp_server_allowed_origins,
    }
    for name, entries in lists.items():
        if not guarded and any(entry.rpartition("/")[2] in ("*", "*:*") for entry in entries):
            raise SettingsError(
                f"{name} with * would let any web page in a browser here read the account: "
                "set MCP_SERVER_TOKEN, or list each one."
            )


def is_hostname(host: str) -> bool:
    """Whether `host` is a name, not an IP address."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


def is_loopback(host: str) -> bool:
    """Whether `host` can be reached from this machine only; of all names, only localhost counts."""
    if is_hostname(host):
        return host.lower() == "localhost"
    return ip_address(host.strip("[]")).is_loopback
