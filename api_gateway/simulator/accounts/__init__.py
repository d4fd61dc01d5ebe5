"""Paper accounts: cash, positions, order execution, valuation and account reports."""
