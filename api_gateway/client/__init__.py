"""A client of IBKR's Web API behind the gateway: one module per step of a request's way."""
