"""The command `ib-mcp`."""
