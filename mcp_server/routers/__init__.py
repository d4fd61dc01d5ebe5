"""One module per section of IBKR's reference; a route per operation."""
