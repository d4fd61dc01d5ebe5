"""Trading days, trading hours, expiries and bar intervals."""
