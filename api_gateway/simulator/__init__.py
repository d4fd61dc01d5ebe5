"""A gateway and a paper account in one process, with IBKR's quirks on."""
