"""The connection to IBKR as users see it: its status, readiness and the four built-in tools."""
