"""`python -m mcp_server`: the MCP server over HTTP, or over standard input and output with `--stdio`."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence

from api_gateway.data_dir.database import Database, NewerSchemaError
from api_gateway.data_dir.settings import DataSettings
from api_gateway.settings import GatewaySettings, SettingsError, load
from mcp_server.http.bind_guard import require_safe_bind
from mcp_server.http.log_format import log_to_stderr
from mcp_server.http.serving import (
    CannotListenError,
    exit_cleanly_on_signals,
    listen,
    serve_http,
    serve_stdio,
)
from mcp_server.rest import sections
from mcp_server.rest.section_filter import selected_sections
from mcp_server.settings import ServerSettings, Transport

_log = logging.getLogger("mcp_server")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped.

    Exit status: 1 the address is taken, 2 a setting is invalid or a newer version wrote the data folder.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mcp_server",
        description="Run the MCP server over HTTP, or over standard input and output. "
        "Settings are environment variables or lines in a `.env` file; `ib-mcp settings` lists them.",
    )
    parser.add_argument("--stdio", action="store_true", help="serve over standard input and output, not HTTP")
    stdio = parser.parse_args(arguments).stdio
    exit_cleanly_on_signals()
    try:
        settings = load(ServerSettings)
        gateway_settings = load(GatewaySettings)
        data_folder = load(DataSettings).data_folder
        selected = selected_sections(settings)
        stdio = stdio or settings.mcp_transport_protocol is Transport.STDIO
        if not stdio:
            require_safe_bind(settings)
            sockets = listen(settings.mcp_server_host, settings.mcp_server_port)
    except (SettingsError, CannotListenError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    token = settings.mcp_server_token
    log_to_stderr(settings.log_level, [token.get_secret_value()] if token else [])

    # FastMCP reads these at import: its own log handlers draw boxes, and its banner checks for updates.
    os.environ["FASTMCP_LOG_ENABLED"] = "false"
    os.environ["FASTMCP_CHECK_FOR_UPDATES"] = "off"
    os.environ["FASTMCP_SHOW_SERVER_BANNER"] = "false"
    # Imported last: it takes a second and a half, which would delay the error about an invalid setting.
    # The garbage collector is off meanwhile, because it finds almost nothing and takes a tenth of that.
    gc.disable()
    from api_gateway.client.gateway import GatewayClient
    from mcp_server.extra_routers import load_extra_routers, sections_of
    from mcp_server.facts.fact_store import FILE_NAME, MIGRATIONS
    from mcp_server.routers import ROUTERS
    from mcp_server.server import create_server

    facts_file = Database(data_folder / FILE_NAME, MIGRATIONS)
    try:
        extra = load_extra_routers(settings.mcp_server_extra_routers, settings.trading_mode)
        routers = (*ROUTERS, *extra.routers)
        gateway = GatewayClient(gateway_settings, policy=extra.policy)
        server = create_server(gateway, settings, routers, facts_file=facts_file)
        selected = selected_sections(settings, sections_of(routers))
    except (SettingsError, NewerSchemaError) as error:
        print(error, file=sys.stderr)
        return 2
    gc.enable()
    _log.info(
        "gateway %s, trading mode %s, sections: %s",
        gateway_settings.gateway_url,
        settings.trading_mode,
        ", ".join(name for name in dict.fromkeys((*sections.NAMES, *sorted(selected))) if name in selected),
    )
    try:
        if stdio:
            serve_stdio(server)
        else:
            serve_http(server, settings, sockets)
    finally:
        facts_file.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
