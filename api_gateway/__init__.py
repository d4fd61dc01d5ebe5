"""Everything known about IBKR's gateway: how to run it, how to speak to it, how to do without it."""
