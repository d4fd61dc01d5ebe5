"""The brokerage session as IBKR's side keeps it."""
