"""The connection to IBKR as a user meets it: its status, readiness and the four tools about it."""
