"""Paper accounts: positions, cash, orders that fill, and what an account is worth."""
