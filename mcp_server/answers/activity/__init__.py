"""`get_activity`: orders, trades, transactions, messages and alerts."""
