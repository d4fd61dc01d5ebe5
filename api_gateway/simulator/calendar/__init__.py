"""Trading days, trading hours, expiries and the bars of a chart."""
