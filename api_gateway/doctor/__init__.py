"""Doctor: checks everything between a client and IBKR, layer by layer, for the first fault and its fix.

It is read-only: no login and no order, only one quote, and a tickle if the session status does not show
whether anybody is logged in.
"""
