"""Deprecated: `mcp_server.rest.relay` for routers that version 0.1 generated. Goes in 0.3."""

from mcp_server.rest.relay import *  # noqa: F403 - whatever a generated module names
