"""Session state on IBKR's servers: login, brokerage session, preflights and order confirmations."""
