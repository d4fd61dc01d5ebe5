"""Instruments: listings, contract names, order rules, option pricing, forecast markets."""
