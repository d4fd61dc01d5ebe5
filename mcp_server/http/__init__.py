"""How the MCP endpoint is served over HTTP: binding, bearer token, disconnects, log lines."""
