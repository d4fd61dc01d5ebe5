"""An account's past: performance, transactions, allocation."""
