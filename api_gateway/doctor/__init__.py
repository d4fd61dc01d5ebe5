"""The examination of everything between a client and IBKR, layer by layer: what is broken first, and the fix.

It reads and never writes: no login, no order, one quote, and a tickle only where a status leaves open
whether anybody is logged in.
"""
