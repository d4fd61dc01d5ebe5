"""The MCP endpoint that this server's settings define, for the doctor's checks."""

from __future__ import annotations

from api_gateway.causes import Cause, explain
from api_gateway.doctor.checks.services import McpEndpoint
from api_gateway.doctor.findings import Finding, Layer, broken
from api_gateway.settings import SettingsError
from mcp_server.http.bind_guard import is_loopback, require_safe_bind
from mcp_server.rest.section_filter import selected_sections
from mcp_server.settings import ServerSettings, Transport

_WILDCARD_TO_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (an address to listen on, not to call)


def endpoint_of(settings: ServerSettings) -> McpEndpoint:
    """The endpoint as a client on this machine calls it."""
    host = settings.mcp_server_host.strip("[]")
    host = "localhost" if is_loopback(host) else _WILDCARD_TO_LOOPBACK.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    token = settings.mcp_server_token
    return McpEndpoint(
        url=f"http://{shown}:{settings.mcp_server_port}{settings.mcp_server_path}",
        token=token.get_secret_value() if token else None,
        allowed_hosts=settings.mcp_server_allowed_hosts,
        allowed_origins=settings.mcp_server_allowed_origins,
        loopback=is_loopback(settings.mcp_server_host),
        over_http=settings.mcp_transport_protocol is Transport.STREAMABLE_HTTP,
    )


def startup_problems(settings: ServerSettings) -> list[Finding]:
    """Findings for settings that are valid one by one but prevent startup together."""
    problems = []
    try:
        selected_sections(settings)
        if settings.mcp_transport_protocol is Transport.STREAMABLE_HTTP:
            require_safe_bind(settings)
    except SettingsError as error:
        problems.append(broken(Layer.SETTINGS, explain(Cause.INVALID_SETTING, said=error)))
    return problems
