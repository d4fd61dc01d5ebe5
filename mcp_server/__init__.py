"""IBKR's Web API, as MCP tools."""
