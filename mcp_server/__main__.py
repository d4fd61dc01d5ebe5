"""`python -m mcp_server`: the MCP server over HTTP, or with `--stdio` on the standard streams."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop. 1: the address is taken; 2: a setting cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m mcp_server", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="as MCP_TRANSPORT_PROTOCOL=stdio")
    stdio = parser.parse_args(arguments).stdio

    # Read by FastMCP while it is imported: its own log handlers draw boxes, and its banner asks PyPI.
    os.environ["FASTMCP_LOG_ENABLED"] = "false"
    os.environ["FASTMCP_CHECK_FOR_UPDATES"] = "off"
    os.environ["FASTMCP_SHOW_SERVER_BANNER"] = "false"
    # The imports make 160,000 objects and no garbage: collecting meanwhile costs a tenth of the start.
    gc.disable()
    from api_gateway.client import Gateway
    from api_gateway.settings import GatewaySettings, SettingsError, load
    from mcp_server import serving
    from mcp_server.access import refuse_open_door
    from mcp_server.logs import log_to_stderr
    from mcp_server.server import create_server
    from mcp_server.settings import ServerSettings, Transport

    try:
        settings = load(ServerSettings)
        token = settings.mcp_server_token
        log_to_stderr(settings.log_level, [token.get_secret_value()] if token else [])
        stdio = stdio or settings.mcp_transport_protocol is Transport.STDIO
        if not stdio:
            refuse_open_door(settings)
        server = create_server(Gateway(load(GatewaySettings)), settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        gc.enable()
    try:
        if stdio:
            serving.serve_stdio(server)
        else:
            serving.serve_http(server, settings)
    except serving.CannotListenError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
