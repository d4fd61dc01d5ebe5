"""Market data: snapshots and price history."""
