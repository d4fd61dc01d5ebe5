"""Portfolio Analyst: an account's past performance, transactions and allocation."""
