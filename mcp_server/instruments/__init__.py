"""Instruments: what people write for one, which contract of IBKR's it is, and how we print it."""
