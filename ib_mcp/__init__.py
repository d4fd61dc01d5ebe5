"""The command-line interface `ib-mcp`."""
