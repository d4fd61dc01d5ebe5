"""IBKR's gateway: its container, a client for it, its session, and a simulator that can replace it."""
