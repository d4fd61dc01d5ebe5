"""Facts that IBKR reported and that change slowly, cached on disk with their ages."""
