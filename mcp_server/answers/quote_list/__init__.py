"""The answer get_quotes: current prices and figures of instruments, watchlists and holdings."""
